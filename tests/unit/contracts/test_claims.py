"""What is disputed, by whom, until when."""

from __future__ import annotations

from itertools import permutations
from uuid import UUID

from shared.contracts.claims import days_disputed
from shared.contracts.complaints import ClaimSettled, ComplaintAssessed, ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event
from shared.contracts.open_items import Claims, ageing, apply_claim, decided_against, disputed
from shared.contracts.transactions import InvoiceRef
from tests.unit.contracts.ledgers import CUSTOMER, day, folded, invoice, money


def received(n: int, on: int, claimed: int | None = None, *numbers: str) -> ComplaintReceived:
    return ComplaintReceived(
        complaint_id=UUID(int=n),
        customer_id=CUSTOMER,
        kind="QUALITY",
        channel="WEB",
        received_on=day(on),
        claimed=None if claimed is None else money(claimed),
        invoices=tuple(InvoiceRef("erp", number) for number in numbers),
    )


def settled(n: int, on: int, agreed: int | None, founded: bool | None = None) -> ClaimSettled:
    return ClaimSettled(
        complaint_id=UUID(int=n),
        customer_id=CUSTOMER,
        settled_on=day(on),
        agreed=None if agreed is None else money(agreed),
        founded=founded,
    )


def closed(n: int, on: int) -> ComplaintClosed:
    return ComplaintClosed(complaint_id=UUID(int=n), customer_id=CUSTOMER, closed_on=day(on))


def withdrawn(n: int, on: int) -> ComplaintWithdrawn:
    return ComplaintWithdrawn(complaint_id=UUID(int=n), customer_id=CUSTOMER, withdrawn_on=day(on))


def claims(*events: Event) -> Claims:
    state = Claims()
    for event in events:
        state = apply_claim(state, event)
    return state


ACCOUNT = folded(invoice("A", 0, 100, due=30), invoice("B", 10, 200, due=30), invoice("C", 50, 400, due=30))


def amounts(state: Claims, as_of: int = 60) -> dict[str, int]:
    return {item.number: int(amount) for item, amount in disputed(ACCOUNT, state, day(as_of)).get("CNY", {}).items()}


def test_no_claim_disputes_nothing() -> None:
    assert amounts(claims()) == {}
    assert amounts(claims(received(1, 5))) == {}


def test_named_invoices_the_lesser_of_claimed_and_open() -> None:
    assert amounts(claims(received(1, 50, 150, "B"))) == {"B": 150}
    assert amounts(claims(received(1, 50, 900, "B"))) == {"B": 200}
    assert amounts(claims(received(1, 50, None, "A", "C"))) == {"A": 100, "C": 400}


def test_no_invoice_named_the_oldest_overdue_first() -> None:
    assert amounts(claims(received(1, 50, 150))) == {"A": 100, "B": 50}
    found = ageing(ACCOUNT, day(60), claims(received(1, 50, 350)))["CNY"]
    assert (found.disputed, found.disputed_overdue, found.overdue, found.outstanding) == (350, 300, 300, 700)


def test_nothing_is_disputed_twice_and_those_who_name_go_first() -> None:
    assert amounts(claims(received(1, 50, 150), received(2, 55, 80, "A"))) == {"A": 100, "B": 130}


def test_a_dispute_lasts_from_its_day_to_its_end() -> None:
    for end in (settled(1, 58, 20), closed(1, 58), withdrawn(1, 58)):
        state = claims(received(1, 50, 150), end)
        assert amounts(state, 49) == {}
        assert amounts(state, 50) == {"A": 100, "B": 50}
        assert amounts(state, 57) == {"A": 100, "B": 50}
        assert amounts(state, 58) == {}
    other_money = msg_usd()
    assert amounts(claims(other_money)) == {}


def msg_usd() -> ComplaintReceived:
    return ComplaintReceived(
        complaint_id=UUID(int=9),
        customer_id=CUSTOMER,
        kind="QUALITY",
        channel="WEB",
        received_on=day(1),
        claimed=money(5, "USD"),
    )


def test_only_claims_decided_against_the_customer_count() -> None:
    assessed = ComplaintAssessed(complaint_id=UUID(int=3), customer_id=CUSTOMER, founded=False, assessed_on=day(9))
    state = claims(
        received(1, 5, 100),
        settled(1, 20, None),
        received(2, 6, 100),
        settled(2, 20, 100),
        received(3, 7, 9),
        assessed,
        closed(3, 30),
    )
    assert decided_against(state, day(20)) == 1
    assert decided_against(state, day(19)) == 0
    assert decided_against(state, day(384)) == 1
    assert decided_against(state, day(385)) == 0


def test_a_founded_complaint_never_counts_also_where_it_was_made_good_without_money() -> None:
    assert decided_against(claims(received(1, 5, 100), settled(1, 20, None, founded=True)), day(20)) == 0
    assert decided_against(claims(received(1, 5, 100), settled(1, 20, None, founded=False)), day(20)) == 1


def test_where_nothing_was_claimed_nothing_is_decided_against_anybody() -> None:
    assert decided_against(claims(received(1, 5), settled(1, 20, None)), day(20)) == 0
    assert decided_against(claims(received(1, 5, None, "A"), settled(1, 20, None)), day(20)) == 1


def test_any_order_gives_the_same_claims() -> None:
    events = [received(1, 5, 100, "A"), settled(1, 20, None), closed(1, 22), received(2, 6, 50), withdrawn(2, 9)]
    assert len({claims(*order) for order in permutations(events)}) == 1


def test_ended_claims_are_forgotten_after_two_years_open_ones_are_not() -> None:
    state = claims(received(1, 5, 100), closed(1, 9), received(2, 6, 50), received(3, 900, 1))
    assert {claim.complaint_id.int for claim in state.claims} == {2, 3}


def test_days_of_dispute_count_once_and_not_for_who_was_wrong() -> None:
    def days(state: Claims) -> int:
        return days_disputed(state, InvoiceRef("erp", "A"), day(10), day(40))

    assert days(claims(received(1, 5, 10, "A"))) == 30
    assert days(claims(received(1, 20, 10, "A"), closed(1, 25))) == 5
    assert days(claims(received(1, 20, 10, "A"), closed(1, 25), received(2, 22, 10), closed(2, 32))) == 12
    assert days(claims(received(1, 20, 10, "A"), settled(1, 25, 5))) == 5
    assert days(claims(received(1, 20, 10, "A"), settled(1, 25, None))) == 0
    assert days(claims(received(1, 20, 10, "B"))) == days(claims(received(1, 20))) == 0
