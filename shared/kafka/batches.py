"""Records out of what a broker answers to a fetch (record batches, format 2), headers left as the bytes they are.

The client's own reading makes a pair of every header and an object of every record, twice. Who reads records by the thousand wants
six of fourteen headers, and knows where they stand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import cramjam
from aiokafka import codec
from aiokafka.errors import CorruptRecordException

_HEAD = struct.Struct(">qi4xb4xhi8x8x8x2x4xi")  # base offset, length, format, attributes, last offset, records
_UP_TO_LENGTH = 12
_FORMAT = 2
_CODEC = 0x07
_CONTROL = 0x20


class RawRecord(NamedTuple):
    """A record as it was sent. `headers`: their number, then each name and value with its length before it."""

    offset: int
    value: bytes | None
    headers: bytes


class RawBatch(NamedTuple):
    """Records that lie together in the log, not yet unpacked."""

    first_offset: int
    next_offset: int
    records: int
    codec: int
    payload: memoryview


def batches_in(answer: bytes, after: int) -> Iterator[RawBatch]:
    """Whole batches that hold offsets from `after` on; one that is cut off at the end is left out, control batches are.

    Raises CorruptRecordException for another format than that of every broker since 2017.
    """
    at, view = 0, memoryview(answer)
    while at + _HEAD.size <= len(answer):
        base, length, form, attributes, last, count = _HEAD.unpack_from(answer, at)
        if form != _FORMAT:
            raise CorruptRecordException(f"a batch of format {form}")
        end = at + _UP_TO_LENGTH + length
        if end > len(answer):
            return
        if base + last >= after:
            yield RawBatch(
                base, base + last + 1, 0 if attributes & _CONTROL else count, attributes & _CODEC, view[at + _HEAD.size : end]
            )
        at = end


def records_in(batch: RawBatch, after: int) -> list[RawRecord]:
    """The records from offset `after` on. Raises CorruptRecordException when they are not what their lengths say."""
    if batch.records == 0:
        return []
    try:
        payload = bytes(batch.payload) if batch.codec == 0 else _UNPACK[batch.codec](batch.payload)
        found = _records(payload, batch.records, batch.first_offset)
    except (IndexError, KeyError, ValueError) as error:
        raise CorruptRecordException(f"batch at offset {batch.first_offset}: {type(error).__name__}") from error
    return found if batch.first_offset >= after else [one for one in found if one.offset >= after]


def _records(data: bytes, count: int, base: int) -> list[RawRecord]:
    # Numbers of one byte are read in place, and so are most lengths, which have two: a call costs more than all else here.
    at, found = 0, []
    for _ in range(count):
        low, high = data[at], data[at + 1]
        if low >= 0x80 > high and not low & 1:
            length, at = (low & 0x7F | high << 7) >> 1, at + 2
        else:
            length, at = read_varint(data, at)
        end = at + length
        at += 1  # attributes
        at = at + 1 if data[at] < 0x80 else read_varint(data, at)[1]  # distance in time
        low, high = data[at], data[at + 1]
        if low < 0x80 and not low & 1:
            number, at = low >> 1, at + 1
        elif high < 0x80 and not low & 1:
            number, at = (low & 0x7F | high << 7) >> 1, at + 2
        else:
            number, at = read_varint(data, at)
        low = data[at]
        if low < 0x80:
            at += 1 if low & 1 else 1 + (low >> 1)
        else:
            size, at = read_varint(data, at)
            at += max(0, size)
        low, high = data[at], data[at + 1]
        if low >= 0x80 > high and not low & 1:
            size, at = (low & 0x7F | high << 7) >> 1, at + 2
        else:
            size, at = read_varint(data, at)
        value = None
        if size >= 0:
            value = data[at : at + size]
            at += size
        if not at < end <= len(data):
            raise ValueError("a record of another length")
        found.append(RawRecord(base + number, value, data[at:end]))
        at = end
    if at != len(data):
        raise ValueError("more than the records")
    return found


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """A number and where it ends. Raises IndexError, or ValueError for more than 64 bits."""
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    number, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = data[at]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at + 1
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def read_headers(data: bytes) -> list[tuple[str, Any]]:
    """Headers of a record as pairs of name and bytes, None where there is no value. Raises CorruptRecordException."""
    try:
        count, at = read_varint(data, 0)
        found: list[tuple[str, Any]] = []
        for _ in range(count):
            size, at = read_varint(data, at)
            name, at = data[at : at + size].decode(), at + size
            size, at = read_varint(data, at)
            found.append((name, None if size < 0 else data[at : at + size]))
            at += max(0, size)
    except (IndexError, ValueError) as error:
        raise CorruptRecordException(f"headers: {type(error).__name__}") from error
    if at != len(data) or count < 0:
        raise CorruptRecordException("headers of another length")
    return found


_UNPACK: Mapping[int, Callable[[memoryview], bytes]] = {
    1: codec.gzip_decode,
    2: lambda packed: codec.snappy_decode(packed.tobytes()),
    3: lambda packed: codec.lz4_decode(packed.tobytes()),
    4: lambda packed: bytes(cramjam.zstd.decompress(packed)),
}
