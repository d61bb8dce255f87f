"""Headers of a row of the store as the bytes that stand in Kafka's record, without a list of pairs on the way.

The same bytes as `header_bytes(headers_at(...))`: what all rows of a type share is encoded once, and a row's own headers are one
text. Almost every row of a flood is such a row; one with trace or correlation ids goes the long way.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from shared.contracts.envelope import headers_at, headers_of_type
from shared.event_store.events import StoredRow
from shared.kafka.record_batch import header_bytes
from shared.kafka.varints import varint_text

_OWN = 6
"""Headers that every row has of its own; `prev` and the customer may come on top."""


def _sized(text: str) -> str:
    return varint_text(len(text)) + text


_ID, _TIME, _SUBJECT, _SEQUENCE, _RECORDED, _CURSOR, _PREV, _CUSTOMER = map(
    _sized, ("ce_id", "ce_time", "ce_subject", "ce_sequence", "ce_recordedtime", "cursor", "prev", "ce_partitionkey")
)
_UUID = varint_text(36)


class HeaderWriter:
    """Writes headers of rows, one after the other, for one term of leadership."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._occurred: datetime | None = None
        self._recorded: datetime | None = None
        self._time = self._recorded_time = ""

    def of(self, row: StoredRow, place: str, prev: str | None, customer: str | None) -> bytes:
        """The headers of a row, their number before them: `place` is its cursor, `prev` that of the record before it."""
        if row.meta != "{}" or not row.stream.isascii():
            return self._long_way(row, place, prev, customer)
        # Rows of a flood are mostly of the same moments as the row before.
        if row.occurred_at != self._occurred:
            self._occurred, self._time = row.occurred_at, f"{_TIME}{_sized(row.occurred_at.isoformat())}{_SUBJECT}"
        if row.recorded_at != self._recorded:
            self._recorded = row.recorded_at
            self._recorded_time = f"{_RECORDED}{_sized(row.recorded_at.isoformat())}{_CURSOR}"
        stream, version = row.stream, str(row.version)
        link = "" if prev is None else f"{_PREV}{varint_text(len(prev))}{prev}"
        whose = "" if customer is None else f"{_CUSTOMER}{_UUID}{customer}"
        return (
            f"{_shared(row.type, self._epoch, _OWN + (prev is not None) + (customer is not None))}{row.event_id}{self._time}"
            f"{varint_text(len(stream))}{stream}{_SEQUENCE}{varint_text(len(version))}{version}{self._recorded_time}"
            f"{varint_text(len(place))}{place}{link}{whose}"
        ).encode("latin-1")

    def _long_way(self, row: StoredRow, place: str, prev: str | None, customer: str | None) -> bytes:
        meta: dict[str, Any] = msgspec.json.decode(row.meta)
        where = place.encode(), None if prev is None else prev.encode()
        return header_bytes(headers_at(row, where, None if customer is None else customer.encode(), self._epoch, meta))


@lru_cache(maxsize=4096)
def _shared(type_name: str, epoch: int, own: int) -> str:
    """The number of headers, those that all rows of a type share, and the name of the first that differs."""
    shared = headers_of_type(type_name, epoch)
    return varint_text(len(shared) + own) + header_bytes(shared)[1:].decode("latin-1") + _ID + _UUID
