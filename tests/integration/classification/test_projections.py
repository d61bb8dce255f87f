"""The read models fed by the worst feed are those that the stores give."""

from __future__ import annotations

from random import Random
from uuid import uuid4

import pytest

from services.classification.read_models import READ_MODELS
from shared.contracts.cards import Basics, CustomerRegistered
from shared.contracts.classification import ValueClassChanged
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf, days_ago, returned, sale
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    for _ in range(12):
        customer = uuid4()
        registered = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"))
        facts = [
            random.choice((sale, returned))(customer, random.randrange(1, 10**6), random.randrange(2000))
            for _ in range(random.randint(0, 12))
        ]
        entries = [(f"ledger-{customer}", customer, fact) for fact in facts]
        entries.insert(random.randint(0, len(entries)), (f"card-{customer}", customer, registered))
        await record(cards, "cards", entries)
        changes = [
            ValueClassChanged(
                customer_id=customer,
                run_id=uuid4(),
                standard="value-class",
                standard_version=1,
                period_from=days_ago(365 + n),
                period_to=days_ago(n),
                value_class=random.choice(("A", "B", "C", None)),
            )
            for n in range(random.randint(1, 3))
        ]
        await record(own, "classification", [(f"classification-{customer}", customer, change) for change in changes])
    stores = {"cards": own, "classification": own}
    await follow_to_the_end(own, "classification", stores, READ_MODELS, seed)
    assert await assert_as_the_stores_say(own, "classification", stores, READ_MODELS) == 36
