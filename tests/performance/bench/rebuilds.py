"""Bar 8: all read models of a service made anew in one pass, beside reading and decoding the same rows."""

from __future__ import annotations

import time

from services.classification.read_models import READ_MODELS
from shared.contracts.topics import SERVICES
from shared.postgres.pool import create_pool
from shared.process.running import tune_for_batches
from shared.projections.rebuild import rebuild_all
from shared.testing.databases import Database
from tests.performance.baselines.reading import decode_seconds
from tests.performance.bench.filling import append_all
from tests.performance.bench.harness import Case, Measured, Size, in_turns
from tests.performance.bench.ledger import relaying
from tests.performance.bench.place import Place
from tests.performance.bench.sale_facts import sale_facts

SCHEMA = "classification"
STATEMENT_MS = 300_000


async def measure(place: Place, size: Size) -> list[Measured]:
    facts = sale_facts(size.of(100_000, 2_000))
    tune_for_batches()
    async with place.database() as database:
        cards = await create_pool(database.dsn("cards"), name="bench rebuild", statement_timeout_ms=STATEMENT_MS)
        try:
            await append_all(cards, facts)
            async with relaying(database, None):

                async def ours() -> float:
                    return len(facts) / await rebuild_seconds(database)

                async def reading() -> float:
                    seconds, events = await decode_seconds(cards, "cards")
                    return events / seconds

                found = await in_turns([Case("rebuild", ours), Case("read and decode", reading)], size.rounds)
        finally:
            cards.terminate()
    return [Measured("8", found["rebuild"], found["read and decode"], {"read models": len(READ_MODELS)})]


async def rebuild_seconds(database: Database) -> float:
    """Seconds for all read models, each compared with the live one and swapped, as `regulars rebuild classification all` does it."""
    pools = {
        service: await create_pool(
            database.dsn(f"{service}_rebuild"), max_size=4, statement_timeout_ms=STATEMENT_MS, name="bench rebuild"
        )
        for service in SERVICES
    }
    try:
        began = time.perf_counter()
        await rebuild_all(pool=pools[SCHEMA], schema=SCHEMA, models=READ_MODELS, stores=pools, anew=True)
        return time.perf_counter() - began
    finally:
        for pool in pools.values():
            pool.terminate()
