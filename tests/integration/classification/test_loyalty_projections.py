"""The read models of loyalty fed by the worst feed are those that the stores give."""

from __future__ import annotations

from random import Random
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest

from services.classification.read_models.quality_incidents import QUALITY_INCIDENTS
from services.classification.read_models.relation_types import RELATION_TYPES
from services.classification.read_models.surveys import SURVEYS
from shared.contracts.complaints import ComplaintAssessed, ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.loyalty import RelationType, RelationTypeStated, SurveyAnswered
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf, days_ago
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record

MODELS = (SURVEYS, RELATION_TYPES, QUALITY_INCIDENTS)


def complaint(customer: UUID, random: Random) -> list[tuple[str, UUID | None, Event]]:
    complaint_id, kind = uuid4(), random.choice(("QUALITY", "SERVICE"))
    received: Any = ComplaintReceived(
        complaint_id=complaint_id, customer_id=customer, kind=kind, channel="LETTER", received_on=days_ago(random.randrange(300))
    )
    assessed: list[Any] = [
        ComplaintAssessed(complaint_id=complaint_id, customer_id=customer, founded=random.random() < 0.5, assessed_on=days_ago(n))
        for n in range(2)
    ]
    return [(f"complaint-{complaint_id}", customer, event) for event in (received, *assessed)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    own, complaints = await pool_of(database, "classification"), await pool_of(database, "complaints")
    days = 0
    for _ in range(8):
        customer = uuid4()
        surveys: list[Event] = [
            SurveyAnswered(
                survey_id=uuid4(),
                customer_id=customer,
                source="spring",
                answered_on=days_ago(random.randrange(9)),
                concern=random.choice((None, 1, 5)),
                leads=random.choice((None, True, False)),
            )
            for _ in range(3)
        ]
        stated_on = [days_ago(random.randrange(4)) for _ in range(6)]
        days += len(set(stated_on))
        stated: list[Event] = [
            RelationTypeStated(customer_id=customer, relation=random.choice(get_args(RelationType)), stated_on=day)
            for day in stated_on
        ]
        entered = [*surveys, *stated]
        random.shuffle(entered)
        await record(own, "classification", [(f"loyalty-{customer}", customer, event) for event in entered])
        await record(complaints, "complaints", complaint(customer, random))
    stores = dict.fromkeys(("classification", "complaints"), own)
    await follow_to_the_end(own, "classification", stores, MODELS, seed)
    assert await assert_as_the_stores_say(own, "classification", stores, MODELS) == 8 * 3 + days + 8
