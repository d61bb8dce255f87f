"""Read models made anew in their other slots while the live ones are read and written; several of a service in one pass.

Nothing here can have a side effect: the role `<schema>_rebuild` may write read models and positions and has no right to
append, and reactions are not run.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.cursor import PARTS, START, TopicPart
from shared.feed.feed import Feed
from shared.postgres.pool import Connection, Pool
from shared.projections.filling import ONE_PART, Filling, Progress, under_construction
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores
from shared.projections.slots import (
    Contents,
    Live,
    RebuildRefused,
    Routed,
    contents,
    look_at,
    not_empty,
    prepare,
    swap,
    tables_of,
)

PASSES = 2
BEHIND_SECONDS = 30.0
LOOKING = 2
# Who only reads holds no tail up, and to look at a large table takes its time.
_NO_LIMIT = "SET LOCAL transaction_timeout TO 0"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did; `records` of all read models of its pass. `compared`: the new slot was the same as the live one at an equal position, part by part."""

    read_model: str
    slot: str
    version: int
    records: int
    compared: bool


async def rebuild(
    *,
    pool: Pool,
    schema: str,
    model: ReadModel[Any],
    stores: Stores,
    feed: Feed | None = None,
    parts: int = PARTS,
    anew: bool = False,
    force: bool = False,
    progress: Progress = lambda records: None,
) -> Rebuilt:
    """`rebuild_all` of one read model."""
    [done] = await rebuild_all(
        pool=pool, schema=schema, models=[model], stores=stores, feed=feed, parts=parts, anew=anew, force=force, progress=progress
    )
    return done


async def rebuild_all(
    *,
    pool: Pool,
    schema: str,
    models: Sequence[ReadModel[Any]],
    stores: Stores,
    feed: Feed | None = None,
    parts: int = PARTS,
    anew: bool = False,
    force: bool = False,
    progress: Progress = lambda records: None,
) -> list[Rebuilt]:
    """Fill the other slots from the stores in one pass, compare each with the live one where the version is the same, and swap.

    `feed` is asked for its end offsets only, so that the workers go on there instead of at the beginning. Interrupted, it
    goes on where it was. `force` swaps even if the slots differ or cannot be compared. Raises RebuildRefused, PartLost (a
    second rebuild is running), TooManyParked; nothing is swapped then.
    """
    all_parts = range(parts)
    was = await prepare(pool, schema, models, all_parts, anew=anew)
    filling = Filling(pool, schema, await under_construction(pool, schema, models, all_parts), stores, progress)
    compared = [model for model in models if was[model.name].version == model.version and not force]
    if compared:
        await _fill_and_compare(filling, compared, was, all_parts)
    offsets: Mapping[TopicPart, int | None] = {}
    for _ in range(PASSES if feed is not None else 1):
        # Everything behind these ends is in the stores below the horizon that is read afterwards. The second pass is short.
        offsets = {} if feed is None else await feed.ends(_topic_parts(models, all_parts))
        await filling.to_horizon()
    by_model = {
        model.name: {
            part: {at.topic: o for at, o in offsets.items() if at.part == part and at.topic in model.topics and o is not None}
            for part in all_parts
        }
        for model in models
    }
    await swap(pool, schema, models, was, by_model)
    return [Rebuilt(model.name, was[model.name].other, model.version, filling.records, model in compared) for model in models]


async def fill(
    *,
    pool: Pool,
    schema: str,
    model: ReadModel[Any],
    stores: Stores,
    parts: Sequence[int],
    progress: Progress = lambda records: None,
) -> int:
    """Fill some parts of a slot that `prepare` has emptied, to the horizon: several workers can share the work by part."""
    filling = Filling(pool, schema, await under_construction(pool, schema, [model], parts), stores, progress)
    await filling.to_horizon()
    return filling.records


async def _fill_and_compare(
    filling: Filling, models: Sequence[ReadModel[Any]], was: Mapping[str, Routed], parts: Sequence[int]
) -> None:
    """Bring the new slots to where the live ones stand at one moment, and compare. The live ones go on meanwhile."""
    await _not_ahead(filling, models, was, parts)
    seen: asyncio.Future[Live] = asyncio.get_running_loop().create_future()
    looking = asyncio.create_task(_look(filling, models, was, parts, seen))
    try:
        both: tuple[asyncio.Future[Any], ...] = (seen, looking)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not seen.done():
            looking.result()
        live = seen.result()
        await filling.to_horizon(live.places)
        for (name, part), places in live.places.items():
            if any(filling.place(name, part, topic) < cursor for topic, cursor in places.items()):
                raise RebuildRefused(f"{filling.schema}.{name}: the live slot is ahead of the stores; run verify")
        await _compare(filling, models, was, live, await looking)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _not_ahead(filling: Filling, models: Sequence[ReadModel[Any]], was: Mapping[str, Routed], parts: Sequence[int]) -> None:
    """Wait until no new slot is ahead of its live one: an interrupted rebuild may have got further than a consumer that lags."""
    deadline = asyncio.get_running_loop().time() + BEHIND_SECONDS
    while True:
        async with filling.pool.acquire() as conn:
            live = await look_at(conn, filling.schema, models, was, parts)
        ahead = [
            f"{name}, part {part}"
            for (name, part), places in live.places.items()
            if any(filling.place(name, part, topic) > places.get(topic, START) for topic in filling.topics_of(name))
        ]
        if not ahead:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise RebuildRefused(f"{filling.schema}: live slots stay behind ({'; '.join(ahead)}); is the consumer running?")
        await asyncio.sleep(0.1)


Found = Mapping[str, Mapping[int, Contents]]
"""By read model and part."""


async def _look(
    filling: Filling,
    models: Sequence[ReadModel[Any]],
    was: Mapping[str, Routed],
    parts: Sequence[int],
    seen: asyncio.Future[Live],
) -> Found:
    """What the live slots hold, in one snapshot; where they stand in it is known first."""
    schema = filling.schema
    async with filling.pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        await conn.execute(_NO_LIMIT)
        live = await look_at(conn, schema, models, was, parts)
        seen.set_result(live)
        return await _contents(conn, schema, models, {one.name: was[one.name].live for one in models}, live)


async def _contents(
    conn: Connection, schema: str, models: Sequence[ReadModel[Any]], slots: Mapping[str, str], live: Live
) -> Found:
    tables = {one.name: tables_of(schema, one, slots[one.name]) for one in models}
    filled = await not_empty(conn, schema, [table for its in tables.values() for table in its])
    return {
        one.name: await contents(conn, schema, one, slots[one.name], live.left_out(one.name))
        if filled.intersection(tables[one.name])
        else {}
        for one in models
    }


async def _compare(filling: Filling, models: Sequence[ReadModel[Any]], was: Mapping[str, Routed], live: Live, old: Found) -> None:
    schema, slots = filling.schema, {one.name: was[one.name].other for one in models}

    async def of_new(some: Sequence[ReadModel[Any]]) -> Found:
        async with filling.pool.acquire() as conn:
            return await _contents(conn, schema, some, slots, live)

    new: dict[str, Mapping[int, Contents]] = {}
    for found in await asyncio.gather(*(of_new(models[lane::LOOKING]) for lane in range(LOOKING))):
        new |= found
    for name, part in sorted(live.places):
        ours, theirs = new[name].get(part, Contents()), old[name].get(part, Contents())
        if (name, part) in live.parked:
            # A parked key weighs on totals that other rows share.
            ours, theirs = (one._replace(totals=0, totals_hash=0) for one in (ours, theirs))
        if ours != theirs:
            raise RebuildRefused(
                f"{schema}.{name}, part {part}: the rebuilt slot differs from the live one at the same position"
                f" ({ours.rows} rows against {theirs.rows}, {ours.totals} totals against {theirs.totals}); verify names the rows"
            )


def _topic_parts(models: Sequence[ReadModel[Any]], parts: Sequence[int]) -> list[TopicPart]:
    topics = {topic for model in models for topic in model.topics}
    return [TopicPart(topic, part) for topic in topics for part in parts if part == 0 or topic not in ONE_PART]
