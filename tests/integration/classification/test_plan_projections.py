"""The read models behind targets and plans, fed by the worst feed, are those that the stores give."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS
from services.classification.read_models.expected_levels import EXPECTED_LEVELS
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.contracts.agreements import ExpectationSet
from shared.contracts.classification import ValueClassChanged
from shared.contracts.money import Money
from shared.contracts.plans import DistributionTargetSet
from shared.contracts.transactions import SubSaleReported
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf, days_ago, line
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (CLASS_CHANGES, EXPECTED_LEVELS, SUB_SOLD, DISTRIBUTION_TARGETS)
CUSTOMERS = 12


def sub_sale(dealer: UUID, customer: UUID, *articles: str, days: int = 30, net: int = 0) -> SubSaleReported:
    lines = tuple(line(article, 10) for article in articles)
    amount = Money(Decimal(net or 10 * len(lines)), "CNY")
    return SubSaleReported(
        customer_id=customer,
        dealer_id=dealer,
        source="dealer",
        source_event_id=str(uuid4()),
        sold_on=days_ago(days),
        net=amount,
        lines=lines,
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    dealer = uuid4()
    for _ in range(CUSTOMERS):
        customer = uuid4()
        # Five sales of two articles on one day: one row an article, however they come.
        sold = [sub_sale(dealer, customer, "hammer", *(["nails"] if k else []), days=9) for k in range(5)]
        await record(cards, "cards", [(f"ledger-{customer}", customer, one) for one in sold])
        classes = [
            ValueClassChanged(
                customer_id=customer,
                run_id=uuid4(),
                standard="value-class",
                standard_version=1,
                period_from=days_ago(365 + k),
                period_to=days_ago(k),
                value_class=random.choice(("A", "B", "C", None)),
            )
            for k in (3, 2, 1)
        ]
        await record(own, "classification", [(f"classification-{customer}", customer, one) for one in classes])
        share = [Decimal(random.randrange(1, 9)) / 10 for _ in range(2)]
        expected = [ExpectationSet(customer_id=customer, currency="CNY", from_on=days_ago(5), share=one) for one in share]
        await record(own, "classification", [(f"expectation-{customer}", customer, one) for one in expected])
        wanted = [
            DistributionTargetSet(customer_id=customer, from_on=days_ago(10), to_on=days_ago(1), breadth=random.randrange(1, 9))
            for _ in range(2)
        ]
        await record(own, "classification", [(f"distribution-{customer}", customer, one) for one in wanted])
    stores = {"cards": own, "classification": own}
    await follow_to_the_end(own, "classification", stores, MODELS, seed)
    # Three changes of class, one level, one target and two articles each.
    assert await assert_as_the_stores_say(own, "classification", stores, MODELS) == CUSTOMERS * 6
