"""The hierarchy, intents and what dealers sell, through the real consumer: doubled, split and rebuilt, as the stores say."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from services.cards.domain.intent import intent_id, intent_stream
from services.cards.read_models.hierarchy import HIERARCHY
from services.cards.read_models.intents import INTENTS
from services.cards.read_models.sub_sales import SUB_SALES
from shared.contracts.event import Event
from shared.contracts.intents import IntentGraded, IntentLost, IntentOpened, IntentWon
from shared.contracts.money import Money
from shared.contracts.relations import AttachedToDealer, DetachedFromDealer
from shared.contracts.transactions import SubSaleReported
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import record

MODELS = (HIERARCHY, INTENTS, SUB_SALES)
START = date(2026, 1, 1)


async def test_doubled_and_split_deliveries_change_nothing(api: Cards, pool_of: PoolOf) -> None:
    """INVARIANT: rows and positions move together and a repeat is dropped; breaks when either is written without the other."""
    for stream, customer, event in _happenings(random.Random(3)):
        await record(api.pool, "cards", [(stream, customer, event)])
    await follow_to_the_end(api.pool, "cards", {"cards": api.pool}, MODELS, seed=7)
    stores = {"cards": api.pool}
    assert await verify_read_models(api.pool, "cards", MODELS, stores) == []
    counts = [await api.pool.fetchval(f"SELECT count(*) FROM cards.{model.name}_a") for model in MODELS]
    assert min(counts) > 10
    assert await api.pool.fetchval("SELECT count(*) FROM cards.parked") == 0
    rebuilder = await pool_of(api.database, "cards_rebuild")
    for model in MODELS:
        done = await rebuild(pool=rebuilder, schema="cards", model=model, stores={"cards": rebuilder})
        assert (done.slot, done.compared) == ("b", True)


def _happenings(chance: random.Random) -> list[tuple[str, UUID, Event]]:
    customers = [uuid4() for _ in range(12)]
    found: list[tuple[str, UUID, Event]] = []
    for n in range(150):
        customer, other = chance.sample(customers, 2)
        day = START + timedelta(days=chance.randrange(90))
        card = f"card-{customer}"
        match chance.randrange(6):
            case 0 | 1:
                found.append((card, customer, AttachedToDealer(customer_id=customer, dealer_id=other, since=day)))
            case 2:
                found.append((card, customer, DetachedFromDealer(customer_id=customer, dealer_id=other, until=day)))
            case 3:
                found += [(intent_stream(intent_id(str(n))), customer, event) for event in _intent(customer, n, day, chance)]
            case _:
                net = Money(Decimal(chance.randrange(1, 500)), chance.choice(["CNY", "JPY"]))
                sale = SubSaleReported(
                    customer_id=customer, source="erp", source_event_id=str(n), dealer_id=other, sold_on=day, net=net
                )
                found.append((f"subsales-{customer}", customer, sale))
    return found


def _intent(customer: UUID, n: int, day: date, chance: random.Random) -> list[Event]:
    of = intent_id(str(n))
    events: list[Event] = [
        IntentOpened(intent_id=of, customer_id=customer, number=str(n), intent_class="TRUCK", grade="C", opened_on=day),
        IntentGraded(intent_id=of, customer_id=customer, intent_class="TRUCK", grade="B"),
        chance.choice(
            [
                IntentWon(intent_id=of, customer_id=customer, won_on=day),
                IntentLost(intent_id=of, customer_id=customer, lost_on=day, reason="PRICE"),
            ]
        ),
    ]
    return events[: chance.randrange(1, 4)]
