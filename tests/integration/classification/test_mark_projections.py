"""The read models behind marks, fed by the worst feed, are those that the stores give."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.classification.read_models.customer_grades import CUSTOMER_GRADES
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.mark_statements import MARK_STATEMENTS
from services.classification.read_models.potentials import POTENTIALS
from shared.contracts.card_parts import Characteristics, CharacteristicsRevised
from shared.contracts.cards import Basics, CustomerRegistered, Marks, MarksAssigned, Provenance
from shared.contracts.customer_grades import CustomerGraded
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf, days_ago
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (CUSTOMER_GRADES, MARK_STATEMENTS, POTENTIALS, INVESTMENTS)
CUSTOMERS = 12


def said(customer: UUID, random: Random) -> list[Event]:
    kind = random.choice(("RETAIL", "WHOLESALE", None))
    potential = random.choice((None, 1, 5))
    return [
        MarksAssigned(customer_id=customer, marks=Marks(shop_kind=kind)),
        CharacteristicsRevised(
            customer_id=customer,
            provenance=Provenance(source="SALESPERSON"),
            stated=Characteristics(potential=potential),
            withdrawn=() if potential else ("potential",),
        ),
        InvestmentRecorded(
            customer_id=customer,
            investment_id=uuid4(),
            kind="VISIT",
            spent_on=days_ago(random.randrange(300)),
            cost=random.choice((None, Money(Decimal(random.randrange(1, 99)), "CNY"))),
            hours=Decimal(2),
        ),
    ]


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    for _ in range(CUSTOMERS):
        customer = uuid4()
        registered = CustomerRegistered(
            customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"), marks=Marks(nature="STATE")
        )
        card: list[Event] = [registered, *said(customer, random), *said(customer, random)]
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in card])
        grades = [
            CustomerGraded(
                customer_id=customer,
                run_id=uuid4(),
                standard_version=1,
                graded_on=days_ago(n),
                grade=random.choice(("KEY", "GOOD", None)),
            )
            for n in (2, 1)
        ]
        await record(own, "classification", [(f"customer-grade-{customer}", customer, grade) for grade in grades])
    stores = {"cards": own, "classification": own}
    await follow_to_the_end(own, "classification", stores, MODELS, seed)
    # A grade, three statements of marks, a potential and two visits each.
    assert await assert_as_the_stores_say(own, "classification", stores, MODELS) == CUSTOMERS * 7
