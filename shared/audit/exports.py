"""The second place of seals: files of JSON lines, one a month and service, which are only ever added to.

Whoever can write to the database cannot take back what stands there: mount the folder from another machine, or collect it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from shared.audit.seal_store import last_seal, seals_after
from shared.audit.seals import Seal
from shared.postgres.pool import Connection


class _Line(msgspec.Struct, frozen=True):
    number: int
    gen: int
    upto: int
    rows: int
    digest: str
    previous: str
    sealed_at: datetime
    kept_from: int
    key_id: str
    signature: str


class Exported(NamedTuple):
    """What a line holds: a seal, or where the line is that holds none."""

    place: str
    seal: Seal | None


_decoder = msgspec.json.Decoder(_Line)
_END_BYTES = 64 * 1024


async def export(c: Connection, schema: str, folder: Path) -> int:
    """Add the seals that the folder does not have yet. How many. Within a transaction. Raises OSError.

    After a restore numbers come again in a newer generation: those are added too, and what is there stays.
    """
    newest = await asyncio.to_thread(_newest, folder, schema)
    at = (0, 0) if newest is None else (newest.gen, newest.number)
    last = await last_seal(c, schema)
    # A restored store may have fewer seals than the folder: its new ones are told by their generation, and all are looked at once.
    behind = newest.number if newest is not None and last is not None and last.gen == newest.gen else 0
    missing = [seal async for seal in seals_after(c, schema, behind) if (seal.gen, seal.number) > at]
    if missing:
        await asyncio.to_thread(_add, folder, schema, missing)
    return len(missing)


def exported(folder: Path, schema: str) -> Iterator[Exported]:
    """All lines of the folder, the oldest first."""
    for path in sorted(folder.glob(f"{schema}-*.seals")):
        *lines, begun = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, 1):
            seal = _read(schema, line)
            # A writer that was killed in the middle of a line has left its beginning, which the next line repeats.
            if seal is not None or not (lines[number:] or [begun])[0].startswith(line):
                yield Exported(f"{path.name}:{number}", seal)


def _newest(folder: Path, schema: str) -> Seal | None:
    for path in sorted(folder.glob(f"{schema}-*.seals"), reverse=True):
        for line in reversed(_end(path).splitlines()):
            # The last line may be half of one.
            if (seal := _read(schema, line)) is not None:
                return seal
    return None


def _end(path: Path) -> bytes:
    """The last lines: this is asked each minute, and a month of seals is megabytes."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _END_BYTES), os.SEEK_END)
        return file.read()


def _read(schema: str, line: bytes) -> Seal | None:
    try:
        one = _decoder.decode(line)
        raw = [bytes.fromhex(text) for text in (one.digest, one.previous, one.signature)]
    except (msgspec.MsgspecError, ValueError):
        return None
    return Seal(schema, one.number, one.gen, one.upto, one.rows, raw[0], raw[1], one.sealed_at, one.kept_from, one.key_id, raw[2])


def _add(folder: Path, schema: str, seals: Sequence[Seal]) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for seal in seals:
        line = _Line(
            seal.number,
            seal.gen,
            seal.upto,
            seal.rows,
            seal.digest.hex(),
            seal.previous.hex(),
            seal.sealed_at,
            seal.kept_from,
            seal.key_id,
            seal.signature.hex(),
        )
        path = folder / f"{schema}-{seal.sealed_at:%Y-%m}.seals"
        with path.open("ab") as file:
            if file.tell() and not _end(path).endswith(b"\n"):
                file.write(b"\n")
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
