"""Closures and the next order over HTTP: on the card, in both clocks and in its history."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.integration.cards.conftest import Cards, fresh
from tests.integration.cards.saying import card_of, days_ago, today
from tests.integration.running import PRINCIPAL


@pytest.mark.requirement("S3.29", "S0.20")
async def test_what_was_agreed_stands_on_the_card_in_as_of_and_in_the_history(standing: Cards) -> None:
    customer = await standing.register(valid_from=days_ago(30))
    path = f"/v1/customers/{customer}"
    summer = {"first_on": days_ago(-10), "last_on": days_ago(-30), "reason": "HOLIDAY", "valid_from": days_ago(5)}
    planned = await standing.post(f"{path}/closures", summer)
    assert planned.status_code == 200, planned.text
    closure_id = planned.json()["closure_id"]
    due_on = (today() + timedelta(days=40)).isoformat()
    assert (await standing.put(f"{path}/next-order", {"due_on": due_on}, 2)).status_code == 200
    card = await card_of(standing, customer)
    assert card["closures"] == [
        {"closure_id": closure_id, "first_on": summer["first_on"], "last_on": summer["last_on"], "reason": "HOLIDAY"}
    ]
    assert card["next_order_on"] == due_on
    before = await card_of(standing, customer, as_of=days_ago(3))
    assert "next_order_on" not in before
    assert [one["closure_id"] for one in before["closures"]] == [closure_id]
    assert "closures" not in await card_of(standing, customer, as_of=days_ago(6))
    changes = (await standing.get(f"{path}/changes", **{"from": days_ago(5)})).json()["items"]
    assert [(one["field"], one["holds_from"], one["decided_by"]) for one in changes] == [
        (f"closures.{closure_id}", days_ago(5), str(PRINCIPAL)),
        ("next_order_on", days_ago(0), str(PRINCIPAL)),
    ]
    assert (await standing.post(f"{path}/closures/{closure_id}/cancellation", {})).status_code == 200
    assert (await standing.put(f"{path}/next-order", {"due_on": None}, 4)).status_code == 200
    cleared = await card_of(standing, customer)
    assert "closures" not in cleared
    assert "next_order_on" not in cleared


async def test_what_cannot_be_agreed_is_refused_by_name(standing: Cards) -> None:
    customer = await standing.register(fresh())
    path = f"/v1/customers/{customer}"
    backwards = await standing.post(f"{path}/closures", {"first_on": days_ago(0), "last_on": days_ago(1)})
    assert (backwards.status_code, backwards.json()["code"]) == (422, "CLOSURE_BACKWARDS")
    unknown = await standing.post(f"{path}/closures/{uuid4()}/cancellation", {})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CLOSURE_UNKNOWN")
    past = await standing.put(f"{path}/next-order", {"due_on": days_ago(1)}, 1)
    assert (past.status_code, past.json()["code"]) == (422, "NEXT_ORDER_OUT_OF_RANGE")
    stale = await standing.put(f"{path}/next-order", {"due_on": days_ago(-1)}, 7)
    assert stale.status_code == 412
    nobody = await standing.post(f"/v1/customers/{uuid4()}/closures", {"first_on": days_ago(0), "last_on": days_ago(0)})
    assert nobody.status_code == 404
