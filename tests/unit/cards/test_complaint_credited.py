"""Credit notes of complaints are told beside the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from services.cards.reactions.complaint_credited import react
from shared.contracts.money import Money
from shared.contracts.transactions import ComplaintCredited, CreditNoted
from tests.unit.cards.telling import CUSTOMER, told

COMPLAINT = UUID(int=11)
NOTE = CreditNoted(
    customer_id=CUSTOMER,
    source="erp",
    source_event_id="7",
    number="CN-7",
    noted_on=date(2026, 3, 10),
    amount=Money(Decimal("3000.00"), "CNY"),
    complaint_id=COMPLAINT,
)


def test_a_note_that_names_a_complaint_is_told_under_the_same_id_each_time() -> None:
    envelope = told([NOTE])[0]
    [append] = react(envelope)
    assert (append.stream, append.expected, append.customer_id) == (f"complaint-credits-{COMPLAINT}", "any", CUSTOMER)
    assert append.events[0].event == ComplaintCredited(
        complaint_id=COMPLAINT,
        customer_id=CUSTOMER,
        source="erp",
        source_event_id="7",
        number="CN-7",
        noted_on=date(2026, 3, 10),
        amount=Money(Decimal("3000.00"), "CNY"),
    )
    assert list(react(envelope)) == [append]


def test_other_notes_are_the_ledgers_alone() -> None:
    assert react(told([msgspec.structs.replace(NOTE, complaint_id=None)])[0]) == ()
