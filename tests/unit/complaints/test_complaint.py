"""What may happen to a complaint, and what may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec import structs

from services.complaints.domain import refusals
from services.complaints.domain.commands import (
    ApproveSolution,
    AssessComplaint,
    CloseComplaint,
    ComplaintCommand,
    ReceiveComplaint,
    ReportSolution,
    SettleClaim,
    WithdrawComplaint,
)
from services.complaints.domain.complaint import ComplaintEvent, decide, delivered_id
from services.complaints.domain.giving import Giving
from services.complaints.domain.standards import Standards
from services.complaints.domain.states import Closed, NotReceived, Open, Withdrawn, state_of
from shared.contracts.complaint_steps import (
    CustomerDissatisfied,
    DecisionLimit,
    DecisionRulePublished,
    SolutionApproved,
    SolutionProposed,
    SolutionRefused,
)
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    SolutionCarriedOut,
)
from shared.contracts.money import Money

TODAY = date(2026, 3, 20)
ID = UUID(int=1)
CUSTOMER = UUID(int=2)


def yuan(amount: int) -> Money:
    return Money(Decimal(amount), "CNY")


RECEIVE = ReceiveComplaint(ID, CUSTOMER, "QUALITY", "HOTLINE", date(2026, 3, 1), TODAY, claimed=yuan(500))
RECEIVED = ComplaintReceived(
    complaint_id=ID, customer_id=CUSTOMER, kind="QUALITY", channel="HOTLINE", received_on=date(2026, 3, 1), claimed=yuan(500)
)
NO_CLAIM = ComplaintReceived(complaint_id=ID, customer_id=CUSTOMER, kind="SERVICE", channel="WEB", received_on=date(2026, 3, 1))
ASSESSED = ComplaintAssessed(complaint_id=ID, customer_id=CUSTOMER, founded=True, assessed_on=date(2026, 3, 5), severity="HIGH")
SOLVED = SolutionCarriedOut(complaint_id=ID, customer_id=CUSTOMER, solution="REPLACED", carried_out_on=date(2026, 3, 9))
SETTLED = ClaimSettled(complaint_id=ID, customer_id=CUSTOMER, settled_on=date(2026, 3, 12), agreed=yuan(300))
CLOSED = ComplaintClosed(complaint_id=ID, customer_id=CUSTOMER, closed_on=date(2026, 3, 15), lesson="CHECK_EACH_BATCH")
PROPOSED = SolutionProposed(
    complaint_id=ID, customer_id=CUSTOMER, on=date(2026, 3, 8), remedies=("REPLACE",), decides="SALESPERSON", rule_version=0
)
APPROVED = SolutionApproved(complaint_id=ID, customer_id=CUSTOMER, on=date(2026, 3, 8), authority="SALESPERSON", rule_version=0)
REFUSED = SolutionRefused(
    complaint_id=ID, customer_id=CUSTOMER, on=date(2026, 3, 9), authority="HEADQUARTERS", rule_version=0, because="REPAIR_IT"
)
DISSATISFIED = CustomerDissatisfied(complaint_id=ID, customer_id=CUSTOMER, on=date(2026, 3, 13), round=2)
WITHDRAWN = ComplaintWithdrawn(complaint_id=ID, customer_id=CUSTOMER, withdrawn_on=date(2026, 3, 15))

ASSESS = AssessComplaint(True, "HIGH", date(2026, 3, 5), TODAY)
SOLVE = ReportSolution("REPLACED", date(2026, 3, 9), TODAY)
SETTLE = SettleClaim(yuan(300), date(2026, 3, 12), TODAY)
CLOSE = CloseComplaint("CHECK_EACH_BATCH", date(2026, 3, 15), TODAY)
WITHDRAW = WithdrawComplaint(date(2026, 3, 15), TODAY)
STEPS = [ASSESS, SOLVE, SETTLE, CLOSE, WITHDRAW]


@pytest.mark.parametrize(
    ("given", "command", "event"),
    [
        ([], RECEIVE, RECEIVED),
        ([RECEIVED], ASSESS, ASSESSED),
        ([RECEIVED, ASSESSED], SOLVE, SOLVED),
        ([RECEIVED, ASSESSED, SOLVED], ASSESS, ASSESSED),
        ([RECEIVED, ASSESSED, SOLVED], SETTLE, structs.replace(SETTLED, founded=True)),
        ([RECEIVED, ASSESSED, structs.replace(ASSESSED, founded=False)], SETTLE, structs.replace(SETTLED, founded=False)),
        ([RECEIVED], SETTLE, SETTLED),
        ([RECEIVED, ASSESSED, SOLVED, SETTLED], CLOSE, CLOSED),
        ([RECEIVED, SETTLED], CLOSE, CLOSED),
        ([NO_CLAIM, ASSESSED], CLOSE, CLOSED),
        ([RECEIVED], WITHDRAW, WITHDRAWN),
        ([RECEIVED, ASSESSED, SOLVED, SETTLED], WITHDRAW, WITHDRAWN),
    ],
)
def test_what_a_command_leads_to(given: list[ComplaintEvent], command: ComplaintCommand, event: ComplaintEvent) -> None:
    assert decide(state_of(given), command) == [event]


@pytest.mark.parametrize(
    ("given", "command", "refusal"),
    [
        *[([], step, refusals.ComplaintUnknown) for step in STEPS],
        ([RECEIVED], RECEIVE, refusals.ComplaintExists),
        *[([RECEIVED, ASSESSED, SETTLED, CLOSED], step, refusals.ComplaintEnded) for step in STEPS],
        *[([RECEIVED, WITHDRAWN], step, refusals.ComplaintEnded) for step in STEPS],
        ([NO_CLAIM], CLOSE, refusals.NotHandledYet),
        ([RECEIVED, ASSESSED, SOLVED], CLOSE, refusals.ClaimNotSettled),
        ([RECEIVED, SETTLED], SETTLE, refusals.ClaimAlreadySettled),
        ([RECEIVED], replace(SETTLE, agreed=yuan(501)), refusals.AgreedMoreThanClaimed),
        ([RECEIVED], replace(SETTLE, agreed=Money(Decimal(1), "USD")), refusals.AgreedMoreThanClaimed),
        ([RECEIVED], replace(SETTLE, agreed=yuan(-1)), refusals.AmountNotPositive),
        ([], replace(RECEIVE, claimed=yuan(0)), refusals.AmountNotPositive),
        ([], replace(RECEIVE, received_on=TODAY + timedelta(days=1)), refusals.DayInFuture),
        ([RECEIVED], replace(ASSESS, assessed_on=date(2026, 2, 28)), refusals.BeforeReceipt),
        ([RECEIVED], replace(ASSESS, told_on=date(2026, 2, 28)), refusals.BeforeReceipt),
        ([RECEIVED], replace(ASSESS, told_on=TODAY + timedelta(days=1)), refusals.DayInFuture),
        ([RECEIVED], replace(SOLVE, carried_out_on=date(2026, 2, 28)), refusals.BeforeReceipt),
        ([RECEIVED, PROPOSED, APPROVED, REFUSED], SOLVE, refusals.NothingProposed),
        ([RECEIVED], replace(SETTLE, settled_on=date(2026, 2, 28)), refusals.BeforeReceipt),
        ([RECEIVED], replace(CLOSE, closed_on=date(2026, 2, 28)), refusals.BeforeReceipt),
        ([RECEIVED], replace(WITHDRAW, withdrawn_on=TODAY + timedelta(days=1)), refusals.DayInFuture),
    ],
)
def test_what_is_refused(given: list[ComplaintEvent], command: ComplaintCommand, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        decide(state_of(given), command)


def test_the_states() -> None:
    assert state_of([]) == NotReceived()
    received = Open(ID, CUSTOMER, "QUALITY", date(2026, 3, 1), yuan(500))
    assert state_of([RECEIVED]) == received
    done = frozenset({"ASSESSED"})
    assessed = replace(received, name="ASSESSED", severity="HIGH", founded=True, done=done, handled=True)
    settled = replace(assessed, settled=True, giving=Giving(agreed=yuan(300)), asked_on=date(2026, 3, 12))
    assert state_of([RECEIVED, SETTLED, ASSESSED]) == settled
    solved = replace(assessed, name="SOLVED", done=frozenset({"ASSESSED", "CARRIED_OUT"}), asked_on=date(2026, 3, 9))
    assert state_of([RECEIVED, ASSESSED, SOLVED]) == solved
    assert state_of([RECEIVED, ASSESSED, CLOSED]) == Closed(CUSTOMER)
    assert state_of([RECEIVED, WITHDRAWN]) == Withdrawn(CUSTOMER)


def test_what_was_approved_and_then_refused_is_not_approved() -> None:
    refused = state_of([RECEIVED, PROPOSED, APPROVED, REFUSED])
    assert isinstance(refused, Open) and refused.done == frozenset()
    again = state_of([RECEIVED, PROPOSED, APPROVED, REFUSED, PROPOSED])
    assert isinstance(again, Open) and again.done == {"PROPOSED"}
    assert decide(again, SOLVE) == [structs.replace(SOLVED, remedies=("REPLACE",))]


@pytest.mark.parametrize(
    ("given", "total"),
    [
        ([], 0),
        ([SETTLED], 300),
        # What was agreed on and what was carried out are the same money within a round.
        ([SETTLED, structs.replace(SOLVED, amount=yuan(200))], 300),
        ([SETTLED, structs.replace(SOLVED, amount=yuan(200)), structs.replace(SOLVED, amount=yuan(200))], 400),
        ([SETTLED, DISSATISFIED, structs.replace(SOLVED, amount=yuan(200))], 500),
        # Streams from before amounts were told: all that was proposed was carried out, once.
        ([structs.replace(PROPOSED, offered=yuan(250)), SOLVED, SOLVED], 250),
        ([SOLVED], 0),
    ],
)
def test_what_all_rounds_give_together(given: list[ComplaintEvent], total: int) -> None:
    state = state_of([RECEIVED, *given])
    assert isinstance(state, Open)
    assert state.giving.total("CNY") == total
    assert state.giving.total("EUR") == 0


def test_agreeing_on_zero_is_agreeing_on_nothing() -> None:
    (event,) = decide(state_of([RECEIVED]), replace(SETTLE, agreed=yuan(0)))
    assert isinstance(event, ClaimSettled)
    assert event.agreed is None


def test_a_gift_where_nothing_was_claimed() -> None:
    (event,) = decide(state_of([NO_CLAIM]), SETTLE)
    assert event == SETTLED


def test_a_delivered_complaint_has_one_id() -> None:
    assert delivered_id("crm", "1") == delivered_id("crm", "1") != delivered_id("crm", "2") != delivered_id("web", "2")


def test_the_customer_is_asked_from_the_last_day_of_what_was_done() -> None:
    late = structs.replace(SOLVED, carried_out_on=date(2026, 3, 14))
    for given in ([late, SETTLED], [SETTLED, late], [late, SOLVED]):
        state = state_of([RECEIVED, *given])
        assert isinstance(state, Open)
        assert state.asked_on == date(2026, 3, 14)
        early = CloseComplaint("NONE", date(2026, 4, 12), date(2026, 4, 20), unanswered=True)
        with pytest.raises(refusals.AnswerAwaited, match="2026-04-13"):
            decide(state, early)


RULE = DecisionRulePublished(version=1, limits=(DecisionLimit(up_to=yuan(400)),))
LIMITED = Standards(rule=RULE)


def test_what_is_carried_out_before_it_is_approved_counts_once() -> None:
    part = structs.replace(SOLVED, amount=yuan(300), remedies=("REPLACE",))
    given = state_of([RECEIVED, structs.replace(PROPOSED, offered=yuan(400)), part])
    (approved,) = decide(given, ApproveSolution("SALESPERSON", date(2026, 3, 9), TODAY), LIMITED)
    assert isinstance(approved, SolutionApproved) and approved.offered == yuan(400)
    above = state_of([RECEIVED, structs.replace(PROPOSED, offered=yuan(401)), part])
    with pytest.raises(refusals.AboveAuthority, match="401 CNY"):
        decide(above, ApproveSolution("SALESPERSON", date(2026, 3, 9), TODAY), LIMITED)


def test_an_approval_without_a_figure_approves_no_figure() -> None:
    approved = structs.replace(APPROVED, authority="HEADQUARTERS", rule_version=1, decided_by=UUID(int=7))
    given = state_of([RECEIVED, PROPOSED, approved])
    with pytest.raises(refusals.AboveAuthority, match="401 CNY"):
        decide(given, replace(SOLVE, amount=yuan(401)), LIMITED)
    (within,) = decide(given, replace(SOLVE, amount=yuan(400)), LIMITED)
    assert isinstance(within, SolutionCarriedOut)
    assert (within.authority, within.approved_by) == ("SALESPERSON", None)
    (as_approved,) = decide(given, SOLVE, LIMITED)
    assert isinstance(as_approved, SolutionCarriedOut)
    assert (as_approved.authority, as_approved.approved_by) == ("HEADQUARTERS", UUID(int=7))


def test_what_was_agreed_is_carried_out_where_no_amount_is_said() -> None:
    settled = structs.replace(SETTLED, agreed=yuan(100), authority="SALESPERSON", rule_version=1)
    (carried_out,) = decide(state_of([RECEIVED, settled]), SOLVE, LIMITED)
    assert isinstance(carried_out, SolutionCarriedOut)
    assert (carried_out.amount, carried_out.authority) == (yuan(100), "SALESPERSON")
    # Nothing is left of the agreement: what it comes to has to be said, or decided above.
    with pytest.raises(refusals.AboveAuthority, match="nobody has said"):
        decide(state_of([RECEIVED, settled, carried_out]), SOLVE, LIMITED)


def test_what_is_still_to_be_carried_out_is_not_left_unanswered() -> None:
    given = state_of([RECEIVED, structs.replace(SOLVED, amount=yuan(10)), PROPOSED])
    with pytest.raises(refusals.NothingToConfirm):
        decide(given, CloseComplaint("NONE", date(2026, 7, 1), date(2026, 7, 1), unanswered=True))
