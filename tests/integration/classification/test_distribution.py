"""Distribution over HTTP: a target with its plan, breadth and depth reached by a day, sub-dealers that moved or were merged."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.cards import Basics, CustomerRegistered, SalespersonAssigned
from shared.contracts.event import Event
from shared.contracts.relations import AttachedToDealer, MergedInto
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import Classification, days_ago
from tests.integration.classification.test_plan_projections import sub_sale
from tests.integration.running import key, record

DEALER, OTHER, TWIN = (UUID(int=n) for n in range(1, 4))
ONE, TWO, THREE, FOUR = (UUID(int=n) for n in range(11, 15))
MODELS = {"sub_sold", "profiles", "distribution_targets"}


def attached(customer: UUID, dealer: UUID, since: date) -> AttachedToDealer:
    return AttachedToDealer(customer_id=customer, dealer_id=dealer, since=since)


def registered(customer: UUID) -> CustomerRegistered:
    return CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Blue Gate Tools"), area_id="east")


async def said(service: Classification, *events: Any) -> None:
    await record(service.cards, "cards", [(f"card-{one.customer_id}", one.customer_id, one) for one in events])


async def put(service: Classification, dealer: UUID, **body: Any) -> Any:
    return await service.client.put(f"/v1/customers/{dealer}/distribution-target", json=body, headers=key())


async def reached(service: Classification, dealer: UUID, breadth: int, attached: int, **params: Any) -> dict[str, Any]:
    """The dealer's answer once breadth and number of sub-dealers are what they have to become."""

    async def there() -> dict[str, Any] | None:
        found = await service.client.get(f"/v1/customers/{dealer}/distribution", params=params)
        body: dict[str, Any] = found.json()
        return body if (body.get("breadth"), body.get("attached")) == (breadth, attached) else None

    found = await eventually(there, timeout=30)
    assert found is not None
    return found


@pytest.mark.requirement("S1.1", "S1.2")
async def test_a_target_is_held_against_what_sub_dealers_bought(classification: Classification) -> None:
    events: list[Event] = [registered(DEALER), registered(OTHER)]
    events += [attached(one, DEALER, days_ago(90)) for one in (ONE, TWO, THREE)]
    events.append(attached(THREE, OTHER, days_ago(10)))
    await said(classification, *events)
    await classification.trade(
        sub_sale(DEALER, ONE, "hammer", "nails", days=30),
        sub_sale(DEALER, ONE, "hammer", days=20),
        sub_sale(DEALER, TWO, "saw", days=20),
        sub_sale(DEALER, THREE, "saw", days=15),
        sub_sale(DEALER, TWO, "drill", days=50),
        sub_sale(DEALER, FOUR, days=12, net=70),
    )
    before = await reached(classification, DEALER, 4, 2)
    assert (before["state"], before["depth"], before["articles"]) == ("NO_TARGET", "1.67", 4)
    assert {one["read_model"] for one in before["from_what"]} == MODELS

    plan = [{"by_on": days_ago(14).isoformat(), "breadth": 3}]
    wanted = {"from_on": days_ago(40).isoformat(), "to_on": days_ago(0).isoformat(), "breadth": 5, "depth": "1.3"}
    done = await put(classification, DEALER, **wanted, milestones=plan)
    assert done.status_code == 200, done.text

    async def targeted() -> bool:
        found = (await classification.client.get("/v1/distribution", params={"customer_id": str(DEALER)})).json()
        return bool(found["items"]) and found["items"][0]["state"] == "BEHIND"

    assert await eventually(targeted, timeout=30)
    # Before its milestone, the last articles and the last move.
    early = await reached(classification, DEALER, 3, 3, as_of=days_ago(15).isoformat())
    assert (early["state"], early["depth"], early["articles"], early["breadth_missing"]) == ("ON_THE_WAY", "1.33", 3, 2)
    due = await reached(classification, DEALER, 4, 2, as_of=days_ago(5).isoformat())
    assert (due["state"], due["due"], due["depth_missing"]) == ("ON_THE_WAY", plan[0], "0")
    last = await reached(classification, DEALER, 4, 2)
    assert (last["state"], last["counted_from"], last["breadth_missing"]) == ("BEHIND", wanted["from_on"], 1)
    assert [(one["customer_id"], one["attached"], one["articles"]) for one in last["items"]] == [
        (str(ONE), True, 2), (str(TWO), True, 1), (str(THREE), False, 1), (str(FOUR), False, 0),
    ]  # fmt: skip
    assert last["items"][0]["net"] == [{"amount": "30.00", "currency": "CNY"}]
    lower = await put(classification, DEALER, **{**wanted, "breadth": 4})
    assert lower.status_code == 200

    async def met() -> bool:
        items = (await classification.client.get("/v1/distribution", params={"area_id": "east", "limit": 1})).json()["items"]
        return [(one["customer_id"], one["state"]) for one in items] == [(str(DEALER), "MET")]

    assert await eventually(met, timeout=30)
    listed = (await classification.client.get("/v1/distribution", params={"area_id": "west"})).json()
    assert listed["items"] == []


@pytest.mark.requirement("S1.2")
async def test_merged_cards_count_as_one(classification: Classification) -> None:
    events: list[Event] = [registered(DEALER), registered(TWIN), attached(ONE, TWIN, days_ago(90)), registered(TWO)]
    assigned = SalespersonAssigned(customer_id=DEALER, salesperson_id="S7")
    await said(
        classification, *events, MergedInto(customer_id=TWIN, lead_id=DEALER), MergedInto(customer_id=TWO, lead_id=ONE), assigned
    )
    await classification.trade(sub_sale(TWIN, ONE, "hammer"), sub_sale(DEALER, TWO, "saw"))
    found = await reached(classification, DEALER, 1, 1)
    assert (found["depth"], [one["customer_id"] for one in found["items"]]) == ("2.00", [str(ONE)])


@pytest.mark.requirement("S1.1")
async def test_a_target_that_contradicts_itself_is_refused_by_name(classification: Classification) -> None:
    await said(classification, registered(DEALER))

    async def known() -> bool:
        return (await classification.client.get(f"/v1/customers/{DEALER}/distribution")).status_code == 200

    assert await eventually(known, timeout=30)
    backwards = await put(classification, DEALER, from_on="2026-07-02", to_on="2026-07-01", breadth=3)
    assert (backwards.status_code, backwards.json()["code"]) == (422, "TARGET_OUT_OF_RANGE")
    endless = await put(classification, DEALER, from_on="2026-07-01", to_on="2026-07-02", breadth=10**10)
    assert (endless.status_code, endless.json()["code"]) == (422, "VALIDATION_FAILED")
    unknown = await put(classification, ONE, from_on="2026-07-01", to_on="2026-07-02", breadth=3)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
