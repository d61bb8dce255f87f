"""The care that each value class gets, through HTTP: published, due by visits and contacts that were recorded, as of any day."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.classification import ValueClass, ValueClassChanged
from shared.contracts.promises import InvestmentRecorded
from tests.integration.classification.conftest import Classification, days_ago
from tests.integration.classification.with_cards import registered, says, shown
from tests.integration.running import key, record

FIRM, FRESH, SECOND, SMALL, NONE = (UUID(int=n) for n in range(1, 6))
LEVELS = {
    "levels": [
        {"value_class": "A", "visit_days": 14, "contact_days": 7, "carer": "SUPERIOR"},
        {"value_class": "B", "visit_days": 60, "contact_days": 30},
    ]
}


def classed(customer: UUID, value_class: ValueClass, days: int) -> ValueClassChanged:
    return ValueClassChanged(
        customer_id=customer,
        run_id=uuid4(),
        standard="value-class",
        standard_version=0,
        period_from=days_ago(days + 364),
        period_to=days_ago(days),
        value_class=value_class,
    )


def invested(customer: UUID, kind: Any, days: int) -> InvestmentRecorded:
    return InvestmentRecorded(customer_id=customer, investment_id=uuid4(), kind=kind, spent_on=days_ago(days))


@pytest.mark.requirement("S0.27")
async def test_a_is_held_firmly_and_b_is_looked_after(classification: Classification) -> None:
    service = classification
    published = await service.client.put("/v1/standards/service-levels", json=LEVELS, headers={**key(), "If-Match": '"0"'})
    assert published.status_code == 200
    wrong = {"levels": [{"value_class": "A", "visit_days": 7, "contact_days": 8}]}
    refused = await service.client.put("/v1/standards/service-levels", json=wrong, headers={**key(), "If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (422, "LEVELS_OUT_OF_RANGE")
    await says(service, *(registered(one, "north", "s-1") for one in (FIRM, FRESH, SECOND, SMALL, NONE)), days=500)
    # FIRM was visited 20 days ago and helped 3 days ago, FRESH never; SECOND 40 days ago; a gift is no contact; SMALL is C.
    await says(
        service,
        invested(FIRM, "VISIT", 20),
        invested(FIRM, "SUPPORT", 3),
        invested(SECOND, "VISIT", 40),
        invested(SECOND, "GIFT", 1),
        invested(FRESH, "GIFT", 1),
    )
    classes = [classed(FIRM, "A", 90), classed(FRESH, "A", 2), classed(SECOND, "B", 90), classed(SMALL, "C", 90)]
    await record(service.own, "classification", [(f"classification-{one.customer_id}", one.customer_id, one) for one in classes])

    def ready(body: dict[str, Any]) -> bool:
        # Without its visits every customer would be due since its class holds.
        return [(one["customer_id"], one["due_on"]) for one in body["items"]] == [
            (str(SECOND), days_ago(10).isoformat()),
            (str(FIRM), days_ago(6).isoformat()),
            (str(FRESH), days_ago(2).isoformat()),
        ]

    found = await shown(service, "/v1/service-levels", ready)
    assert [(one["carer"], one["due"]) for one in found["items"]] == [
        ("SALESPERSON", ["CONTACT"]),
        ("SUPERIOR", ["VISIT"]),
        ("SUPERIOR", ["VISIT", "CONTACT"]),
    ]
    assert found["standard_version"] == 1
    pages = (await service.client.get("/v1/service-levels", params={"limit": 2})).json()
    rest = (await service.client.get("/v1/service-levels", params={"limit": 2, "cursor": pages["next_cursor"]})).json()
    assert [*pages["items"], *rest["items"]] == found["items"]
    superior = (await service.client.get("/v1/service-levels", params={"carer": "SUPERIOR", "value_class": "A"})).json()["items"]
    assert [UUID(one["customer_id"]) for one in superior] == [FIRM, FRESH]
    assert (await service.client.get("/v1/service-levels", params={"salesperson_id": "s-9"})).json()["items"] == []
    one = (await service.client.get(f"/v1/customers/{FIRM}/service-level")).json()
    assert (one["level"], one["last_visit_on"], one["last_contact_on"], one["visit_due_on"]) == (
        {"visit_days": 14, "contact_days": 7, "carer": "SUPERIOR"},
        days_ago(20).isoformat(),
        days_ago(3).isoformat(),
        days_ago(6).isoformat(),
    )
    then = (await service.client.get(f"/v1/customers/{FIRM}/service-level", params={"as_of": days_ago(25).isoformat()})).json()
    assert (then.get("last_visit_on"), then["due_on"]) == (None, days_ago(90).isoformat())
    assert (await service.client.get(f"/v1/customers/{SMALL}/service-level")).json()["level"] is None
    nobody = await service.client.get(f"/v1/customers/{uuid4()}/service-level")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
