"""Trade and collections fed by the worst feed are what the stores give, and so is their rebuild."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.trade import TRADE
from shared.contracts.cards import Basics, CustomerErased, CustomerRegistered, ExternalId, SalespersonAssigned, StubOpened
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import (
    CreditNoted,
    GoodsReturned,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    SaleRecorded,
)
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from shared.testing.databases import Database
from tests.integration.cards.conftest import PoolOf
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (TRADE, COLLECTED_MODEL)
FIRST = date(2021, 1, 1)


def _facts(customer: UUID, chance: Random) -> list[Event]:
    """Facts of five years in any order: some payments are reversed, some before they came."""
    found: list[Event] = []
    for n in range(chance.randrange(60)):
        of: dict[str, Any] = {"customer_id": customer, "source": "erp", "source_event_id": f"F-{n}"}
        on = FIRST + timedelta(days=chance.choice([chance.randrange(2000), 1900 + chance.randrange(100)]))
        amount = Money(Decimal(chance.randrange(1, 10**5)), chance.choice(["CNY", "JPY"]))
        match chance.randrange(7):
            case 0 | 1:
                found.append(SaleRecorded(**of, sold_on=on, net=amount))
            case 2:
                found.append(GoodsReturned(**of, returned_on=on, net=amount))
            case 3:
                found.append(InvoiceIssued(**of, number=f"F-{n}", issued_on=on, due_on=on, amount=amount))
            case 4:
                found.append(PaymentReceived(**of, received_on=on, amount=amount))
                if chance.random() < 0.4:
                    late = on + timedelta(days=chance.randrange(9))
                    of["source_event_id"] = f"R-{n}"
                    found.append(PaymentReversed(**of, payment=f"F-{n}", reversed_on=late))
            case 5:
                found.append(CreditNoted(**of, number=f"F-{n}", noted_on=on, amount=amount))
            case _:
                found.append(PaymentMade(**of, paid_on=on, amount=amount))
    chance.shuffle(found)
    return found


def _cards(customer: UUID, chance: Random) -> list[Event]:
    registered = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Lotus"), salesperson_id="wang")
    found: list[Event] = [registered]
    if chance.random() < 0.5:
        found.insert(0, StubOpened(customer_id=customer, external_id=ExternalId("erp", str(customer))))
    served = chance.choice([("li", "EAST"), ("wang", None), (None, "WEST")])
    found.append(SalespersonAssigned(customer_id=customer, salesperson_id=served[0], area_id=served[1]))
    if chance.random() < 0.2:
        found.append(CustomerErased(customer_id=customer, reason="REQUESTED"))
    return found


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    chance = Random(seed)
    cards = await pool_of(database, "cards")
    for _ in range(15):
        customer = uuid4()
        told = {f"ledger-{customer}": _facts(customer, chance), f"card-{customer}": _cards(customer, chance)}
        while any(told.values()):
            stream = chance.choice([name for name, events in told.items() if events])
            piece = [told[stream].pop(0) for _ in range(min(len(told[stream]), chance.randrange(1, 9)))]
            await record(cards, "cards", [(stream, customer, event) for event in piece])
    stores = {"cards": cards}
    await follow_to_the_end(cards, "cards", stores, MODELS, seed)
    assert await assert_as_the_stores_say(cards, "cards", stores, MODELS) == 30
    rebuilder = await pool_of(database, "cards_rebuild")
    for model in MODELS:
        await rebuild(pool=rebuilder, schema="cards", model=model, stores={"cards": rebuilder})
    assert await verify_read_models(cards, "cards", MODELS, stores) == []
