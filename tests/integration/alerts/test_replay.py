"""Replay equals live on a real database: restarts, batches of one, both feeds, and the log computed anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from deploy.replay.installation import Log, read_log
from deploy.replay.ways import WAYS, digest, said_by
from services.alerts.engine import part
from services.alerts.engine.run import watch
from shared.contracts.alerts import RulePublished, WentLive
from shared.contracts.cards import SourceCompletedThrough, SourceOpened
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.cursor import PARTS
from shared.contracts.transactions import InvoiceRef
from shared.feed.feed import Feed
from shared.feed.kafka import KafkaFeed
from shared.feed.store import StoreFeed
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool, create_pool
from shared.relay.leader import lead
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import ZONE, PoolOf, ago, cny, control, invoice, payment, sale, sales, today
from tests.integration.alerts.test_engine import Fixed, running
from tests.integration.running import record

SERVICES = ("cards", "complaints", "classification", "alerts")
Pools = Mapping[str, Pool]


async def a_story(pools: Pools) -> None:
    """Customers of many parts that buy, owe, dispute, fall silent and come back, around going live and a new rule version."""
    customers = [uuid4() for _ in range(16)]
    await control(pools["cards"], "cards", "source", SourceOpened(source="branch", fact_kind="sales"))
    for number, customer in enumerate(customers):
        facts = [*sales(customer, ago(20 + 3 * number), every=5 + number), invoice(customer, f"{number}", ago(4 * number))]
        await record(pools["cards"], "cards", [(f"ledger-{customer}", customer, event) for event in facts])
    await control(pools["alerts"], "alerts", "go-live", WentLive(live_on=today()))
    for number, customer in enumerate(customers):
        late = [sale(customer, ago(60 + 9 * i), "branch") for i in reversed(range(4))] if number % 3 == 0 else []
        paid = [payment(customer, f"p{number}")] if number % 2 else [sale(customer, today())]
        await record(pools["cards"], "cards", [(f"ledger-{customer}", customer, event) for event in (*late, *paid)])
        if number % 4 == 0:
            claim = ComplaintReceived(
                complaint_id=uuid4(),
                customer_id=customer,
                kind="QUALITY",
                channel="LETTER",
                received_on=ago(1),
                claimed=cny("300.00"),
                invoices=(InvoiceRef("erp", str(number)),),
            )
            await record(pools["complaints"], "complaints", [(f"complaint-{claim.complaint_id}", customer, claim)])
    await control(pools["cards"], "cards", "source", SourceCompletedThrough(source="branch", fact_kind="sales", day=ago(1)))
    strict = RulePublished(rule_id="overdue_debt", version=2, parameters={"watch_days": Decimal(3), "act_days": Decimal(20)})
    await control(pools["alerts"], "alerts", "rule-overdue_debt", strict)


@asynccontextmanager
async def relays(database: Database, kafka: KafkaSettings | None = None, late: float = 0.0) -> AsyncIterator[None]:
    """The relays of all services. `late`: each works for a moment and stands still for up to so many seconds, now this one, now that,
    so that topics and their watermarks come late against each other; in the end all work on."""
    chance = Random(7)

    async def one(service: str) -> None:
        def leading() -> Coroutine[Any, Any, None]:
            return lead(service=service, dsn=database.dsn(service), kafka=kafka, now=lambda: datetime.now(UTC))

        for _ in range(3 if late else 0):
            await asyncio.sleep(chance.uniform(0, late))
            with suppress(TimeoutError):
                await asyncio.wait_for(leading(), timeout=chance.uniform(0.2, 0.6))
        await leading()

    tasks = [asyncio.create_task(one(service)) for service in SERVICES]
    try:
        yield
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def judged(pools: Pools, feed: Callable[[], Feed], *, restart_after: float | None = None, patience: float = 60.0) -> Log:
    """Let an engine judge everything that is in the stores, and read what it said. With `restart_after` it is stopped every so
    many seconds and another one goes on. Raises TimeoutError after `patience` seconds."""
    last = await pools["alerts"].fetchval(
        "SELECT max(t) FROM ("
        + " UNION ALL ".join(f"SELECT max(recorded_at) AS t FROM {service}.published_events" for service in SERVICES)
        + ") x"
    )

    async def there() -> bool:
        done = await pools["alerts"].fetchval(
            "SELECT count(*) FROM alerts.positions WHERE read_model = 'watched_customers' AND (extra->>'through')::timestamptz > $1",
            last,
        )
        return bool(done == PARTS)

    deadline = asyncio.get_running_loop().time() + patience
    while True:
        engine = watch(pool=pools["alerts"], feed=feed(), membership=Fixed(), zone=ZONE, stores=pools)
        async with running(engine):
            if restart_after is None:
                await eventually(there, timeout=patience)
            else:
                await asyncio.sleep(restart_after)
        if await there():
            return await read_log(pools, ZONE)
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not judged within {patience:g} s")


async def forget(database: Database) -> None:
    """As if no engine had ever worked here: what it said, its rows and its places are gone; the facts stay."""
    admin = await create_pool(database.dsn("postgres"), name="test admin")
    try:
        await admin.execute("DELETE FROM alerts.events WHERE customer_id IS NOT NULL")
        await admin.execute("TRUNCATE alerts.watched_customers_a, alerts.watched_customers_b")
        await admin.execute("DELETE FROM alerts.positions WHERE read_model = 'watched_customers'")
    finally:
        await admin.close()


def until(log: Log, through: datetime) -> str:
    """What was said before a moment: a midnight may pass between two runs."""
    return digest(one for one in log.said if one.at < through)


async def test_the_same_stores_give_the_same_alerts_over_both_feeds_with_restarts_and_any_batches(
    database: Database, pool_of: PoolOf, kafka: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INVARIANT: every alert, every id, every figure and moment; what differs would be said twice, or never."""
    pools = {service: await pool_of(database, service) for service in SERVICES}

    def store() -> Feed:
        return StoreFeed(pools)

    async with relays(database):
        await a_story(pools)
        first = await judged(pools, store)
        live, through = digest(first.said), first.through
        assert {one.event.type.split(".")[2] for one in first.said} >= {"alert-opened", "alert-worsened", "alert-recovered"}
        for way in WAYS[1], WAYS[7]:
            assert digest(said_by(first.items, way, through, ZONE)) == live, way

        await forget(database)
        monkeypatch.setattr(part, "MAX_ITEMS", 1)
        monkeypatch.setattr(part, "MAX_TIMERS", 1)
        assert until(await judged(pools, store, restart_after=0.7), through) == live
        monkeypatch.undo()

    await forget(database)
    async with relays(database, kafka, late=2.0):
        second = await judged(pools, lambda: KafkaFeed(kafka, f"replay-{uuid4()}"), restart_after=4.0)
        assert until(second, through) == live
