"""Rows of the store as records of Kafka: which topic and part, which key, which headers. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import msgspec

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import headers_at
from shared.contracts.topics import CONTROL_TYPES, main_topic, topics_of
from shared.event_store.events import StoredRow
from shared.relay.state import Mark


class Batch(Protocol):
    """What is needed of a producer's batch: `append` answers None when the record does not fit any more."""

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Any) -> Any: ...

    def record_count(self) -> int: ...


@dataclass(slots=True)
class Outgoing:
    """What one topic and part is sent: batches in cursor order, and the cursor of the last record."""

    batches: list[Batch]
    last: Cursor


@lru_cache(maxsize=4096)
def _only_topic(type_name: str) -> str | None:
    """The one topic of a type; None where it depends on the body."""
    return None if type_name.startswith("regulars.alerts.") and type_name not in CONTROL_TYPES else main_topic(type_name)


def places(row: StoredRow, value: bytes) -> list[TopicPart]:
    """Every topic and part that a row is sent to. Control topics have the one part 0."""
    part = 0 if row.type in CONTROL_TYPES else row.part
    only = _only_topic(row.type)
    return [TopicPart(topic, part) for topic in (topics_of(row.type, value) if only is None else (only,))]


def pack(
    rows: Iterable[StoredRow], marks: Mapping[TopicPart, Mark], epoch: int, new_batch: Callable[[], Batch]
) -> dict[TopicPart, Outgoing]:
    """Batches of every topic and part. What a mark has already passed is left out; `prev` links each record to the one before it.

    The value is the body as the database writes it: it was checked when it was appended, and reading it again would cost
    more than everything else here.
    """
    found: dict[TopicPart, Outgoing] = {}
    written: dict[TopicPart, bytes | None] = {}
    for row in rows:
        cursor = Cursor(row.gen, row.xid, row.pos)
        place = b"%d.%d.%d" % cursor
        value = row.body.encode()
        customer = None if row.customer_id is None else str(row.customer_id).encode()
        key = row.stream.encode() if customer is None else customer
        meta = msgspec.json.decode(row.meta) if row.meta != "{}" else {}
        for at in places(row, value):
            out = found.get(at)
            if out is None:
                mark = marks.get(at)
                if mark is not None and cursor <= mark.cursor:
                    continue
                written[at] = None if mark is None else str(mark.cursor).encode()
                found[at] = out = Outgoing([new_batch()], cursor)
            of_row = headers_at(row, (place, written[at]), customer, epoch, meta)
            if out.batches[-1].append(timestamp=None, key=key, value=value, headers=of_row) is None:
                out.batches.append(new_batch())
                out.batches[-1].append(timestamp=None, key=key, value=value, headers=of_row)
            out.last = cursor
            written[at] = place
    return found
