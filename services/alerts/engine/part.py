"""One part of the engine: rows read, items taken through the pure core, everything written in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.control import JUDGE_ALL
from services.alerts.domain.judging import Saying, stream_of
from services.alerts.engine import metrics
from services.alerts.engine.buffer import WIDE_TYPES, PartBuffer
from services.alerts.engine.items import Item
from services.alerts.engine.step import Parked, Stepped, Watched, step
from services.alerts.read_models.watched_customers import (
    NAME,
    SCHEMA,
    VERSION,
    Place,
    StoredRow,
    columns_of,
    fetch,
    fetch_all,
    fetch_due,
    fetch_waiting,
    move,
    next_timer,
    row_of,
    stop_timers,
    upsert,
)
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.feed import traced
from shared.postgres.pool import Connection, Pool
from shared.projections import parking
from shared.projections.fold import Parked as ParkedKey
from shared.projections.positions import Position
from shared.telemetry.spans import of_events

MAX_ITEMS = 5000
MAX_TIMERS = 1000
CACHED = 1000
NOTHING: Mapping[UUID, str] = {}
JUDGE_ALL_TYPES = frozenset(cls.type for cls in JUDGE_ALL)


@dataclass(slots=True)
class Part:
    """What a worker holds of a part. Everything here is worthless as soon as the place was moved by somebody else."""

    place: Place
    buffer: PartBuffer
    zone: ZoneInfo
    parked: set[UUID]
    timer: datetime | None
    cache: dict[UUID, Watched] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.place.part


async def advance(pool: Pool, part: Part, horizon: datetime) -> bool:
    """One transaction's worth of progress: timers that are due before the next item, then items. False: nothing to do.

    Everything recorded before `horizon` has been read. Raises PartLost; TooManyParked.
    """
    part.buffer.ripen(horizon)
    first = part.buffer.first()
    through = horizon if first is None else first.record.recorded_at
    if part.timer is not None and part.timer < through:
        await _fire_timers(pool, part, through)
        return True
    if first is None:
        return False
    items = part.buffer.take(MAX_ITEMS)
    following = part.buffer.first()
    await _take(pool, part, items, horizon if following is None else following.record.recorded_at)
    return True


async def _fire_timers(pool: Pool, part: Part, through: datetime) -> None:
    async with pool.acquire() as conn:
        stored = await fetch_due(conn, part.place, through, MAX_TIMERS)
    # Where more are due than are fired at once, `through` is reached only with the last of them.
    complete = len(stored) < MAX_TIMERS
    await _apply(pool, part, stored, [], through, complete=complete)


async def _take(pool: Pool, part: Part, items: Sequence[Item], through: datetime) -> None:
    first = items[0].record
    async with pool.acquire() as conn:
        if first.type in JUDGE_ALL_TYPES:
            stored = await fetch_all(conn, part.place)
        else:
            known = part.cache
            touched = {item.record.customer_id for item in items if item.record.customer_id is not None}
            stored = await fetch(conn, part.place, [one for one in touched if one not in known])
            stored += await fetch_due(conn, part.place, through, 10**6) if _due(part, through) else []
            stored += await fetch_waiting(conn, part.place) if first.type in WIDE_TYPES else []
    await _apply(pool, part, stored, items, through)


def _due(part: Part, before: datetime) -> bool:
    return part.timer is not None and part.timer < before


async def _apply(
    pool: Pool, part: Part, stored: Sequence[StoredRow], items: Sequence[Item], through: datetime, *, complete: bool = True
) -> None:
    with of_events("judge", "CONSUMER", traced(item.record for item in items)) as spans:
        await _judge(pool, part, stored, items, through, complete, spans)


def _causes(items: Sequence[Item], spans: Mapping[str, str]) -> dict[UUID, str]:
    """The trace of what was last heard of each customer: what is said of it now came of that."""
    found = {}
    for item in items:
        record = item.record
        if record.customer_id is not None and record.traceparent is not None:
            caused = record.traceparent.decode("ascii", "replace")
            found[record.customer_id] = spans.get(caused, caused)
    return found


async def _judge(
    pool: Pool,
    part: Part,
    stored: Sequence[StoredRow],
    items: Sequence[Item],
    through: datetime,
    complete: bool,
    spans: Mapping[str, str],
) -> None:
    stepped, columns = await asyncio.to_thread(_compute, part, stored, items, through)
    place = replace(
        part.place,
        control=stepped.control,
        reached=part.buffer.reached,
        starts=part.buffer.starts(),
        through=through if complete else part.place.through,
    )
    causes = _causes(items, spans) if stepped.sayings else NOTHING
    async with pool.acquire() as conn, conn.transaction():
        part.place = await _write(conn, place, stepped.sayings, columns, stepped.parked, causes)
        timer = await next_timer(conn, part.place)
    part.timer = timer
    _count(items, stepped)
    part.parked |= stepped.parked.keys()
    if len(part.cache) > CACHED:
        part.cache.clear()
    part.cache.update(stepped.rows)
    for customer_id in stepped.parked:
        part.cache.pop(customer_id, None)


def _count(items: Sequence[Item], stepped: Stepped) -> None:
    metrics.TAKEN.inc(len(items))
    metrics.PARKED.inc(len(stepped.parked))
    for one in stepped.sayings:
        metrics.SAID.labels(one.event.type.split(".")[2]).inc()


def _compute(
    part: Part, stored: Sequence[StoredRow], items: Sequence[Item], through: datetime
) -> tuple[Stepped, list[Sequence[object]]]:
    # In a thread of its own: judging every customer at going live takes seconds, and the leader's heartbeat must go on.
    rows: dict[UUID, Watched] = {}
    for one in stored:
        cached = part.cache.get(one[0])
        rows[one[0]] = row_of(one) if cached is None else cached
    for item in items:
        customer_id = item.record.customer_id
        if customer_id is not None and customer_id not in rows and customer_id in part.cache:
            rows[customer_id] = part.cache[customer_id]
    stepped = step(rows, part.place.control, items, through, part.zone, parked=part.parked)
    return stepped, columns_of(list(stepped.rows.values()))


async def _write(
    conn: Connection,
    place: Place,
    sayings: Sequence[Saying],
    columns: Sequence[Sequence[object]],
    parked: Mapping[UUID, Parked],
    causes: Mapping[UUID, str],
) -> Place:
    if sayings:
        # The first write of the transaction: the store takes its transaction id after its locks.
        await say(conn, place.part, sayings, causes)
    moved = await move(conn, place)
    await upsert(conn, moved, columns)
    await stop_timers(conn, moved, parked.keys())
    at = Position(NAME, moved.slot, moved.part, VERSION, moved.rev, {}, {})
    await parking.park(
        conn, SCHEMA, at, [ParkedKey(str(one.customer_id), one.topic, one.cursor, one.cause) for one in parked.values()]
    )
    return moved


async def say(conn: Connection, part: int, sayings: Sequence[Saying], causes: Mapping[UUID, str] = NOTHING) -> None:
    """Append what the data say about alerts. Persons never stand in the way: any version is expected. `causes`: traces by customer.

    An opening whose stream exists was said before, by a fold of the same facts; it is left alone.
    """
    by_alert: dict[UUID, list[Saying]] = {}
    for one in sayings:
        by_alert.setdefault(one.event.alert_id, []).append(one)
    appends = [
        Append(
            stream=stream_of(alert_id),
            expected="new" if several[0].opens else "any",
            customer_id=several[0].event.customer_id,
            part=part,
            events=[NewEvent(one.event_id, one.event, one.at, _meta(one, causes)) for one in several],
        )
        for alert_id, several in by_alert.items()
    ]
    answer = await append_many(conn, SCHEMA, appends, skip_existing=True)
    if answer.outcome != "appended":
        raise RuntimeError(f"the store answers {answer.outcome} to appends that expect any version")


def _meta(saying: Saying, causes: Mapping[UUID, str]) -> dict[str, str]:
    cause = causes.get(saying.event.customer_id)
    return {} if cause is None else {"traceparent": cause}
