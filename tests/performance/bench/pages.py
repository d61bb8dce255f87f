"""Bar 11: pages of 50 of a million customers over HTTP; and figures over all of them, beside their bare query."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from uuid import UUID

import asyncpg
import httpx

from services.cards.read_models.card_health import CARD_HEALTH, figures
from services.cards.settings import Settings
from shared.contracts.cursor import PARTS
from shared.postgres.pool import create_pool
from shared.projections.fold import gained_by, total_gain
from shared.projections.rows import write_totals
from shared.testing.databases import Database
from tests.performance import customer_lists
from tests.performance.bench.harness import Case, Measured, Size, in_turns, percentile
from tests.performance.bench.load import drive, request
from tests.performance.bench.place import Place, Running
from tests.unit.cards.telling import told

_SELLERS = 100
_PAGES = 4
"""Pages of each salesperson's list, one after the other."""


async def measure(place: Place, size: Size) -> list[Measured]:
    customers, folded = size.of(1_000_000, 2_000), size.of(20_000, 1_000)
    sellers = size.of(_SELLERS, 3)
    async with place.database() as database, place.processes(database, ["cards-api"]) as running:
        settings = Settings(
            dsn=database.dsn("cards"), feed="store", secrets=running.folder, keys_file=running.folder / "keys.json", zone="UTC"
        )
        await customer_lists.fill(database, settings, folded)
        await multiply(database, customers)
        await fill_totals(database, customers)
        pool = await create_pool(database.dsn("cards"), max_size=1, name="bench pages")
        pages = [request("GET", path, running.key) for path in await paths(running, sellers)]
        totals = [request("GET", "/v1/card-health/salespeople?salesperson_id=seller-7", running.key)] * size.of(500, 10)

        async def p99_of(requests: Sequence[bytes]) -> float:
            seen = await drive(running.urls["cards"], requests, connections=1)
            assert set(seen.statuses) == {200}, seen.statuses
            return percentile(seen.milliseconds, 99)

        async def bare() -> float:
            times = []
            async with pool.acquire() as c:
                for _ in totals:
                    began = time.perf_counter()
                    await figures(c, "cards", "seller-7")
                    times.append((time.perf_counter() - began) * 1000)
            return percentile(times, 99)

        try:
            found = await in_turns(
                [
                    Case("page", lambda: p99_of(pages)),
                    Case("totals", lambda: p99_of(totals)),
                    Case("bare totals", bare),
                ],
                size.rounds,
            )
        finally:
            pool.terminate()
    return [
        Measured("11a", found["page"], None, {"customers": customers, "pages a round": len(pages)}),
        Measured("11b", found["totals"], found["bare totals"]),
    ]


async def multiply(database: Database, customers: int) -> None:
    """More customers of other salespeople. Only the pages of the first are read: what is sealed cannot be copied to another id."""
    admin = await asyncpg.connect(database.dsn("postgres"))
    try:
        columns = [row["attname"] for row in await admin.fetch(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'cards.customers_a'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )]  # fmt: skip
        there = await admin.fetchval("SELECT count(*) FROM cards.customers_a")
        others = ", ".join(name for name in columns if name not in ("customer_id", "salesperson_id"))
        copies = (customers - there) // there + 1
        await admin.execute(
            f"INSERT INTO cards.customers_a (customer_id, salesperson_id, {others})"
            f" SELECT gen_random_uuid(), 'other-' || n % 1000, {others}"
            f" FROM cards.customers_a CROSS JOIN generate_series(1, {copies}) AS n LIMIT {customers - there}"
        )
        await admin.execute("VACUUM ANALYZE cards.customers_a")
    finally:
        await admin.close()


async def fill_totals(database: Database, customers: int, folded: int = 2_000) -> None:
    """The figures over all cards, as if there were as many as wanted of those folded here."""
    dice, by_part = random.Random(5), [{} for _ in range(PARTS)]  # type: list[dict[Any, Any]]
    for n in range(folded):
        customer, row = UUID(int=dice.getrandbits(128), version=4), None
        for envelope in told(customer_lists.events(customer, n, dice), customer):
            row = CARD_HEALTH.evolve(row, envelope)
        by_part[n % PARTS][customer] = gained_by(CARD_HEALTH, None, row)
    pool = await create_pool(database.dsn("cards"), name="bench totals", statement_timeout_ms=60_000)
    try:
        async with pool.acquire() as c:
            for part, gains in enumerate(by_part):
                scaled = {slot: value * (customers // folded or 1) for slot, value in total_gain(gains.values()).items()}
                await write_totals(c, "cards", CARD_HEALTH, "a", {part: scaled})
    finally:
        pool.terminate()


async def paths(running: Running, sellers: int) -> list[str]:
    """Addresses of the pages, each behind the one before."""
    found = []
    headers = {"Authorization": f"Bearer {running.key}"}
    async with httpx.AsyncClient(base_url=running.urls["cards"], headers=headers, timeout=60, trust_env=False) as client:
        for seller in range(sellers):
            path = f"/v1/customers?salesperson_id=seller-{seller}&limit=50"
            for _ in range(_PAGES):
                found.append(path)
                answer = (await client.get(path)).raise_for_status().json()
                if "next" not in answer:
                    break
                path = answer["next"].removeprefix(running.urls["cards"])
    random.Random(1).shuffle(found)
    return found
