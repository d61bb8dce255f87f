"""Folding the stores anew up to a position: for parked keys that are tried again, and for the check."""

from __future__ import annotations

from collections.abc import AsyncIterator, Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.contracts.cursor import START
from shared.event_store.append import append_many
from shared.event_store.events import Append
from shared.feed.scan import scan_all, services_of
from shared.postgres.pool import Connection, Pool
from shared.projections import metrics
from shared.projections.apply import Standing
from shared.projections.fold import (
    WIDE,
    Item,
    Parked,
    Unread,
    cause_of,
    fold,
    gain,
    interest,
    keyed,
    read_item,
    total_gain,
    wide_key,
)
from shared.projections.parking import park, read_parked, unpark
from shared.projections.positions import PartLost, Position, move
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel
from shared.projections.rows import fetch_rows, write_rows, write_totals
from shared.projections.sums import add_sums

Stores = Mapping[str, Pool]
"""By service, where its published view is read."""


@dataclass(slots=True)
class Refolded:
    """Every row of a part as the stores give it, what would be parked, and which rows belong to which parked customer or stream."""

    rows: dict[Hashable, Any] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)
    keys_of: dict[str, set[Hashable]] = field(default_factory=dict)


async def items_of(
    reader: ReadModel[Any] | Reaction, stores: Stores, position: Position, chunk: int = 5000
) -> AsyncIterator[list[Item]]:
    """What a reader asked for, from the stores, up to the position: store by store, each in commit order."""
    for service, topics in services_of(reader.topics).items():
        through = max(position.cursor(topic) for topic in topics)
        if through == START:
            continue
        types = _asked_for(reader, topics)
        async for records in scan_all(stores[service], service, through, parts=[position.part], types=types, limit=chunk):
            items: list[Item] = []
            for record in records:
                wanted = reader.topics.get(record.topic)
                if wanted is None or record.part != position.part or record.cursor > position.cursor(record.topic):
                    continue
                its_interest = interest(wanted, record.type)
                if its_interest != "skip":
                    items.append(read_item(record, its_interest))
            yield items


def _asked_for(reader: ReadModel[Any] | Reaction, topics: list[str]) -> list[str]:
    # All majors of the families, known or not: an unknown one must be noticed.
    wanted = {type_name for topic in topics for type_name in reader.topics[topic]}
    families = {name.rpartition(".v")[0] for name in wanted}
    return sorted(wanted | {f"{family}.v{major}" for family in families for major in range(1, 100)})


async def refold_part(model: ReadModel[Any], stores: Stores, position: Position, wide: frozenset[str] = frozenset()) -> Refolded:
    """Fold all events of a part up to the position, from nothing. `wide`: parked customers and streams whose rows to name."""
    done = Refolded(keys_of={one: set() for one in wide})
    async for items in items_of(model, stores, position):
        found = keyed(model.key, items, done.parked.keys())
        folded = fold(model, done.rows, found.entries, done.parked.keys())
        for key, row in folded.changed.items():
            if row is not None and model.split is not None:
                add_sums(done.rows.setdefault(key, {}), row)
            elif row is None:
                done.rows.pop(key, None)
            else:
                done.rows[key] = row
        done.parked.update(found.parked)
        done.parked.update(folded.parked)
        if wide:
            for key, event in found.entries:
                if (name := wide_key(event)) in wide:
                    done.keys_of[name].add(key)
    return done


async def retry_parked(pool: Pool, schema: str, standing: Standing, stores: Stores) -> None:
    """Fold the parked keys of this standing anew up to its position, and unpark what folds now.

    Only the owner of the part may do this: the position is moved by compare-and-set in the same transaction. Raises PartLost.
    """
    if isinstance(standing.reader, Reaction):
        await _react_again(pool, schema, standing, standing.reader, stores)
        return
    model, position, asked = standing.reader, standing.position, frozenset(standing.parked)
    done = await refold_part(model, stores, position, asked)
    still = {one: parked for one, parked in done.parked.items() if one in asked}
    keys = {_key(model, one) for one in asked - still.keys() if not one.startswith(WIDE)}
    keys |= {key for one, found in done.keys_of.items() if one not in still for key in found if str(key) not in done.parked}
    async with pool.acquire() as conn, conn.transaction():
        before = (await fetch_rows(conn, schema, model, position.slot, {position.part: keys}))[position.part]
        await move(conn, schema, [position])
        changed = {key: done.rows.get(key) for key in keys if done.rows.get(key) != before.get(key)}
        gains = [] if model.totals is None else [gain(model.totals, before.get(key), row) for key, row in changed.items()]
        await write_rows(conn, schema, model, position.slot, {position.part: changed})
        await write_totals(conn, schema, model, position.slot, {position.part: total_gain(gains)})
        await _settle(conn, schema, position, asked, still)
    _settled(schema, standing, asked, still)


async def _react_again(pool: Pool, schema: str, standing: Standing, reaction: Reaction, stores: Stores) -> None:
    position, asked = standing.position, frozenset(standing.parked)
    async with pool.acquire() as conn:
        since = {
            one.parked.key: one.parked.cursor
            for one in await read_parked(conn, schema, [position.part])
            if (one.read_model, one.slot) == (position.read_model, position.slot)
        }
    appends: list[Append] = []
    still: dict[str, Parked] = {}
    async for items in items_of(reaction, stores, position):
        for item in items:
            record = item.record if isinstance(item, Unread) else item
            key = wide_key(record)
            # What came before the parked event was answered when it came.
            if key not in since or record.cursor < since[key] or key in still:
                continue
            try:
                if isinstance(item, Unread):
                    still[key] = Parked(key, item.record.topic, item.record.cursor, item.cause)
                else:
                    appends += reaction.react(item)
            except Exception as error:
                still[key] = Parked(key, record.topic, record.cursor, cause_of(error))
    async with pool.acquire() as conn, conn.transaction():
        if appends and (await append_many(conn, schema, appends, skip_existing=True)).outcome != "appended":
            raise PartLost(f"{schema}: the appends of {reaction.name} met another writer")
        await move(conn, schema, [position])
        await _settle(conn, schema, position, asked, still)
    _settled(schema, standing, asked, still)


async def _settle(conn: Connection, schema: str, position: Position, asked: Set[str], still: Mapping[str, Parked]) -> None:
    await unpark(conn, schema, position, asked - still.keys())
    await park(conn, schema, position, still.values())


def _settled(schema: str, standing: Standing, asked: Set[str], still: Mapping[str, Parked]) -> None:
    standing.position = standing.position.saved()
    standing.parked = set(still)
    metrics.UNPARKED.labels(schema, standing.reader.name).inc(len(asked) - len(still))


def _key(model: ReadModel[Any], text: str) -> Hashable:
    return UUID(text) if model.columns[model.key_column] == "uuid" else text
