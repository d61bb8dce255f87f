"""The read models behind purchase intents, fed by the worst feed, are those that the stores give."""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.read_models.erasures import ERASURES
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.posts import POSTS
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.samples import SAMPLES
from shared.contracts.cards import CustomerErased
from shared.contracts.event import Event
from shared.contracts.intents import IntentGraded, IntentLost, IntentWon
from shared.contracts.organisation import AreaDefined, SalespersonJoined, SalespersonLeft, SuperiorNamed
from shared.contracts.prospects import (
    CardsSampled,
    IntentReviewed,
    ManAnswered,
    ProspectGraded,
    ReviewMissed,
    SampledCardChecked,
)
from shared.testing.databases import Database
from tests.integration.classification.conftest import TODAY, PoolOf, days_ago
from tests.integration.classification.intents import opened, registered
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (INTENTS, STEPS, INTRODUCTIONS, POSTS, SAMPLES, ERASURES)
CUSTOMERS = 8


def said_here(intent: dict[str, Any], random: Random) -> list[Event]:
    return [
        ManAnswered(**intent, money=random.choice(("YES", "NO", None)), need="LARGE", answered_by="E-12", answered_on=TODAY),
        ProspectGraded(**intent, standard_version=0, graded_on=TODAY, grade=random.choice(("A", "B", "C")), man_version=1),
        IntentReviewed(**intent, reviewed_by="E-12", reviewed_on=TODAY),
        ReviewMissed(**intent, grade="C", due_on=days_ago(random.randrange(9))),
    ]


def sampled(cards: tuple[UUID, ...]) -> list[Event]:
    drawn = CardsSampled(
        sample_id=uuid4(),
        salesperson_id="E-12",
        supervisor_id="E-3",
        week_from=days_ago(TODAY.weekday()),
        drawn_on=TODAY,
        seed="E-12",
        customer_ids=cards,
    )
    checked = [
        SampledCardChecked(sample_id=drawn.sample_id, checked_id=card, finding="WRONG", checked_on=TODAY) for card in cards
    ]
    return [drawn, *checked, *checked[:1]]


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    posts: list[Event] = [
        AreaDefined(area_id="N", name="North"),
        SuperiorNamed(area_id="N", superior_id="E-3", since=days_ago(9)),
        SalespersonJoined(area_id="N", salesperson_id="E-12", since=days_ago(8)),
        SalespersonLeft(area_id="N", salesperson_id="E-12", until=days_ago(1)),
        AreaDefined(area_id="N", name="The north", parent_id="ALL"),
    ]
    await record(cards, "cards", [("organisation", None, event) for event in posts])
    for _ in range(CUSTOMERS):
        customer = uuid4()
        intent = opened(customer)
        of: dict[str, Any] = {"intent_id": intent.intent_id, "customer_id": customer}
        end = random.choice((IntentWon(**of, won_on=TODAY), IntentLost(**of, lost_on=TODAY, reason="PRICE")))
        told = [intent, IntentGraded(**of, intent_class="SHOWROOM", grade="A"), end]
        card = [registered(customer, introduced_by=uuid4()), CustomerErased(customer_id=customer, reason="ASKED")]
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in card])
        await record(cards, "cards", [(f"intent-{intent.intent_id}", customer, event) for event in told])
        await record(own, "classification", [(f"prospect-{customer}", customer, event) for event in said_here(of, random)])
        sample = sampled((customer, uuid4()))
        await record(own, "classification", [(f"sample-{customer}", None, event) for event in sample])
    stores = {"cards": own, "classification": own}
    await follow_to_the_end(own, "classification", stores, MODELS, seed)
    # An intent with two and four steps, an introduction, a sample and an erasure each; an area, its superior, its salesperson.
    assert await assert_as_the_stores_say(own, "classification", stores, MODELS) == CUSTOMERS * 10 + 3
