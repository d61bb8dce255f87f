"""Bar 13: a single append and a projection, beside the library `eventsourcing` doing the same."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from shared.contracts.cursor import PARTS, part_of
from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded
from shared.event_store.append import append_many
from shared.event_store.events import Append, CommandRecord, NewEvent
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool, create_pool
from shared.process.running import tune_for_batches
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.ledger import relaying
from tests.performance.bench.place import Place
from tests.performance.bench.projections import projection_seconds
from tests.performance.bench.sale_facts import sale_facts

_CUSTOMERS = 100


async def measure(place: Place, size: Size) -> list[Measured]:
    # The library is no dependency of ours: it comes from a lock of its own.
    from tests.performance.baselines import eventsourcing_library as library

    singles, theirs = size.of(3_000, 100), size.of(5_000, 200)
    facts = sale_facts(size.of(100_000, 2_000))
    tune_for_batches()
    async with place.database() as database:
        pool = await create_pool(database.dsn("cards"), name="bench peer", statement_timeout_ms=60_000)
        follower = await create_pool(database.dsn("classification"), name="bench feed", statement_timeout_ms=10_000)

        async def appending() -> float:
            return singles / await append_seconds(pool, singles)

        async def saving() -> float:
            async with place.database() as own:
                return singles / await asyncio.to_thread(library.save_seconds, own.dsn("postgres"), singles)

        async def projecting() -> float:
            stores = {"cards": follower}
            return len(facts) / await projection_seconds(database, lambda: StoreFeed(stores), len(facts))

        async def running() -> float:
            async with place.database() as own:
                return theirs / await asyncio.to_thread(library.projection_seconds, own.dsn("postgres"), theirs)

        try:
            await append_all(pool, facts)
            async with relaying(database, None):
                projections = await in_turns([Case("projection", projecting), Case("ProjectionRunner", running)], size.rounds)
            appends = await in_turns([Case("append_many", appending), Case("app.save()", saving)], size.rounds)
        finally:
            pool.terminate()
            follower.terminate()
    return [
        Measured("13a", appends["append_many"], appends["app.save()"]),
        Measured("13b", projections["projection"], projections["ProjectionRunner"]),
    ]


async def append_seconds(pool: Pool, events: int) -> float:
    """Seconds for so many appends of one event: version expected, idempotency key and answer remembered, one after the other."""
    customers = [uuid4() for _ in range(_CUSTOMERS)]
    began = time.perf_counter()
    for n in range(events):
        await _append(pool, customers[n % _CUSTOMERS], n // _CUSTOMERS, str(n))
    return time.perf_counter() - began


async def _append(pool: Pool, customer: UUID, version: int, number: str) -> None:
    net = Money(Decimal("412.50"), "CNY")
    line = SaleLine(article="A-17", quantity=Decimal(3), net=net.amount)
    now = datetime.now(UTC)
    sale = SaleRecorded(customer_id=customer, source="bench", source_event_id=number, sold_on=now.date(), net=net, lines=(line,))
    append = Append(f"bench-{customer}", version, customer, part_of(str(customer), PARTS), [NewEvent(uuid4(), sale, now)])
    key = CommandRecord(customer, "POST /v1/bench", number, number.encode().ljust(32), 201, {"id": number})
    async with pool.acquire() as c:
        done = await append_many(c, "cards", [append], command=key)
    assert done.outcome == "appended"
