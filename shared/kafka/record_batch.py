"""Records of one topic part in the encoding of Kafka (record batch, format 2), ready to be handed to the producer.

The client's own batch takes every header of every record as a pair and compresses them on the event loop: more than half of what
a record cost the relay. Of a batch that is not its own the client asks what stands under "for the client" and nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import cramjam
from aiokafka.record.util import calc_crc32c

from shared.kafka.varints import varint

_ZSTD = 4
_LEVEL = 1
"""On what the records of a topic have in common level 3 saves nothing and takes half as long again."""
_PLACE = struct.Struct(">qiibI")  # base offset, length, leader's epoch, format, checksum
_REST = struct.Struct(">hiqqqhii")  # attributes, last offset, first and last time, producer, its epoch, sequence, records
_BEFORE_REST = 9
_FORMAT = 2
_NO_EPOCH = -1
_NO_TIME = -1
"""The broker sets it, as our topics ask for."""


def header_bytes(headers: Iterable[tuple[str, bytes]]) -> bytes:
    """Headers of a record, their number before them."""
    pairs = [(name.encode(), value) for name, value in headers]
    return b"".join(
        [varint(len(pairs)), *(part for name, value in pairs for part in (varint(len(name)), name, varint(len(value)), value))]
    )


class RecordBatch:
    """Records in the order in which they were appended, at most `most` bytes of them; one is taken however long it is."""

    def __init__(self, most: int) -> None:
        self._most, self._size, self._count = most, 0, 0
        self._parts: list[bytes] = []
        self._payload: bytes | None = None
        self._producer = (-1, -1, 0)
        self._built: bytes | None = None

    def append(self, key: bytes, value: bytes, headers: bytes) -> bool:
        """Add a record unless it does not fit any more; `headers` as `header_bytes` gives them."""
        number, key_size, value_size = varint(self._count), varint(len(key)), varint(len(value))
        length = len(number) + len(key_size) + len(key) + len(value_size) + len(value) + len(headers) + 2
        if self._size + length > self._most and self._count:
            return False
        # Attributes and the distance in time from the first record are nought: the broker sets the time.
        self._parts += (b"%b\x00\x00%b%b%b%b" % (varint(length), number, key_size, key, value_size), value, headers)
        self._size += length
        self._count += 1
        return True

    def compress(self) -> None:
        """Nothing is appended afterwards. May be called by another thread, which the interpreter does not wait for."""
        if self._payload is None:
            self._payload = bytes(cramjam.zstd.compress(b"".join(self._parts), level=_LEVEL))
            self._parts = []

    # For the client.

    def record_count(self) -> int:
        return self._count

    def closed(self) -> bool:
        return True

    def close(self) -> None:
        self.compress()

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        self._producer = (producer_id, producer_epoch, base_sequence)

    def _build(self) -> bytes:
        if self._built is None:
            self.compress()
            assert self._payload is not None
            rest = _REST.pack(_ZSTD, self._count - 1, _NO_TIME, _NO_TIME, *self._producer, self._count) + self._payload
            self._built = _PLACE.pack(0, _BEFORE_REST + len(rest), _NO_EPOCH, _FORMAT, calc_crc32c(rest)) + rest
        return self._built
