"""Rows of the store as records of Kafka: which topic and part, which key, which headers. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from shared.contracts.cursor import Cursor, TopicPart, parse_cursor
from shared.contracts.topics import CONTROL_TYPES, main_topic, topics_of
from shared.event_store.events import StoredRow
from shared.kafka.record_batch import RecordBatch
from shared.relay.encoding import HeaderWriter


@dataclass(slots=True)
class Outgoing:
    """What one topic and part is sent: batches in cursor order, and the cursor of the last record, written out."""

    batches: list[RecordBatch]
    place: str

    @property
    def last(self) -> Cursor:
        return parse_cursor(self.place)


@lru_cache(maxsize=4096)
def _only_places(type_name: str, part: int) -> tuple[TopicPart, ...] | None:
    """Where all rows of a type and part go; None where it depends on the body. Control topics have the one part 0."""
    if type_name in CONTROL_TYPES:
        return (TopicPart(main_topic(type_name), 0),)
    return None if type_name.startswith("regulars.alerts.") else (TopicPart(main_topic(type_name), part),)


def places(row: StoredRow, value: bytes) -> tuple[TopicPart, ...]:
    """Every topic and part that a row is sent to."""
    only = _only_places(row.type, row.part)
    return tuple(TopicPart(topic, row.part) for topic in topics_of(row.type, value)) if only is None else only


def pack(
    rows: Iterable[StoredRow],
    after: Mapping[TopicPart, Cursor],
    epoch: int,
    most: int,
    found: dict[TopicPart, Outgoing] | None = None,
) -> dict[TopicPart, Outgoing]:
    """Batches of every topic and part, each of at most `most` bytes; added to those `found` in the rows before.

    `after` says what each has been sent: that is left out, and `prev` links each record to the one before it. The value is
    the body as the database writes it: it was checked when it was appended, and reading it again would cost more than
    everything else here.
    """
    found = {} if found is None else found
    headers_of = HeaderWriter(epoch).of
    for row in rows:
        place = f"{row.gen}.{row.xid}.{row.pos}"
        value = row.body.encode()
        customer = None if row.customer_id is None else str(row.customer_id)
        key = (row.stream if customer is None else customer).encode()
        for at in places(row, value):
            out = found.get(at)
            if out is None:
                before = after.get(at)
                if before is not None and row.cursor <= before:
                    continue
                found[at] = out = Outgoing([RecordBatch(most)], place)
                headers = headers_of(row, place, None if before is None else str(before), customer)
            else:
                headers = headers_of(row, place, out.place, customer)
                out.place = place
            if not out.batches[-1].append(key, value, headers):
                out.batches.append(RecordBatch(most))
                out.batches[-1].append(key, value, headers)
    return found
