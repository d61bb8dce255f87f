"""What is read from the log by whole pieces: the same in any pieces, when read again, and no matter how often it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.engine.step import Watched
from services.alerts.read_models import log_places
from services.alerts.read_models.bought_articles import bought_lately, read_bought_articles
from services.alerts.read_models.spoken_days import read_spoken_days, spoken_days
from services.alerts.read_models.watched_customers import columns_of, read_places, upsert
from shared.contracts.cursor import part_of
from shared.contracts.event import Event
from shared.contracts.transactions import SaleLine, SaleRecorded
from shared.feed.scan import horizon
from shared.postgres.pool import Pool
from shared.testing.databases import Database
from tests.integration.alerts.conftest import ago, cny, invoice, payment, today
from tests.integration.running import record

PoolOf = Callable[[Database, str], Awaitable[Pool]]


def sale(customer: UUID, source: str, on: date, *articles: str) -> SaleRecorded:
    lines = tuple(SaleLine(article=article, quantity=cny("1").amount, net=cny("1").amount) for article in articles)
    return SaleRecorded(
        customer_id=customer, source=source, source_event_id=str(uuid4()), sold_on=on, net=cny(f"{len(lines)}.00"), lines=lines
    )


def traded(customer: UUID, random: Random) -> list[tuple[str, UUID, Event]]:
    stream = f"ledger-{customer}"
    found: list[tuple[str, UUID, Event]] = []
    for n in range(12):
        articles = [f"A-{random.randrange(9)}" for _ in range(random.randrange(4))]
        source = random.choice(("erp", "shop"))
        found.append((stream, customer, sale(customer, source, ago(random.randrange(400)), *articles)))
        found.append((stream, customer, invoice(customer, f"{customer}-{n}", ago(random.randrange(100)))))
        found.append((stream, customer, payment(customer, f"{customer}-{n}")))
    return found


def sales_of(told: list[tuple[str, UUID, Event]]) -> list[SaleRecorded]:
    return [event for _, _, event in told if isinstance(event, SaleRecorded)]


async def watched_since(pool: Pool, last: dict[UUID, date]) -> None:
    """Rows of the engine, as far as the day of the last purchase goes."""
    async with pool.acquire() as c:
        for customer, day in last.items():
            (place,) = await read_places(c, [part_of(str(customer))])
            await upsert(c, place, columns_of([Watched(WatchedCustomer(customer))]))
            await c.execute(
                f"UPDATE alerts.watched_customers_{place.slot} SET last_purchase_on = $2 WHERE customer_id = $1", customer, day
            )


@pytest.mark.parametrize("piece", [1, 7, 10_000])
async def test_days_and_articles_are_those_of_the_log_in_any_pieces(
    database: Database, pool_of: PoolOf, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_places, "PIECE", piece)
    random = Random(piece)
    cards, alerts = await pool_of(database, "cards"), await pool_of(database, "alerts")
    customers = [uuid4() for _ in range(4)]
    told: list[tuple[str, UUID, Event]] = []
    last: dict[UUID, date] = {}
    for _ in range(2):
        # Read on from where the first round has ended.
        for customer in customers:
            more = traded(customer, random)
            told += more
            await record(cards, "cards", more)
        last = {customer: max(one.sold_on for one in sales_of(told) if one.customer_id == customer) for customer in customers}
        await watched_since(alerts, last)
        for _ in range(2):
            await _read(cards, alerts)
        await _compare(alerts, told, last)
    async with alerts.acquire() as c:
        await c.execute("UPDATE alerts.log_places SET gen = 0, xid = 0, pos = 0")  # as after a process that had read less
    await _read(cards, alerts)
    await _compare(alerts, told, last)


async def _read(cards: Pool, alerts: Pool) -> None:
    async with cards.acquire() as c:
        through = await horizon(c, "cards")
    await read_spoken_days(alerts, cards, through)
    await read_bought_articles(alerts, cards, through, today())


async def _compare(alerts: Pool, told: list[tuple[str, UUID, Event]], last: dict[UUID, date]) -> None:
    async with alerts.acquire() as c:
        spoken = await spoken_days(c, ago(1000))
        lately = await bought_lately(c)
    wanted: set[tuple[Any, ...]] = {("sales", one.source, one.sold_on) for one in sales_of(told)}
    assert {one[:3] for one in spoken if one.fact_kind == "sales"} == wanted
    assert {one.fact_kind for one in spoken} == {"sales", "invoices", "payments"}
    for customer, day in last.items():
        articles = {
            line.article
            for one in sales_of(told)
            if one.customer_id == customer and (day - one.sold_on).days <= 180
            for line in one.lines
        }
        assert lately.get(customer, frozenset()) == articles


async def test_the_first_recording_of_a_day_stays(database: Database, pool_of: PoolOf) -> None:
    cards, alerts = await pool_of(database, "cards"), await pool_of(database, "alerts")
    customer, day = uuid4(), ago(3)
    firsts = []
    for _ in range(2):
        await record(cards, "cards", [(f"ledger-{customer}", customer, sale(customer, "erp", day))])
        await _read(cards, alerts)
        async with alerts.acquire() as c:
            firsts += [one.first_at for one in await spoken_days(c, ago(10))]
    assert len(firsts) == 2 and firsts[0] == firsts[1]
