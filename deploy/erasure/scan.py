"""Looking for words in everything that an installation keeps: files as they lie there, rows of all tables, records of all topics."""

from __future__ import annotations

import mmap
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import asyncpg
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

_SEGMENT = re.compile(r"\d{20}\.log")
_TABLES = """
SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1"""

# The names are the catalogue's own, quoted by it.
_LOOK = "SELECT format('SELECT EXISTS (SELECT FROM %s t WHERE t::text LIKE ANY ($1::text[]))', $1::text)"


def files_of(root: Path) -> list[Path]:
    """All files below a folder, in order; those that go away meanwhile are left out when they are read."""
    return sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()) if root.exists() else []


def in_files(files: Collection[Path], needles: Collection[bytes]) -> list[Path]:
    """The files in which one of the needles stands, as their bytes are."""
    found = []
    for path in files:
        with suppress(OSError, ValueError), path.open("rb") as file:
            # An empty file cannot be mapped, and holds nothing.
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                if any(content.find(needle) >= 0 for needle in needles):
                    found.append(path)
    return found


async def in_tables(dsn: str, needles: Collection[bytes]) -> list[str]:
    """The tables in which a row, written out as text, holds one of the needles: also what lies compressed in the files."""
    patterns = [f"%{_like(needle.decode('latin-1'))}%" for needle in needles if b"\0" not in needle]
    connection = await asyncpg.connect(dsn)
    try:
        names = [row["name"] for row in await connection.fetch(_TABLES)]
        found = []
        for name in names:
            statement = await connection.fetchval(_LOOK, name)
            if await connection.fetchval(statement, patterns):
                found.append(name)
        return found
    finally:
        await connection.close()


def segments_of(kafka: Path) -> list[Path]:
    """Files of Kafka that hold records."""
    return [path for path in files_of(kafka) if _SEGMENT.fullmatch(path.name)]


def in_topics(segments: Sequence[Path], needles: Collection[bytes]) -> list[str]:
    """The topics that hold one of the needles in a key, a value or a header of a record, uncompressed."""
    return sorted({path.parent.name.rpartition("-")[0] for path in segments if _in_segment(path, needles)})


def _in_segment(path: Path, needles: Collection[bytes]) -> bool:
    return any(needle in content for content in _records(path.read_bytes()) for needle in needles)


def _records(segment: bytes) -> Iterator[bytes]:
    found = MemoryRecords(segment)
    with suppress(CorruptRecordException):
        # The newest file ends in the middle of a batch while the broker writes it.
        while found.has_next():
            for record in found.next_batch():
                yield b"\n".join([record.key or b"", record.value or b"", *(value or b"" for _, value in record.headers)])


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
