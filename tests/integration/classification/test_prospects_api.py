"""Grades of purchase intents by progress, beside what persons say; reviews of their cards; samples of the superior."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from services.classification.read_models import READ_MODELS
from services.classification.wiring import run_work
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.event import Event
from shared.contracts.organisation import AreaDefined, SalespersonJoined, SuperiorNamed
from shared.contracts.prospects import ProspectGraded, ReviewMissed, SampleMissed
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, days_ago
from tests.integration.classification.intents import SELLER, listed, opened, put_man, registered, told, with_intent
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import key, record, working

ORGANISATION: tuple[Event, ...] = (
    AreaDefined(area_id="NORTH", name="North"),
    AreaDefined(area_id="N-1", name="North one", parent_id="NORTH"),
    SuperiorNamed(area_id="NORTH", superior_id="E-3", since=days_ago(400)),
    SalespersonJoined(area_id="N-1", salesperson_id=SELLER, since=days_ago(300)),
)


async def graded(service: Classification, intent: UUID, grade: str, **asked: Any) -> dict[str, Any]:
    """The intent, as soon as it has the grade."""

    async def there() -> dict[str, Any] | None:
        found = await listed(service, grade=grade, **asked)
        return next((one for one in found if one["intent_id"] == str(intent)), None)

    found = await eventually(there, timeout=40)
    assert found is not None
    return found


async def published(service: Classification, event_type: str) -> int:
    async with service.own.acquire() as c:
        found: int = await c.fetchval("SELECT count(*) FROM classification.events WHERE type = $1", event_type)
    return found


@pytest.mark.requirement("S3.21")
async def test_a_grade_follows_progress_and_stands_beside_what_persons_say(classification: Classification) -> None:
    intent = await with_intent(classification, expected_in=20, stated="C")
    first = await graded(classification, intent, "C")
    assert [one["code"] for one in first["reasons"]] == ["CONDITIONS", "EXPECTED"]
    await put_man(classification, intent, money="YES", authority="YES", need="LARGE")
    near = await graded(classification, intent, "A", answer="MAN")
    assert (near["stated"], near["differs"], near["read_as"], near["graded_on"]) == ("C", True, "A", TODAY.isoformat())
    assert {one["code"]: one["figures"]["points"] for one in near["reasons"]} == {"CONDITIONS": 3, "EXPECTED": 2, "CONTACT": 1}
    await put_man(classification, intent, money="NO", authority="NO", need="NONE")
    stopped = await graded(classification, intent, "C", answer="man")
    assert stopped["reasons"][-1]["code"] == "NO_CUSTOMER"
    before = await listed(classification, as_of=days_ago(1).isoformat())
    assert [(one["intent_id"], one.get("grade")) for one in before] == [(str(intent), None)]
    # The value class of the customer is another thing, and knows nothing of it.
    assert await classification.classes() == {}


@pytest.mark.requirement("S3.26")
async def test_a_further_intent_enters_as_b_or_a(classification: Classification) -> None:
    customer = uuid4()
    early, further, near = opened(customer, 200), opened(customer, 3), opened(customer, 2, expected_in=5)
    await told(classification, registered(customer), early, further, near)
    await graded(classification, early.intent_id, "C")
    second = await graded(classification, further.intent_id, "B")
    assert (second["further"], second["reasons"][-1]["code"]) == (True, "FURTHER_INTENT")
    await put_man(classification, near.intent_id, money="YES", authority="YES", need="LARGE")
    await graded(classification, near.intent_id, "A")
    assert {one["grade"] for one in await listed(classification, customer_id=str(customer))} == {"A", "B", "C"}


@pytest.mark.requirement("S3.22")
async def test_all_are_graded_anew_on_at_least_two_weekdays_and_only_changes_are_told(classification: Classification) -> None:
    client = classification.client
    near, far = await with_intent(classification, expected_in=20), await with_intent(classification, expected_in=400)
    await put_man(classification, near, money="YES", authority="YES", need="LARGE")
    await graded(classification, near, "A")
    await graded(classification, far, "C")
    path = "/v1/standards/prospect-grade"
    seldom = await client.put(path, json={"regraded_on": [1]}, headers={**key(), "If-Match": '"0"'})
    assert (seldom.status_code, seldom.json()["code"]) == (422, "PROSPECT_STANDARD_OUT_OF_RANGE")
    unsound = await client.post(f"{path}/preview", json={"review_days": [1, 7, 10**10]})
    assert (unsound.status_code, unsound.json()["code"]) == (422, "PROSPECT_STANDARD_OUT_OF_RANGE")
    wanted = {"near_days": 5, "contact_days": 1, "a_points": 6}
    shown = (await client.post(f"{path}/preview", json=wanted)).json()
    assert (shown["intents"], shown["by"], shown["items"][0]["intent_id"]) == (2, {"A to B": 1}, str(near))
    before = await published(classification, ProspectGraded.type)
    answer = await client.put(path, json=wanted, headers={**key(), "If-Match": '"0"'})
    assert answer.status_code == 200, answer.text
    await graded(classification, near, "B")

    async def told_so() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get("/v1/prospect-regradings")).json()
        return found if found["items"] and found["items"][0]["standard_version"] == 1 else None

    regradings = await eventually(told_so, timeout=40)
    assert regradings is not None
    assert (regradings["late"], regradings["weekdays"]) == (False, [1, 4])
    assert regradings["items"][0] == {"graded_on": TODAY.isoformat(), "standard_version": 1, "intents": 2, "changed": 1}
    assert await published(classification, ProspectGraded.type) == before + 1


CADENCES = [
    pytest.param("A", 2, 0, marks=pytest.mark.requirement("S3.23")),
    pytest.param("B", 8, 6, marks=pytest.mark.requirement("S3.24")),
    pytest.param("C", 31, 29, marks=pytest.mark.requirement("S3.25")),
]


@pytest.mark.parametrize(("grade", "due_after", "not_yet"), CADENCES)
async def test_cards_are_due_daily_weekly_or_monthly(
    classification: Classification, grade: str, due_after: int, not_yet: int
) -> None:
    due = await with_intent(classification, days=due_after, stated=grade)
    early = await with_intent(classification, days=not_yet, stated=grade)
    found = await listed(classification, "/v1/reviews/due", salesperson_id=SELLER)
    assert [(one["intent_id"], one["read_as"], one["days_late"]) for one in found] == [(str(due), grade, 1)]
    assert await listed(classification, "/v1/reviews/due", salesperson_id="E-99") == []
    path = f"/v1/intents/{due}/reviews"
    done = await classification.client.post(path, json={"reviewed_by": SELLER}, headers=key())
    assert done.status_code == 201, done.text
    twice = await classification.client.post(path, json={"reviewed_by": SELLER}, headers=key())
    assert twice.headers["ETag"] == done.headers["ETag"]
    position = done.headers["Regulars-Position"]
    assert await listed(classification, "/v1/reviews/due", min_position=position) == []
    as_of = days_ago(1).isoformat()
    assert [one["intent_id"] for one in await listed(classification, "/v1/reviews/due", as_of=as_of)] == [str(due)]
    (shown,) = [one for one in await listed(classification) if one["intent_id"] == str(due)]
    assert (shown["reviewed_on"], shown["reviewed_by"]) == (TODAY.isoformat(), SELLER)
    assert early != due


@pytest.mark.requirement("S3.23", "S3.25")
async def test_due_cards_come_in_pages_and_reviews_that_cannot_be_are_refused(classification: Classification) -> None:
    intents = [str(await with_intent(classification, days=days, stated="A")) for days in (5, 9, 7)]
    page = (await classification.client.get("/v1/reviews/due", params={"limit": 2})).json()
    rest = (await classification.client.get("/v1/reviews/due", params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [one["intent_id"] for one in (*page["items"], *rest["items"])] == [intents[1], intents[2], intents[0]]
    future = {"reviewed_by": SELLER, "reviewed_on": days_ago(-1).isoformat()}
    refused = await classification.client.post(f"/v1/intents/{intents[0]}/reviews", json=future, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (422, "DAY_IN_FUTURE")
    nobody = await classification.client.post(f"/v1/intents/{uuid4()}/reviews", json={"reviewed_by": SELLER}, headers=key())
    assert (nobody.status_code, nobody.json()["code"]) == (404, "INTENT_UNKNOWN")
    earlier = {"reviewed_by": SELLER, "reviewed_on": days_ago(3).isoformat()}
    answer = await classification.client.post(f"/v1/intents/{intents[0]}/reviews", json=earlier, headers=key())
    position = answer.headers["Regulars-Position"]
    late = {one["intent_id"]: one["days_late"] for one in await listed(classification, "/v1/reviews/due", min_position=position)}
    assert late[intents[0]] == 2


@pytest.mark.requirement("S0.11")
async def test_a_superior_looks_at_a_sample_of_each_salespersons_cards_every_week(classification: Classification) -> None:
    client = classification.client
    organised = await record(classification.cards, "cards", [("organisation", None, event) for event in ORGANISATION])
    customers = [uuid4() for _ in range(8)]
    await told(classification, *(registered(customer) for customer in customers))
    asked = {"supervisor_id": "E-3"}
    body = {"salesperson_id": SELLER, **asked}

    async def all_known() -> bool:
        known = "SELECT count(*) FROM classification.served_a WHERE salesperson_id = $1"
        return bool(await classification.own.fetchval(known, SELLER) == len(customers))

    await eventually(all_known, timeout=30)
    (waiting,) = await listed(classification, "/v1/card-samples/due", min_position=organised, **asked)
    assert waiting == {"salesperson_id": SELLER, "supervisor_id": "E-3", "done": False, "drawn": 0, "checked": 0}
    drawn = await client.post("/v1/card-samples", json=body, headers=key())
    assert drawn.status_code == 201, drawn.text
    sample = str(drawn.json()["sample_id"])
    again = await client.post("/v1/card-samples", json=body, headers=key())
    assert again.json()["sample_id"] == sample
    shown = (await client.get(f"/v1/card-samples/{sample}")).json()
    cards = [one["customer_id"] for one in shown["cards"]]
    assert len(cards) == len(set(cards)) == 5
    assert set(cards) <= {str(one) for one in customers}
    path = f"/v1/card-samples/{sample}/cards"
    for card in cards:
        checked = await client.put(f"{path}/{card}", json={"finding": "OUTDATED"}, headers=key())
        assert checked.status_code == 200, checked.text
    other = next(str(one) for one in customers if str(one) not in cards)
    refused = await client.put(f"{path}/{other}", json={"finding": "IN_ORDER"}, headers=key())
    assert (refused.status_code, refused.json()["code"]) == (409, "CARD_NOT_SAMPLED")
    none = await client.put(f"/v1/card-samples/{uuid4()}/cards/{other}", json={"finding": "IN_ORDER"}, headers=key())
    assert (none.status_code, none.json()["code"]) == (404, "SAMPLE_UNKNOWN")
    position = checked.headers["Regulars-Position"]
    (done,) = await listed(classification, "/v1/card-samples/due", min_position=position, **asked)
    assert (done["done"], done["drawn"], done["checked"], done["sample_id"]) == (True, 5, 5, sample)
    assert {one["finding"] for one in (await client.get(f"/v1/card-samples/{sample}")).json()["cards"]} == {"OUTDATED"}
    idle = await client.post("/v1/card-samples", json={**body, "salesperson_id": "E-77"}, headers=key())
    assert (idle.status_code, idle.json()["code"]) == (409, "NOTHING_TO_SAMPLE")
    (last_week,) = await listed(classification, "/v1/card-samples/due", as_of=days_ago(7).isoformat())
    assert not last_week["done"]


@pytest.mark.requirement("S0.11", "S3.23")
async def test_what_was_not_looked_at_is_told_once_as_a_fact(idle: Classification) -> None:
    customer = uuid4()
    late, moved = opened(customer, 10, stated="A"), opened(customer, 1, stated="A")
    await record(idle.cards, "cards", [("organisation", None, event) for event in ORGANISATION])
    handed_over = SalespersonAssigned(customer_id=customer, area_id="NORTH", salesperson_id="E-14")
    await told(idle, registered(customer), late, moved, handed_over)
    # The seller has another customer; a colleague has none, so that nothing of hers could be looked at.
    joined = SalespersonJoined(area_id="N-1", salesperson_id="E-15", since=days_ago(300))
    await record(idle.cards, "cards", [("organisation", None, joined)])
    await told(idle, registered(uuid4()))
    stores = dict.fromkeys(("cards", "classification", "complaints", "alerts"), idle.own)
    await follow_to_the_end(idle.own, "classification", stores, READ_MODELS, 1)
    for _ in range(2):
        # A second process tells nothing again.
        async with working(run_work(idle.settings)):
            await graded(idle, late.intent_id, "C")

            async def missed() -> bool:
                return await published(idle, ReviewMissed.type) == 1 and await published(idle, SampleMissed.type) == 1

            await eventually(missed, timeout=40)
    async with idle.own.acquire() as c:
        rows = await c.fetch(
            "SELECT body::text AS body, topic FROM (SELECT body, type AS topic FROM classification.events) e WHERE topic = ANY($1)",
            [ReviewMissed.type, SampleMissed.type],
        )
    told_of = " ".join(row["body"] for row in rows)
    assert str(late.intent_id) in told_of
    assert "E-14" in told_of
    assert str(moved.intent_id) not in told_of
    assert "E-15" not in told_of
