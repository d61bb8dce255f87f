"""Folding the stores anew: for parked customers that are tried again, and to check the rows against the truth."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.domain.watched_customer import write
from services.alerts.engine.buffer import WIDE_TYPES
from services.alerts.engine.items import CONTROL_TOPICS, FOLDED_TYPES, PART_TOPICS, Item, MergeKey, item_of
from services.alerts.engine.step import Stepped, Watched, step
from services.alerts.read_models.watched_customers import NAME, SCHEMA, Place, fetch_all, places_as_they_are, row_of
from shared.contracts.topics import CONTROL_TYPES, main_topic
from shared.feed.scan import END, scan_all
from shared.postgres.pool import Pool
from shared.projections.parking import read_parked

CHUNK = 5000

Stores = Mapping[str, Pool]
"""By service, where its published view is read."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A customer whose row is not what the stores give. `field` names what differs, never its value."""

    part: int
    customer_id: UUID
    field: str


async def items_until(stores: Stores, part: int, reached: MergeKey, customer_id: UUID | None = None) -> list[Item]:
    """The items of a part, or of one customer of it, in their order up to the place reached, control items among them."""
    found: list[Item] = []
    for service in sorted({topic.split(".", 2)[1] for topic in (*PART_TOPICS, *CONTROL_TOPICS)}):
        for control, wanted in ((False, FOLDED_TYPES - CONTROL_TYPES), (True, FOLDED_TYPES & CONTROL_TYPES)):
            types = [name for name in wanted if main_topic(name).split(".", 2)[1] == service]
            if not types:
                continue
            whose = None if control else customer_id
            parts = [0 if control else part]
            async for records in scan_all(stores[service], service, END, parts=parts, types=types, customer_id=whose):
                found += [item for record in records if (item := item_of(record)).key <= reached]
    return sorted(found, key=lambda item: item.key)


def fold_all(items: Iterable[Item], through: datetime | None, zone: ZoneInfo, parked: Sequence[UUID] = ()) -> Stepped:
    """Fold items from the beginning; the rows of all customers in memory. `through`: timers due before it have been fired."""
    rows: dict[UUID, Watched] = {}
    sayings: list[Saying] = []
    sequence = list(items)
    stepped = Stepped(rows, Control(), [], {})
    left_out = set(parked)
    start = 0
    while start < len(sequence):
        end = start + 1
        if sequence[start].record.type not in WIDE_TYPES:
            while end < len(sequence) and end - start < CHUNK and sequence[end].record.type not in WIDE_TYPES:
                end += 1
        chunk = sequence[start:end]
        until = sequence[end].record.recorded_at if end < len(sequence) else (through or chunk[-1].record.recorded_at)
        stepped = step(rows, stepped.control, chunk, until, zone, parked=left_out)
        rows.update(stepped.rows)
        sayings += stepped.sayings
        left_out |= stepped.parked.keys()
        start = end
    return Stepped(rows, stepped.control, sayings, {})


async def compare(pool: Pool, stores: Stores, zone: ZoneInfo, parts: Sequence[int]) -> list[Difference]:
    """Fold every part anew from the stores up to the place it has reached, and name the rows that differ.

    Place and rows are read in one snapshot. Parked customers are left out: their rows wait.
    """
    found: list[Difference] = []
    for number in parts:
        async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            places = await places_as_they_are(conn, [number])
            if not places:
                continue
            place = places[0]
            stored = {one[0]: row_of(one) for one in await fetch_all(conn, place)}
            parked = [UUID(one.parked.key) for one in await read_parked(conn, SCHEMA, [number]) if one.read_model == NAME]
        items = await items_until(stores, number, place.reached)
        refolded = await asyncio.to_thread(fold_all, items, place.through, zone, parked)
        found += _differences(place, stored, refolded, set(parked))
    return found


def _differences(place: Place, stored: Mapping[UUID, Watched], refolded: Stepped, parked: set[UUID]) -> list[Difference]:
    found = []
    for customer_id in sorted((stored.keys() | refolded.rows.keys()) - parked):
        row, again = stored.get(customer_id), refolded.rows.get(customer_id)
        if row is None or again is None:
            found.append(Difference(place.part, customer_id, "row"))
        elif write(row.customer) != write(again.customer):
            found.append(Difference(place.part, customer_id, "state"))
        elif row[1:] != again[1:]:
            found.append(Difference(place.part, customer_id, "timer"))
    if place.control != refolded.control:
        found.append(Difference(place.part, UUID(int=0), "control"))
    return found
