"""Folding the engine's customers anew from the stores, part by part: after an update of what is remembered or of the rules.

Rows are written where the engine stood when they were folded, by its own compare-and-set: if it has gone on meanwhile they
are folded again, and an engine that is overtaken loads the part anew. So it is done before the engine starts, or when it
has little to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.judging import Saying
from services.alerts.engine.part import say
from services.alerts.engine.refold import Stores, fold_all, items_until
from services.alerts.engine.step import Stepped
from services.alerts.read_models.watched_customers import (
    FOLD,
    NAME,
    SCHEMA,
    Place,
    columns_of,
    move,
    places_as_they_are,
    upsert,
)
from shared.postgres.pool import Connection, Pool
from shared.projections.parking import read_parked
from shared.projections.positions import PartLost

TRIES = 5


async def folds_due(conn: Connection, parts: Sequence[int]) -> bool:
    """Whether rows of any part were made by an older fold."""
    return any(place.fold < FOLD for place in await places_as_they_are(conn, parts))


async def rebuild_customers(
    pool: Pool, stores: Stores, zone: ZoneInfo, parts: Sequence[int], progress: Callable[[int], None] = lambda items: None
) -> int:
    """Fold every part anew and write its rows over the old ones; the number of items folded.

    An alert that the new rules would have opened, and that would be open now, is opened: its stream begins with what the
    rule found then, and goes on with what it found since. What was said before stays said. Parked customers are left as they are. Raises PartLost when an engine
    was faster several times in a row.
    """
    folded = 0
    for number in parts:
        folded += await _rebuild(pool, stores, zone, number)
        progress(folded)
    return folded


async def _rebuild(pool: Pool, stores: Stores, zone: ZoneInfo, number: int) -> int:
    for tried in range(1, TRIES + 1):
        async with pool.acquire() as conn:
            places = await places_as_they_are(conn, [number])
            parked = [UUID(one.parked.key) for one in await read_parked(conn, SCHEMA, [number]) if one.read_model == NAME]
        if not places:
            return 0
        items = await items_until(stores, number, places[0].reached)
        folded = await asyncio.to_thread(fold_all, items, places[0].through, zone, parked)
        try:
            await _write(pool, places[0], folded)
        except PartLost:
            if tried == TRIES:
                raise
        else:
            return len(items)
    raise AssertionError("unreachable")


async def _write(pool: Pool, place: Place, folded: Stepped) -> None:
    found = of_open_alerts(folded)
    async with pool.acquire() as conn, conn.transaction():
        if found:
            # The first write of the transaction: the store takes its transaction id after its locks.
            await say(conn, place.part, found)
        moved = await move(conn, replace(place, control=folded.control, fold=FOLD))
        await upsert(conn, moved, columns_of(list(folded.rows.values())))


def of_open_alerts(folded: Stepped) -> list[Saying]:
    """What is said of the alerts that are open at the end of the fold, from their opening on: also that they became worse, since the
    rows remember the level that was reached and the engine would never say it again."""
    spells = {
        watch.open.alert_id for row in folded.rows.values() for watch in row.customer.watches.values() if watch.open is not None
    }
    return [one for one in folded.sayings if one.event.alert_id in spells]
