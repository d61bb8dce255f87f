"""Whether the ledger credits what complaints give, through HTTP: the notes come from cards, beside its ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.money import Money
from shared.contracts.transactions import ComplaintCredited
from tests.integration.complaints.conftest import Complaints
from tests.integration.complaints.test_procedure_api import Handled, begun, yuan
from tests.integration.running import record


async def credited(service: Complaints, complaint: str, number: str, amount: str, customer: UUID | None = None) -> str:
    """As cards tells it. Answers the place."""
    whom = customer or service.customer
    event = ComplaintCredited(
        complaint_id=UUID(complaint),
        customer_id=whom,
        source="erp",
        source_event_id=number,
        number=number,
        noted_on=date(2026, 3, 10),
        amount=Money(Decimal(amount), "CNY"),
    )
    return await record(service.cards, "cards", [(f"complaint-credits-{complaint}", whom, event)])


async def solved(one: Handled, number: str, **body: Any) -> None:
    note = {"source": "erp", "number": number}
    told = await one.does("solution", solution="CREDITED", credit_note=note, **body)
    assert told["state"] == "SOLVED"


async def listed(service: Complaints, **params: Any) -> list[dict[str, Any]]:
    answer = await service.client.get("/v1/complaint-credit-notes", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


@pytest.mark.requirement("S2.51", "S2.55")
async def test_a_credit_note_of_another_amount_or_link_than_was_agreed_on_is_told(complaints: Complaints) -> None:
    good, more, unlinked, unnamed = [await begun(complaints) for _ in range(4)]
    quiet = await begun(complaints)
    for one in (good, more, unlinked):
        await one.does("proposal", remedies=["CREDIT_NOTE"], offered=yuan("3000.00"), because="HALF_IS_GOOD")
        await solved(one, f"CN-{one.id[:8]}")
    await unnamed.does("settlement", agreed=yuan("500.00"))
    await credited(complaints, good.id, f"CN-{good.id[:8]}", "3000.00")
    await credited(complaints, more.id, f"CN-{more.id[:8]}", "3000.01")
    await credited(complaints, unnamed.id, "CN-9", "500.00")
    stranger = str(uuid4())
    at = await credited(complaints, stranger, "CN-10", "1.00")
    places = ",".join([at, *(one.place for one in (good, more, unlinked, unnamed))])
    found = {one["complaint_id"]: one for one in await listed(complaints, min_position=places)}
    assert {name: one["differs"] for name, one in found.items()} == {
        good.id: [],
        more.id: ["OTHER_AMOUNT"],
        unlinked.id: ["NOT_IN_LEDGER"],
        unnamed.id: ["NOT_NAMED"],
        stranger: ["COMPLAINT_UNKNOWN"],
    }
    assert quiet.id not in found
    wrong = found[more.id]
    assert (wrong["to_credit"], wrong["noted"][0]["amount"]) == ([yuan("3000.00")], yuan("3000.01"))
    assert wrong["named"] == [{"source": "erp", "number": f"CN-{more.id[:8]}", "amount": yuan("3000.00")}]
    differing = await listed(complaints, differing=True)
    assert {one["complaint_id"] for one in differing} == {more.id, unlinked.id, unnamed.id, stranger}
    assert [one["complaint_id"] for one in await listed(complaints, complaint_id=good.id)] == [good.id]
    # The note of another customer is no note of this complaint.
    at = await credited(complaints, good.id, "CN-11", "5.00", customer=uuid4())
    both = await listed(complaints, complaint_id=good.id, min_position=at)
    assert sorted(one["differs"] for one in both) == [[], ["COMPLAINT_UNKNOWN"]]


@pytest.mark.requirement("S2.51")
async def test_beside_other_remedies_a_credit_is_at_most_what_they_come_to(complaints: Complaints) -> None:
    one = await begun(complaints)
    await one.does("proposal", remedies=["REPLACE", "CREDIT_NOTE"], offered=yuan("3000.00"), because="HALF_IS_GOOD")
    await solved(one, "CN-1")
    at = await credited(complaints, one.id, "CN-1", "1000.00")
    assert [shown["differs"] for shown in await listed(complaints, min_position=f"{at},{one.place}")] == [[]]
    at = await credited(complaints, one.id, "CN-2", "2000.01")
    assert [shown["differs"] for shown in await listed(complaints, min_position=at)] == [["NOT_NAMED", "OTHER_AMOUNT"]]
