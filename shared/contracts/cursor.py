"""Places in an event store: where an event stands, and where a reader has got to."""

from __future__ import annotations

from typing import NamedTuple

PARTS = 12
"""Number of parts of a new installation. Fixed for ever at creation: changing it would move customers between parts."""


class Cursor(NamedTuple):
    """Place of an event in the commit order of one store: (generation of the cluster, transaction id, position)."""

    gen: int
    xid: int
    pos: int

    def __str__(self) -> str:
        return f"{self.gen}.{self.xid}.{self.pos}"


START = Cursor(0, 0, 0)
"""Before every event."""


def parse_cursor(text: str) -> Cursor:
    """Read `gen.xid.pos`. Raises ValueError when it is anything else."""
    gen, xid, pos = text.split(".")
    if not (gen.isdigit() and xid.isdigit() and pos.isdigit() and text.isascii()):
        raise ValueError("a cursor is three numbers joined by dots")
    return Cursor(int(gen), int(xid), int(pos))


class TopicPart(NamedTuple):
    """One part of one topic: the unit in which records are ordered."""

    topic: str
    part: int


def part_of(key: str, parts: int = PARTS) -> int:
    """Part that a key belongs to: Kafka's default partitioner (murmur2 of the UTF-8 key, sign bit cleared, modulo)."""
    return (_murmur2(key.encode()) & 0x7FFFFFFF) % parts


def _murmur2(data: bytes) -> int:
    # Austin Appleby's MurmurHash2 with the seed that Kafka's clients use, so that any Kafka client computes the same part.
    length = len(data)
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = (0x9747B28C ^ length) & mask
    whole = length - length % 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little")
        k = (k * m) & mask
        k ^= k >> 24
        k = (k * m) & mask
        h = ((h * m) & mask) ^ k
    rest = data[whole:]
    if rest:
        h ^= int.from_bytes(rest, "little")
        h = (h * m) & mask
    h ^= h >> 13
    h = (h * m) & mask
    return h ^ (h >> 15)
