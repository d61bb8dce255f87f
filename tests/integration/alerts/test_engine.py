"""The engine on a real database: restarts, twins, poison, and the stores as the truth that its rows are checked against."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.alerts.domain import watched_customer
from services.alerts.domain.rules import ALL_RULES
from services.alerts.engine import items, refold
from services.alerts.engine import part as engine_part
from services.alerts.engine.rebuild import folds_due, rebuild_customers
from services.alerts.engine.refold import compare
from services.alerts.engine.run import watch
from services.alerts.engine.step import step
from services.alerts.settings import Settings
from shared.contracts.alerts import AlertOpened, WentLive
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_TRANSACTIONS, CLASSIFICATION_EVENTS
from shared.contracts.transactions import SaleRecorded
from shared.feed.feed import Membership, PartsChanged
from shared.feed.store import StoreFeed
from shared.kafka.producer import batch_producer
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool
from shared.projections.parking import ask_retry
from shared.relay.leader import lead
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.alerts.conftest import (
    ZONE,
    PoolOf,
    ago,
    control,
    invoice,
    leading,
    payment,
    sale,
    sales,
    today,
    working_service,
)
from tests.integration.running import record, settings_of
from tests.unit.alerts.telling import sayings
from tests.unit.alerts.trade import Trade


class Fixed:
    """All parts belong to this process; two of them at once are twins."""

    def __init__(self, parts: Iterable[int] = range(PARTS)) -> None:
        self.parts = frozenset(parts)

    async def owned(self) -> frozenset[int]:
        return self.parts

    def on_change(self, changed: PartsChanged) -> None:
        changed(self.parts)

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def report(self, next_offsets: object) -> None:
        """Nobody looks."""

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def engine(pools: dict[str, Pool], membership: Membership | None = None) -> AsyncIterator[asyncio.Task[None]]:
    loop = watch(pool=pools["alerts"], feed=StoreFeed(pools), membership=membership or Fixed(), zone=ZONE, stores=pools)
    async with running(loop) as task:
        yield task


@asynccontextmanager
async def running(loop: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(loop)
    try:
        yield task
    finally:
        if task.done():
            task.result()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def pools(database: Database, pool_of: PoolOf) -> AsyncIterator[dict[str, Pool]]:
    services = ("cards", "classification", "complaints", "alerts")
    async with leading(*((service, database.dsn(service)) for service in services)):
        yield {service: await pool_of(database, service) for service in services}


async def tell(pools: dict[str, Pool], customer: UUID, *events: Event) -> None:
    await record(pools["cards"], "cards", [(f"ledger-{customer}", customer, event) for event in events])


async def go_live(pools: dict[str, Pool]) -> None:
    await control(pools["alerts"], "alerts", "go-live", WentLive(live_on=today()))


async def said(pools: dict[str, Pool]) -> list[tuple[str, str]]:
    rows = await pools["alerts"].fetch(
        "SELECT split_part(type, '.', 3) AS what, customer_id FROM alerts.events WHERE customer_id IS NOT NULL ORDER BY gen, xid, pos"
    )
    return [(row["what"], str(row["customer_id"])) for row in rows]


async def told(pools: dict[str, Pool], *expected: tuple[str, UUID]) -> None:
    wanted = sorted((f"alert-{what}", str(customer)) for what, customer in expected)

    async def there() -> bool:
        found = sorted(await said(pools))
        assert found == wanted, found
        return True

    await eventually(there, timeout=15)


async def test_an_engine_that_is_stopped_goes_on_where_it_was(pools: dict[str, Pool]) -> None:
    first, second = uuid4(), uuid4()
    await tell(pools, first, *sales(first, ago(45)), invoice(first, "1", ago(20)))
    async with engine(pools):
        await go_live(pools)
        await told(pools, ("opened", first), ("opened", first))
    await tell(pools, second, invoice(second, "2", ago(20)))
    await tell(pools, first, sale(first, today()))
    async with engine(pools):
        await told(pools, ("opened", first), ("opened", first), ("recovered", first), ("opened", second))
        await tell(pools, second, payment(second, "p1"))
        await told(pools, ("opened", first), ("opened", first), ("recovered", first), ("opened", second), ("recovered", second))


async def test_twins_say_everything_once(pools: dict[str, Pool]) -> None:
    """INVARIANT: broken by writing without comparing the place's revision."""
    customers = [uuid4() for _ in range(8)]
    async with engine(pools), engine(pools), engine(pools):
        for number, customer in enumerate(customers):
            await tell(pools, customer, *sales(customer, ago(45)), invoice(customer, str(number), ago(20)))
        await go_live(pools)
        await told(pools, *((("opened", customer)) for customer in customers for _ in range(2)))
        for customer in customers:
            await tell(pools, customer, sale(customer, today()))
        expected = [(what, customer) for customer in customers for what in ("opened", "opened", "recovered")]
        await told(pools, *expected)
    assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []


async def test_rows_are_what_the_stores_give_and_a_changed_row_is_found(pools: dict[str, Pool]) -> None:
    customers = [uuid4() for _ in range(5)]
    async with engine(pools):
        for number, customer in enumerate(customers):
            await tell(pools, customer, *sales(customer, ago(45 * number)), invoice(customer, str(number), ago(7 * number)))
        await go_live(pools)
        await eventually(lambda: _count(pools, "alert-opened"), timeout=15)
        await eventually(lambda: _all_live(pools), timeout=15)
        assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []
    await pools["alerts"].execute(
        "UPDATE alerts.watched_customers_a SET next_due_at = now() WHERE customer_id = $1", customers[0]
    )
    found = await compare(pools["alerts"], pools, ZONE, range(PARTS))
    assert [(one.customer_id, one.field) for one in found] == [(customers[0], "timer")]


@pytest.mark.parametrize("running_meanwhile", [False, True])
async def test_an_update_folds_the_customers_anew_and_tells_what_its_rules_find(
    pools: dict[str, Pool], monkeypatch: pytest.MonkeyPatch, running_meanwhile: bool
) -> None:
    """An older installation had no rule of overdue debt and remembered less: afterwards all is as if it had always been."""
    owing, silent = uuid4(), uuid4()
    fewer = tuple(rule for rule in ALL_RULES if rule.kind == "silence")
    with monkeypatch.context() as older:
        older.setattr(engine_part, "step", partial(step, rules=fewer))
        async with engine(pools):
            await tell(pools, owing, invoice(owing, "1", ago(20)))
            await tell(pools, silent, *sales(silent, ago(45)))
            await go_live(pools)
            await told(pools, ("opened", silent))
            await eventually(lambda: _all_live(pools), timeout=15)
    await pools["alerts"].execute("UPDATE alerts.positions SET extra = extra - 'fold' WHERE read_model = 'watched_customers'")
    async with pools["alerts"].acquire() as conn:
        assert await folds_due(conn, range(PARTS))

    if running_meanwhile:
        async with engine(pools):
            await rebuild_customers(pools["alerts"], pools, ZONE, range(PARTS))
            await tell(pools, silent, sale(silent, today()))
            await told(pools, ("opened", silent), ("opened", owing), ("recovered", silent))
    else:
        await rebuild_customers(pools["alerts"], pools, ZONE, range(PARTS))
        await told(pools, ("opened", silent), ("opened", owing))
    async with pools["alerts"].acquire() as conn:
        assert not await folds_due(conn, range(PARTS))
    assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []
    await rebuild_customers(pools["alerts"], pools, ZONE, range(PARTS))
    assert len(await said(pools)) == (3 if running_meanwhile else 2), "said once"


async def test_what_older_rules_warned_of_ends_with_an_update_that_finds_nothing(
    pools: dict[str, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would stand open for ever: the rows of today do not know of it."""
    owing = uuid4()
    async with engine(pools):
        await tell(pools, owing, invoice(owing, "1", ago(20)))
        await go_live(pools)
        await told(pools, ("opened", owing))
        await eventually(lambda: _all_live(pools), timeout=15)
    fewer = tuple(rule for rule in ALL_RULES if rule.id != "overdue_debt")
    with monkeypatch.context() as newer:
        newer.setattr(refold, "step", partial(step, rules=fewer))
        await rebuild_customers(pools["alerts"], pools, ZONE, range(PARTS))
        await told(pools, ("opened", owing), ("recovered", owing))
        await rebuild_customers(pools["alerts"], pools, ZONE, range(PARTS))
        await told(pools, ("opened", owing), ("recovered", owing))


async def _count(pools: dict[str, Pool], what: str) -> int:
    return sum(1 for found, _ in await said(pools) if found == what)


async def _all_live(pools: dict[str, Pool]) -> bool:
    live = await pools["alerts"].fetchval(
        "SELECT count(*) FROM alerts.positions WHERE read_model = 'watched_customers' AND extra->'control' ? 'live_on'"
    )
    return bool(live == PARTS)


async def test_a_customer_that_cannot_be_folded_is_parked_and_tried_again(
    pools: dict[str, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, neighbour = uuid4(), uuid4()
    fold = watched_customer.evolve

    def failing(before: watched_customer.WatchedCustomer, envelope: Envelope, recorded_on: object) -> object:
        if before.customer_id == poisoned and isinstance(envelope.event, SaleRecorded):
            raise ZeroDivisionError
        return fold(before, envelope, recorded_on)  # type: ignore[arg-type]

    async with engine(pools) as task:
        await tell(pools, poisoned, invoice(poisoned, "1", ago(20)))
        await go_live(pools)
        await told(pools, ("opened", poisoned))
        monkeypatch.setattr(watched_customer, "evolve", failing)
        await tell(pools, poisoned, sale(poisoned, ago(60)), payment(poisoned, "p1"))
        await tell(pools, neighbour, invoice(neighbour, "2", ago(20)))
        await told(pools, ("opened", poisoned), ("opened", neighbour))

        async def parked() -> list[str]:
            rows = await pools["alerts"].fetch("SELECT key, cause FROM alerts.parked")
            return [f"{row['key']} {row['cause']}" for row in rows]

        assert await eventually(parked) == [f"{poisoned} ZeroDivisionError"]
        due = "SELECT next_due_at FROM alerts.watched_customers_a WHERE customer_id = $1"
        assert await pools["alerts"].fetchval(due, poisoned) is None
        assert await pools["alerts"].fetchval(due, neighbour) is not None
        async with pools["alerts"].acquire() as c:
            await ask_retry(c, "alerts")
        await eventually(lambda: _tried_again(pools))
        assert await parked() == [f"{poisoned} ZeroDivisionError"]
        monkeypatch.setattr(watched_customer, "evolve", fold)
        async with pools["alerts"].acquire() as c:
            await ask_retry(c, "alerts")
        # What is said now is for items from the parked one on: the debt's opening is not said again.
        await told(pools, ("opened", poisoned), ("opened", neighbour), ("opened", poisoned), ("recovered", poisoned))
        assert await parked() == []
        await tell(pools, poisoned, sale(poisoned, today()))
        await eventually(lambda: _count(pools, "alert-recovered"))
        assert not task.done()
    assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []


async def _tried_again(pools: dict[str, Pool]) -> bool:
    return not await pools["alerts"].fetchval("SELECT bool_or(retry) FROM alerts.parked")


async def test_a_service_that_stands_still_delays_alerts_and_makes_none(database: Database, pool_of: PoolOf) -> None:
    """INVARIANT: nothing is taken before every topic's watermark has passed it; complaints may hold a dispute."""
    pools = {service: await pool_of(database, service) for service in ("cards", "classification", "complaints", "alerts")}
    customer = uuid4()
    async with leading(*((one, database.dsn(one)) for one in ("cards", "classification", "alerts"))), engine(pools):
        await tell(pools, customer, invoice(customer, "1", ago(20)))
        await go_live(pools)
        await eventually(
            lambda: pools["cards"].fetchval(
                "SELECT max(e.recorded_at) < w.t FROM cards.published_events e, cards.published_watermark w GROUP BY w.t"
            )
        )
        await asyncio.sleep(0.5)
        assert await said(pools) == []
        async with leading(("complaints", database.dsn("complaints"))):
            await told(pools, ("opened", customer))


async def test_a_timer_fires_when_the_watermarks_have_passed_the_company_s_midnight(pools: dict[str, Pool]) -> None:
    """The company's midnight is four seconds ahead; the customer's line is passed with it."""
    now = datetime.now(UTC)
    soon = timezone(timedelta(seconds=86_396 - (now - now.replace(hour=0, minute=0, second=0, microsecond=0)).seconds))
    tomorrow = now.astimezone(soon).date() + timedelta(days=1)
    trade, customer = Trade(), uuid4()
    trade.went_live(date(2025, 1, 1))
    last = trade.sold_every(10, date(2025, 1, 2), 12)
    due = sayings(trade, last + timedelta(days=100))[0].event
    assert isinstance(due, AlertOpened)
    silent = due.finding.true_on - last
    task = watch(pool=pools["alerts"], feed=StoreFeed(pools), membership=Fixed(), zone=cast(ZoneInfo, soon), stores=pools)
    async with running(task):
        await tell(pools, customer, *sales(customer, tomorrow - silent))
        await go_live(pools)
        await told(pools, ("opened", customer))
    body = await pools["alerts"].fetchrow(
        "SELECT body->'finding'->>'true_on' AS on, occurred_at FROM alerts.events WHERE customer_id = $1", customer
    )
    assert body is not None
    assert body["on"] == tomorrow.isoformat()
    assert body["occurred_at"] == datetime.combine(tomorrow, time.min, soon)
    assert await compare(pools["alerts"], pools, cast(ZoneInfo, soon), range(PARTS)) == []


async def _foreign_bytes(kafka: KafkaSettings, part: int) -> None:
    """What somebody else wrote onto our topic: kept as it came, and in nobody's way."""
    producer = batch_producer(kafka, "somebody")
    await producer.start()
    try:
        await producer.send_and_wait(kafka.prefix + CARDS_TRANSACTIONS, b"\xff\x00", partition=part)
    finally:
        await producer.stop()


async def test_over_kafka_it_says_the_same(database: Database, pool_of: PoolOf, kafka: KafkaSettings, tmp_path: Path) -> None:
    pools = {service: await pool_of(database, service) for service in ("cards", "classification", "complaints", "alerts")}
    customers = [uuid4() for _ in range(3)]
    values = settings_of(database, "alerts", tmp_path)
    settings = Settings(**{**values, "feed": "kafka", "kafka_bootstrap": kafka.bootstrap, "kafka_prefix": kafka.prefix})
    for number, customer in enumerate(customers):
        await tell(pools, customer, *sales(customer, ago(45)), invoice(customer, str(number), ago(20)))
    relays = [
        asyncio.create_task(lead(service=service, dsn=database.dsn(service), kafka=kafka, now=lambda: datetime.now(UTC)))
        for service in ("cards", "classification", "complaints")
    ]
    try:
        async with working_service(settings):
            await go_live(pools)

            async def opened() -> bool:
                return await _count(pools, "alert-opened") == 6

            await eventually(opened, timeout=30)
            await _foreign_bytes(kafka, part_of(str(customers[0]), PARTS))
            await tell(pools, customers[0], sale(customers[0], today()))
            await eventually(lambda: _count(pools, "alert-recovered"), timeout=20)
            kept = await pools["alerts"].fetch("SELECT topic, raw FROM alerts.raw_records")
            assert [tuple(row) for row in kept] == [(CARDS_TRANSACTIONS, b"\xff\x00")]
    finally:
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)
    assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []


async def test_an_installation_that_read_fewer_topics_goes_on_and_takes_the_new_one(
    pools: dict[str, Pool], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, other = uuid4(), uuid4()
    await tell(pools, customer, invoice(customer, "1", ago(20)))
    with monkeypatch.context() as before:
        before.setattr(items, "PART_TOPICS", tuple(topic for topic in items.PART_TOPICS if topic != CLASSIFICATION_EVENTS))
        async with engine(pools):
            await go_live(pools)
            await told(pools, ("opened", customer))
    graded = CreditGraded(customer_id=other, run_id=uuid4(), standard_version=0, graded_on=ago(1), grade="SHRINK", points=3)
    async with engine(pools):
        await record(pools["classification"], "classification", [(f"credit-grade-{other}", other, graded)])
        await told(pools, ("opened", customer), ("opened", other))
    assert await compare(pools["alerts"], pools, ZONE, range(PARTS)) == []
