"""The read models of cards through the real consumer: doubled, split and rebuilt, they are what the stores say."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from services.cards.read_models import READ_MODELS
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.cursor import TopicPart
from shared.contracts.money import Money
from shared.feed.feed import Batch, Start
from shared.feed.store import StoreFeed
from shared.postgres.pool import Pool
from shared.projections.rebuild import rebuild
from shared.projections.runner import consume
from shared.projections.verify import verify_read_models
from shared.testing.eventually import eventually
from shared.testing.following import GivenParts
from tests.integration.cards.conftest import Cards, PoolOf, sale
from tests.integration.running import record


class Stuttering:
    """A feed that cuts every batch into small ones and gives most of them twice, now and then with what came before."""

    def __init__(self, feed: StoreFeed, seed: int) -> None:
        self.feed, self.chance = feed, random.Random(seed)

    async def read(self, max_records: int, timeout: float) -> list[Batch]:
        found: list[Batch] = []
        for batch in await self.feed.read(max_records, timeout):
            records = batch.records
            while records:
                size = self.chance.randrange(1, 4)
                piece, records = records[:size], records[size:]
                found += [Batch(batch.topic, batch.part, list(piece), None)] * self.chance.choice([1, 2, 2])
                if self.chance.random() < 0.3:
                    found.append(Batch(batch.topic, batch.part, batch.records[: len(batch.records) - len(records)], None))
        return found

    async def assign(self, starts: Mapping[TopicPart, Start]) -> None:
        await self.feed.assign(starts)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feed, name)


async def _trade(api: Cards, complaints: Pool) -> None:
    chance = random.Random(5)
    for n in range(12):
        await api.post(
            "/v1/customers", {"kind": "COMPANY", "name": f"Company {n}", "external_ids": [{"system": "erp", "value": f"K-{n}"}]}
        )
    items: list[dict[str, Any]] = []
    for n in range(300):
        common = {
            "source": "erp",
            "source_event_id": f"X-{n}",
            "customer": {"system": "erp", "value": f"K-{chance.randrange(16)}"},
        }
        amount = {"amount": f"{chance.randrange(1, 500)}.00", "currency": chance.choice(["CNY", "JPY"]).strip()}
        if amount["currency"] == "JPY":
            amount["amount"] = amount["amount"].removesuffix(".00")
        day = date(2026, chance.randrange(1, 9), chance.randrange(1, 28)).isoformat()
        match chance.randrange(4):
            case 0:
                items.append({"type": "payment", **common, "received_on": day, "amount": amount})
            case 1:
                items.append({**common, "type": "sale", "sold_on": day, "net": amount})
            case _:
                items.append(
                    {"type": "invoice", **common, "number": str(n), "issued_on": day, "due_on": "2026-10-01", "amount": amount}
                )
    answer = await api.post("/v1/transactions/bulk", items)
    assert answer.json()["summary"] == {"total": 300, "recorded": 300}
    customers = {UUID(item["customer_id"]) for item in answer.json()["items"]}
    for customer in sorted(customers)[:6]:
        complaint = uuid4()
        received = ComplaintReceived(
            complaint_id=complaint,
            customer_id=customer,
            kind="QUALITY",
            channel="WEB",
            received_on=date(2026, 5, 5),
            claimed=Money(Decimal(40), "CNY"),
        )
        await record(complaints, "complaints", [(f"complaint-{complaint}", customer, received)])
    await api.erase(min(customers))


async def test_doubled_and_split_deliveries_change_nothing(api: Cards, pool_of: PoolOf) -> None:
    """INVARIANT: rows and positions move together and a repeat is dropped; breaks when either is written without the other."""
    pools = {"cards": api.pool}
    pools |= {service: await pool_of(api.database, service) for service in ("classification", "complaints", "alerts")}
    await _trade(api, pools["complaints"])
    feed = Stuttering(StoreFeed(pools), seed=11)
    task = asyncio.create_task(
        consume(
            pool=api.pool, schema="cards", feed=feed, membership=GivenParts(), models=READ_MODELS, stores=pools, max_records=40
        )
    )
    try:
        rows = await eventually(_all_there(api, await _expected(api)), timeout=40)
        assert rows
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert await api.pool.fetchval("SELECT count(*) FROM cards.parked") == 0
    assert await verify_read_models(api.pool, "cards", READ_MODELS, pools) == []
    rebuilder = await pool_of(api.database, "cards_rebuild")
    for model in READ_MODELS:
        done = await rebuild(pool=rebuilder, schema="cards", model=model, stores=dict.fromkeys(pools, rebuilder))
        assert done.slot == "b"
    assert await verify_read_models(api.pool, "cards", READ_MODELS, pools) == []


async def _expected(api: Cards) -> tuple[int, int, int]:
    cards = await api.pool.fetchval("SELECT count(DISTINCT stream) FROM cards.events WHERE stream LIKE 'card-%'")
    money = "('regulars.cards.invoice-issued.v1', 'regulars.cards.payment-received.v1')"
    facts = await api.pool.fetchval(f"SELECT count(*) FROM cards.events WHERE type IN {money}")
    return cards - 1, facts, 6


def _all_there(api: Cards, expected: tuple[int, int, int]) -> Any:
    async def probe() -> bool:
        found = await api.pool.fetchrow(
            """SELECT (SELECT count(*) FROM cards.customers_a) AS customers,
                      coalesce(sum(jsonb_array_length(account::jsonb -> 'facts')), 0) AS facts,
                      coalesce(sum(jsonb_array_length(claims::jsonb -> 'claims')), 0) AS claims FROM cards.receivables_a"""
        )
        return tuple(found) == expected

    return probe


async def test_work_keeps_the_lists_up(cards: Cards, pool_of: PoolOf) -> None:
    first = await cards.post("/v1/sales", sale())
    position = (await cards.post("/v1/customers", {"kind": "COMPANY", "name": "Lotus"})).headers["Regulars-Position"]
    answer = await cards.get("/v1/customers", min_position=position, name_prefix="lo")
    assert [item["name"] for item in answer.json()["items"]] == ["Lotus"]
    assert first.status_code == 201
    malformed = await cards.get("/v1/customers", min_position="somewhere")
    assert (malformed.status_code, malformed.json()["code"]) == (400, "POSITION_INVALID")
    never = await cards.get("/v1/customers", min_position="regulars.cards.events.v1/0/1.99999999999.1")
    assert (never.status_code, never.json()["code"]) == (503, "POSITION_NOT_REACHED")
