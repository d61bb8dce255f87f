"""Hunting for events that a tail loses or sees out of order, while many writers append, give up and are killed, and the clock jumps."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import asyncpg

from shared.contracts.cursor import START, Cursor
from shared.event_store.append import append_facts, append_many
from shared.event_store.tail import tail
from shared.postgres.pool import Connection, Pool
from shared.testing.stored_events import payment, releases

LOST_CONNECTION = (
    asyncpg.AdminShutdownError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InterfaceError,
    # What asyncpg raises for a query in the moment between the server's farewell and the closed socket.
    asyncpg.InternalClientError,
    ConnectionError,
)


_TICK = """
UPDATE cards.store SET last_tick = greatest(clock_timestamp(), last_tick + interval '1 us') + $1 * interval '1 s' RETURNING last_tick"""

# A watermark rests on this: whatever has a transaction id above that of a tick's successor is recorded later than the tick.
_LATE = """
SELECT DISTINCT e.stream, e.version FROM unnest($1::timestamptz[], $2::text[]) k(t, s) JOIN cards.events e ON e.recorded_at <= k.t
 WHERE e.xid >= k.s::xid8 LIMIT 10"""


class _GivenUp(Exception):
    pass


@dataclass
class Hunt:
    """What was done and what was found. `violations` is empty when the store keeps its promise."""

    customers: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(4)])
    ended: Counter[str] = field(default_factory=Counter)
    acknowledged: set[UUID] = field(default_factory=set)
    seen: list[UUID] = field(default_factory=list)
    heads: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    cursor: Cursor = START
    ticks: list[tuple[datetime, int]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    stopped: bool = False


async def hunt(pool: Pool, admin: Pool, seed: int, seconds: float, writers: int = 12) -> Hunt:
    """Let writers append to few streams for `seconds`, with delays, rollbacks and kills, a tail beside them; compare.

    Ends at the first violation. `admin` may terminate backends.
    """
    found = Hunt()
    chance = random.Random(seed)
    deadline = time.monotonic() + seconds
    tasks = [asyncio.ensure_future(_write(pool, admin, found, random.Random(chance.random()), deadline)) for _ in range(writers)]
    tasks.append(asyncio.ensure_future(_tick(admin, found, chance, deadline)))
    async with pool.acquire() as reader:
        while not all(task.done() for task in tasks):
            await _read(reader, found, chance.randint(1, 50))
            found.stopped = bool(found.violations) or any(task.done() and task.exception() for task in tasks)
            await asyncio.sleep(0)
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException):
                found.violations.append(f"a writer failed: {result!r}")
        while await _read(reader, found, 5000):
            pass
        stored = [row["event_id"] for row in await reader.fetch("SELECT event_id FROM cards.events")]
        found.violations += [
            f"recorded at or before a tick, by a later transaction: {row['stream']} {row['version']}"
            for row in await reader.fetch(_LATE, [t for t, _ in found.ticks], [str(s) for _, s in found.ticks])
        ]
    if Counter(found.seen) != Counter(stored):
        found.violations.append(f"stored {len(stored)}, seen {len(found.seen)}, lost {len(set(stored) - set(found.seen))}")
    if not found.acknowledged <= set(stored):
        found.violations.append("an acknowledged event is not stored")
    return found


async def _read(reader: Connection, found: Hunt, limit: int) -> int:
    rows = await tail(reader, "cards", found.cursor, limit)
    for row in rows:
        if row.version != found.heads[row.stream] + 1:
            found.violations.append(f"{row.stream}: version {row.version} after {found.heads[row.stream]}")
        found.heads[row.stream] = row.version
        found.seen.append(row.event_id)
        found.cursor = row.cursor
    return len(rows)


async def _tick(admin: Pool, found: Hunt, chance: random.Random, deadline: float) -> None:
    while time.monotonic() < deadline and not found.stopped:
        # A tick ahead of the clock is what a clock that went back looks like.
        t = await admin.fetchval(_TICK, chance.choice((0, 0, 0, 0, 0.3)))
        found.ticks.append((t, await admin.fetchval("SELECT pg_current_xact_id()::text::bigint")))
        await asyncio.sleep(chance.choice((0, 0.01)))


async def _write(pool: Pool, admin: Pool, found: Hunt, chance: random.Random, deadline: float) -> None:
    while time.monotonic() < deadline and not found.stopped:
        ending = chance.choices(("commit", "rollback", "kill"), (80, 12, 8))[0]
        killing: asyncio.Task[str] | None = None
        try:
            async with pool.acquire() as connection, connection.transaction():
                ids = await (_decide if chance.random() < 0.6 else _import)(connection, found, chance)
                await asyncio.sleep(chance.choice((0, 0, 0.001, 0.004, 0.012)))
                if ending == "rollback":
                    raise _GivenUp
                if ending == "kill":
                    # It strikes before, while or after the commit; whether it is stored is then for the database to say.
                    pid = connection.get_server_pid()
                    killing = asyncio.create_task(admin.execute("SELECT pg_terminate_backend($1)", pid))
                    await asyncio.sleep(chance.choice((0, 0, 0.001, 0.002)))
            found.acknowledged.update(ids)
            found.ended["committed"] += 1
        except _GivenUp:
            found.ended["rolled back"] += 1
        except LOST_CONNECTION:
            found.ended["killed"] += 1
        if killing is not None:
            await killing


async def _decide(connection: Connection, found: Hunt, chance: random.Random) -> list[UUID]:
    appends = [
        releases(customer, "any", chance.randint(1, 3)) for customer in chance.sample(found.customers, chance.randint(1, 2))
    ]
    answer = await append_many(connection, "cards", appends)
    if answer.outcome != "appended":
        found.violations.append(f"any version was expected, the answer was {answer.outcome}")
    return [new.event_id for append in appends for new in append.events]


async def _import(connection: Connection, found: Hunt, chance: random.Random) -> list[UUID]:
    facts = [payment(chance.choice(found.customers), uuid4().hex, stream="card") for _ in range(chance.randint(1, 4))]
    verdicts = await append_facts(connection, "cards", facts)
    if set(verdicts) != {"recorded"}:
        found.violations.append(f"new facts were answered {verdicts}")
    return [fact.event_id for fact in facts]
