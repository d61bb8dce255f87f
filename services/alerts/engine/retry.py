"""Trying parked customers again: each is folded anew from the stores by the owner of its part, timers and control included."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.engine.items import Item
from services.alerts.engine.part import Part, say
from services.alerts.engine.refold import Stores, items_until
from services.alerts.engine.step import TIMER, Stepped, step
from services.alerts.read_models.watched_customers import NAME, SCHEMA, VERSION, columns_of, move, next_timer, upsert
from shared.postgres.pool import Pool
from shared.projections import parking
from shared.projections.fold import Parked as ParkedKey
from shared.projections.positions import Position


async def retry_parked(pool: Pool, stores: Stores, part: Part) -> None:
    """Fold the customers of a part of whom a retry was asked for. What they say is for items from the parked one on.

    Raises PartLost. A customer that cannot be folded stays parked, with the place and cause found now.
    """
    async with pool.acquire() as conn:
        wanted = [
            one.parked
            for one in await parking.read_parked(conn, SCHEMA, [part.number])
            if one.retry and one.read_model == NAME and one.slot == part.place.slot
        ]
    for parked in wanted:
        await _retry(pool, stores, part, parked)


async def _retry(pool: Pool, stores: Stores, part: Part, parked: ParkedKey) -> None:
    customer_id, place = UUID(parked.key), part.place
    items = await items_until(stores, part.number, place.reached, customer_id)
    through = place.through or place.reached.recorded_at
    before, after, sayings = await asyncio.to_thread(_fold, part, items, parked, through)
    still = {**before.parked, **after.parked}.get(customer_id)
    at = Position(NAME, place.slot, place.part, VERSION, place.rev, {}, {})
    async with pool.acquire() as conn, conn.transaction():
        if still is None and sayings:
            await say(conn, part.number, sayings)
        part.place = await move(conn, place)
        if still is None:
            await upsert(conn, part.place, columns_of(list({**before.rows, **after.rows}.values())))
            await parking.unpark(conn, SCHEMA, at, [parked.key])
        else:
            await parking.park(conn, SCHEMA, at, [ParkedKey(parked.key, still.topic, still.cursor, still.cause)])
        timer = await next_timer(conn, part.place)
    part.timer = timer
    part.cache.pop(customer_id, None)
    if still is None:
        part.parked.discard(customer_id)


def _fold(part: Part, items: Sequence[Item], parked: ParkedKey, through: datetime) -> tuple[Stepped, Stepped, Sequence[Saying]]:
    timer = datetime.fromisoformat(parked.topic[len(TIMER) :]) if parked.topic.startswith(TIMER) else None
    if timer is not None:
        split = next((i for i, item in enumerate(items) if item.record.recorded_at > timer), len(items))
    else:
        place = (parked.topic, parked.cursor)
        split = next((i for i, item in enumerate(items) if (item.record.topic, item.record.cursor) == place), 0)
    until = timer or (items[split].record.recorded_at if split < len(items) else through)
    before = step({}, Control(), items[:split], until, part.zone)
    after = step(before.rows, before.control, items[split:], through, part.zone, parked=before.parked.keys())
    return before, after, after.sayings
