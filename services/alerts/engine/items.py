"""Items of the one sequence: what is read, and the key by which it is ordered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.alerts.domain import control, watched_customer
from shared.contracts.cursor import START, Cursor, TopicPart, parse_cursor
from shared.contracts.envelope import Record
from shared.contracts.topics import (
    ALERTS_CONTROL,
    CARDS_CONTROL,
    CARDS_EVENTS,
    CARDS_TRANSACTIONS,
    CLASSIFICATION_EVENTS,
    COMPLAINTS_EVENTS,
)

PART_TOPICS = (CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINTS_EVENTS, CLASSIFICATION_EVENTS)
CONTROL_TOPICS = (CARDS_CONTROL, ALERTS_CONTROL)
FOLDED_TYPES = watched_customer.FOLDED_TYPES | control.FOLDED_TYPES


class MergeKey(NamedTuple):
    """Place in the sequence: an import gives many events one time, so service and cursor follow."""

    recorded_at: datetime
    service: str
    cursor: Cursor

    def __str__(self) -> str:
        return f"{self.recorded_at.isoformat()} {self.service} {self.cursor}"


def parse_merge_key(text: str) -> MergeKey:
    """Raises ValueError when it is none."""
    at, service, cursor = text.split(" ")
    return MergeKey(datetime.fromisoformat(at), service, parse_cursor(cursor))


class Item(NamedTuple):
    """A record and its place. `record.customer_id` None: it concerns every customer."""

    key: MergeKey
    record: Record


def item_of(record: Record) -> Item:
    return Item(MergeKey(record.recorded_at, record.topic.split(".", 2)[1], record.cursor), record)


def topics_of_part(part: int) -> Sequence[TopicPart]:
    """What is read for a part: its own topics, and the control topics, which are items of every part."""
    return [*(TopicPart(topic, part) for topic in PART_TOPICS), *(TopicPart(topic, 0) for topic in CONTROL_TOPICS)]


__all__ = [
    "CONTROL_TOPICS",
    "FOLDED_TYPES",
    "PART_TOPICS",
    "START",
    "Item",
    "MergeKey",
    "item_of",
    "parse_merge_key",
    "topics_of_part",
]
