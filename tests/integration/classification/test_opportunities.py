"""The most probable opportunities over HTTP: ranked by what ended intents teach, times the expected amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from services.classification.read_models import READ_MODELS
from shared.contracts.intents import IntentGraded, IntentLost, IntentOpened, IntentWon
from shared.contracts.money import Money
from shared.contracts.prospects import ManAnswered
from tests.integration.classification.conftest import TODAY, Classification, days_ago
from tests.integration.classification.intents import opened, registered, told
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import record


def ended(intent: IntentOpened, won: bool) -> IntentWon | IntentLost:
    of: dict[str, Any] = {"intent_id": intent.intent_id, "customer_id": intent.customer_id}
    return IntentWon(**of, won_on=days_ago(2)) if won else IntentLost(**of, lost_on=days_ago(2), reason="PRICE")


async def followed(service: Classification) -> None:
    stores = dict.fromkeys(("cards", "classification", "complaints", "alerts"), service.own)
    await follow_to_the_end(service.own, "classification", stores, READ_MODELS, 1)


async def asked(service: Classification, **of: Any) -> dict[str, Any]:
    answer = await service.client.get("/v1/opportunities", params=of)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.requirement("S3.30")
async def test_opportunities_are_ranked_by_probability_times_amount(idle: Classification) -> None:
    customer, other = uuid4(), uuid4()
    closed = [(opened(customer, 90, stated=grade), won) for grade, won in zip("AAAABBCCCC", "11101000-0", strict=True)]
    for intent, won in closed:
        await told(idle, intent, ended(intent, won == "1"))
    near, middle, far = (
        opened(customer, 9, stated=grade, amount=amount) for grade, amount in zip("ABC", (100, 400, 90), strict=True)
    )
    dollars = IntentOpened(**{**{f: getattr(near, f) for f in near.__struct_fields__}, "intent_id": uuid4(), "expected": None})
    stopped = opened(customer, 9, stated="A", amount=10_000)
    theirs = opened(other, 9, stated="B", amount=60)
    await told(idle, registered(customer), registered(other, "E-14"), near, middle, far, dollars, stopped, theirs)
    stop = ManAnswered(
        intent_id=stopped.intent_id,
        customer_id=customer,
        money="NO",
        authority="NO",
        need="NONE",
        answered_by="E-12",
        answered_on=TODAY,
    )
    await record(idle.own, "classification", [(f"man-{stopped.intent_id}", customer, stop)])
    # Won with A in the end, but once C: it counts in both.
    raised = IntentGraded(intent_id=closed[-1][0].intent_id, customer_id=customer, intent_class="SHOWROOM", grade="A")
    await told(idle, raised)
    await followed(idle)
    found = await asked(idle)
    learnt = found["learnt"]
    assert (learnt["ended"], learnt["won"]) == (10, 4)
    counts = {grade: (one["ended"], one["won"]) for grade, one in learnt["by_grade"].items()}
    assert counts == {"A": (5, 3), "B": (2, 1), "C": (4, 0)}
    # (3 + 5 x 5/12) / 10, (1 + 5 x 5/12) / 7, (0 + 5 x 5/12) / 9
    likely = {grade: one["probability"] for grade, one in learnt["by_grade"].items()}
    assert likely == {"A": "0.5083", "B": "0.4405", "C": "0.2315"}
    assert (found["currency"], found["open"], found["without_amount"], found["in_other_currencies"]) == ("CNY", 5, 1, 0)
    values = [(UUID(one["intent_id"]), one["value"]["amount"]) for one in found["items"]]
    assert values == [
        (middle.intent_id, "176.20"),
        (near.intent_id, "50.83"),
        (theirs.intent_id, "26.43"),
        (far.intent_id, "20.84"),
    ]
    assert found["value"]["amount"] == "274.30"
    first = await asked(idle, limit=3, currency="CNY")
    second = await asked(idle, limit=3, currency="CNY", cursor=first["next_cursor"])
    assert [one["intent_id"] for one in (*first["items"], *second["items"])] == [str(one) for one, _ in values]
    assert [one["intent_id"] for one in (await asked(idle, salesperson_id="E-14"))["items"]] == [str(theirs.intent_id)]
    assert (await asked(idle, currency="EUR"))["in_other_currencies"] == 4
    # Before anything had ended nothing was known of probabilities.
    earlier = await asked(idle, as_of=days_ago(3).isoformat())
    assert (earlier["learnt"]["ended"], earlier["learnt"]["by_grade"]["A"]["probability"]) == (0, "0.5000")
    assert {one["read_model"] for one in found["from_what"]} == {
        "purchase_intents",
        "intent_steps",
        "investments",
        "served",
        "erasures",
    }


async def test_a_value_is_no_finer_than_its_currency(idle: Classification) -> None:
    customer = uuid4()
    yen = structs.replace(opened(customer), expected=Money(Decimal(101), "JPY"))
    await told(idle, registered(customer), yen)
    await followed(idle)
    found = await asked(idle)
    # Nothing has ended yet: all grades are even.
    half = {"amount": "50", "currency": "JPY"}
    assert (found["value"], [one["value"] for one in found["items"]]) == (half, [half])
