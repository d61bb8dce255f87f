"""Rows of a file, whatever its wrapping: csv or ndjson, plain, gzip or xz."""

from __future__ import annotations

import csv
import gzip
import json
import lzma
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LARGEST_FIELD = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the number of its first line in the file, and its values by column."""

    line: int
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not loaded: where, and why. The reason repeats no value."""

    line: int
    reason: str


class UnknownFormat(Exception):
    """The file's name does not say what it is."""


def rows_of(path: Path) -> Iterator[Row | BadLine]:
    """All rows in the order of the file. Raises UnknownFormat, FileNotFoundError."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packing = suffixes.pop() if suffixes and suffixes[-1] in (".gz", ".xz") else ""
    kind = suffixes[-1] if suffixes else ""
    if kind not in (".csv", ".ndjson", ".jsonl"):
        raise UnknownFormat(f"{path.name}: csv, ndjson or jsonl is expected, plain or with .gz or .xz")
    with _opened(path, packing) as file:
        yield from _csv(file) if kind == ".csv" else _ndjson(file)


def columns_of(path: Path) -> tuple[str, ...]:
    """Names of the columns, from the first row; empty for an empty file."""
    first = next((row for row in rows_of(path) if isinstance(row, Row)), None)
    return () if first is None else tuple(first.values)


def _opened(path: Path, packing: str) -> AbstractContextManager[Iterable[bytes]]:
    if packing == ".gz":
        return gzip.open(path, "rb")
    return lzma.open(path, "rb") if packing == ".xz" else path.open("rb")


def _csv(file: Iterable[bytes]) -> Iterator[Row | BadLine]:
    csv.field_size_limit(_LARGEST_FIELD)
    bad: list[BadLine] = []
    reader = csv.reader(_decoded(file, bad), strict=True)
    header: list[str] | None = None
    line = 1
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield BadLine(line, f"not CSV: {error}")
            line = reader.line_num + 1
            continue
        while bad:
            yield bad.pop(0)
        if values is None:
            return
        if header is None:
            header = [name.strip().removeprefix("\ufeff") for name in values]
        elif values and len(values) != len(header):
            yield BadLine(line, f"{len(values)} columns where the header has {len(header)}")
        elif values:
            yield Row(line, dict(zip(header, values, strict=True)))
        line = reader.line_num + 1


def _decoded(file: Iterable[bytes], bad: list[BadLine]) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        try:
            yield raw.decode("utf-8")
        except UnicodeDecodeError:
            bad.append(BadLine(number, "not UTF-8"))
            yield "\n"


def _ndjson(file: Iterable[bytes]) -> Iterator[Row | BadLine]:
    for number, raw in enumerate(file, 1):
        if not raw.strip():
            continue
        try:
            values = json.loads(raw)
        except ValueError:
            yield BadLine(number, "not JSON")
            continue
        yield Row(number, values) if isinstance(values, dict) else BadLine(number, "not a JSON object")
