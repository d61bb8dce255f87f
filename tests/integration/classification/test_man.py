"""Money, authority and need over HTTP: eight answers with their actions, what is missing, and how an answer is reversed."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from services.classification.domain.man import behind
from shared.contracts.cards import CustomerErased
from shared.contracts.intents import IntentLost
from tests.integration.classification.conftest import Classification, days_ago
from tests.integration.classification.intents import listed, put_man, told, with_intent
from tests.integration.running import key

ANSWERS = [
    pytest.param("MAN", "SELL", [], marks=pytest.mark.requirement("S3.7", "S3.8")),
    pytest.param("MAn", "SELL_WITH_SKILL", ["NEED"], marks=pytest.mark.requirement("S3.9")),
    pytest.param("MaN", "FIND_THE_DECIDER", ["AUTHORITY"], marks=pytest.mark.requirement("S3.10")),
    pytest.param("mAN", "CHECK_CREDIT_AND_FINANCE", ["MONEY"], marks=pytest.mark.requirement("S3.11")),
    pytest.param("maN", "NURTURE", ["MONEY", "AUTHORITY"], marks=pytest.mark.requirement("S3.12")),
    pytest.param("mAn", "NURTURE", ["MONEY", "NEED"], marks=pytest.mark.requirement("S3.12")),
    pytest.param("Man", "NURTURE", ["AUTHORITY", "NEED"], marks=pytest.mark.requirement("S3.12")),
    pytest.param("man", "STOP_CONTACT", ["MONEY", "AUTHORITY", "NEED"], marks=pytest.mark.requirement("S3.13")),
]


@pytest.mark.parametrize(("answer", "action", "wanting"), ANSWERS)
async def test_each_of_the_eight_answers_has_its_action(
    classification: Classification, answer: str, action: str, wanting: list[str]
) -> None:
    intent = await with_intent(classification)
    money, authority, need = behind(answer)
    assert (await put_man(classification, intent, money=money, authority=authority)).status_code == 200
    half = (await classification.client.get(f"/v1/intents/{intent}/man")).json()
    assert (half["answer"], half["action"], half["missing"]) == (None, "FIND_OUT", ["NEED"])
    said = await put_man(classification, intent, "E-13", need=need)
    full = (await classification.client.get(f"/v1/intents/{intent}/man")).json()
    assert (full["answer"], full["action"], full["missing"], full["wanting"]) == (answer, action, [], wanting)
    assert full["conditions"]["money"] == {"value": money, "answered_by": "E-12", "answered_on": days_ago(0).isoformat()}
    assert full["conditions"]["need"]["answered_by"] == "E-13"
    position = said.headers["Regulars-Position"]
    (one,) = await listed(classification, answer=answer, salesperson_id="E-12", min_position=position)
    assert (one["intent_id"], one["action"], one["wanting"]) == (str(intent), action, wanting)
    assert await listed(classification, answer=answer, salesperson_id="E-99") == []
    others = [other for other in ("MAN", "maN", "man") if other != answer]
    assert [await listed(classification, answer=other) for other in others] == [[]] * len(others)


@pytest.mark.requirement("S3.13")
async def test_stop_takes_nothing_away_and_is_reversed_by_another_answer(classification: Classification) -> None:
    intent = await with_intent(classification)
    await put_man(classification, intent, money="NO", authority="NO", need="NONE", answered_on=days_ago(5).isoformat())
    stopped = (await classification.client.get(f"/v1/intents/{intent}/man")).json()
    assert stopped["action"] == "STOP_CONTACT"
    said = await put_man(classification, intent, need="LARGE", answered_on=days_ago(1).isoformat())
    position = said.headers["Regulars-Position"]
    now = (await classification.client.get(f"/v1/intents/{intent}/man")).json()
    assert (now["answer"], now["action"]) == ("maN", "NURTURE")
    before = await classification.client.get(f"/v1/intents/{intent}/man", params={"as_of": days_ago(2).isoformat()})
    assert before.json()["action"] == "STOP_CONTACT"
    (one,) = await listed(classification, answer="man", as_of=days_ago(2).isoformat(), min_position=position)
    assert one["intent_id"] == str(intent)
    assert await listed(classification, answer="man") == []
    # What is found out late about an earlier day does not overrule a later day.
    await put_man(classification, intent, need="NONE", answered_on=days_ago(3).isoformat())
    assert (await classification.client.get(f"/v1/intents/{intent}/man")).json()["answer"] == "maN"


@pytest.mark.requirement("S3.7")
async def test_what_is_missing_is_a_list_and_unknown_takes_an_answer_back(classification: Classification) -> None:
    intent = await with_intent(classification)
    await put_man(classification, intent, money="YES", authority="YES", need="LARGE", answered_on=days_ago(1).isoformat())
    said = await put_man(classification, intent, authority="UNKNOWN")
    position = said.headers["Regulars-Position"]
    (one,) = await listed(classification, missing="AUTHORITY", min_position=position)
    assert (one["intent_id"], one["answer"], one["action"], one["missing"]) == (str(intent), None, "FIND_OUT", ["AUTHORITY"])
    assert await listed(classification, missing="MONEY") == []
    assert await listed(classification, missing="MONEY", answer="MAN") == []


async def test_what_cannot_be_answered_is_refused_by_name(classification: Classification) -> None:
    unknown = await put_man(classification, uuid4(), money="YES")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "INTENT_UNKNOWN")
    intent = await with_intent(classification)
    assert (await put_man(classification, intent)).status_code == 422
    assert (await put_man(classification, intent, need="YES")).status_code == 422
    future = await put_man(classification, intent, money="YES", answered_on=days_ago(-1).isoformat())
    assert (future.status_code, future.json()["code"]) == (422, "DAY_IN_FUTURE")
    late = await classification.client.get("/v1/prospects", params={"as_of": days_ago(-1).isoformat()})
    assert (late.status_code, late.json()["code"]) == (422, "AS_OF_IN_FUTURE")
    (one,) = await listed(classification)
    lost = IntentLost(intent_id=intent, customer_id=UUID(one["customer_id"]), lost_on=days_ago(0), reason="PRICE")
    position = await told(classification, lost)
    assert await listed(classification, min_position=position) == []
    ended = await put_man(classification, intent, money="YES")
    assert (ended.status_code, ended.json()["code"]) == (409, "INTENT_ENDED")
    # It was open the day before, and is told of that day.
    assert len(await listed(classification, as_of=days_ago(1).isoformat())) == 1


async def test_what_an_erased_customer_thought_of_buying_is_on_no_list(classification: Classification) -> None:
    intent = await with_intent(classification, days=40)
    (one,) = await listed(classification)
    erased = CustomerErased(customer_id=UUID(one["customer_id"]), reason="ASKED")
    position = await told(classification, erased)
    assert await listed(classification, min_position=position) == []
    assert await listed(classification, "/v1/reviews/due") == []
    assert (await classification.client.get(f"/v1/intents/{intent}/man")).status_code == 200


async def test_the_same_request_again_is_answered_the_same(classification: Classification) -> None:
    intent = await with_intent(classification)
    path, body, once = f"/v1/intents/{intent}/man", {"money": "YES", "answered_by": "E-12"}, key()
    first = await classification.client.put(path, json=body, headers=once)
    again = await classification.client.put(path, json=body, headers=once)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["Idempotent-Replayed"] == "true"
    news = await classification.client.put(path, json=body, headers=key())
    assert (news.headers["ETag"], first.headers["ETag"]) == ('"1"', '"1"')
    stale = await classification.client.put(path, json={**body, "money": "NO"}, headers={**key(), "If-Match": '"0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "VERSION_STALE")
