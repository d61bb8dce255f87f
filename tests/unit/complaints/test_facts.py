"""What may be told of a complaint's matter, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.facts import (
    AddEvidence,
    ConfirmSummary,
    FactCommand,
    Facts,
    FindCause,
    FixResponsibility,
    GiveSatisfaction,
    Link,
    NameBrokenCommitment,
    TellFairWay,
    decide,
    evolve,
    facts_of,
    fair_way_reason,
    linked_back,
)
from services.complaints.domain.refusals import BeforeReceipt, ComplaintEnded, ComplaintRefused, ComplaintUnknown, DayInFuture
from services.complaints.domain.states import NotReceived, Open, state_of
from shared.contracts.complaint_facts import ComplaintLinked, OfComplaint, Responsible
from shared.contracts.complaints import ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event

ID, OTHER, CUSTOMER, BY = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
TODAY, DAY = date(2026, 3, 20), date(2026, 3, 10)
RECEIVED = ComplaintReceived(complaint_id=ID, customer_id=CUSTOMER, kind="QUALITY", channel="WEB", received_on=date(2026, 3, 1))
CLOSED = ComplaintClosed(complaint_id=ID, customer_id=CUSTOMER, closed_on=date(2026, 3, 15))
WITHDRAWN = ComplaintWithdrawn(complaint_id=ID, customer_id=CUSTOMER, withdrawn_on=date(2026, 3, 15))
TOLD: dict[str, Any] = {"on": DAY, "today": TODAY, "decided_by": BY}
OTHERS = Facts(OTHER, CUSTOMER, "QUALITY", date(2026, 3, 2))


def evidence(side: Any) -> AddEvidence:
    return AddEvidence(
        **TOLD,
        evidence_id=UUID(int=9),
        side=side,
        kind="STATEMENT",
        given_by=None,
        reference=None,
        sha256=None,
        says="So it was.",
    )


def share(party: Any, per_cent: str, **more: Any) -> Responsible:
    return Responsible(party=party, share=Decimal(per_cent), **more)


CAUSE = FindCause(**TOLD, cause="MATERIAL", list_version=0, kinds=("QUALITY",))
SUMMARY = ConfirmSummary(**TOLD, summary="s", confirmed_by="w", how="HOTLINE", corrected=False)
BOTH = FixResponsibility(**TOLD, parties=(share("COMPANY", "50", department="SALES"), share("CUSTOMER", "50")))
OURS = FixResponsibility(**TOLD, parties=(share("COMPANY", "100", department="SALES"),))
FAIR = TellFairWay(**TOLD, method="ARBITRATION", how="HOTLINE", answer_by=None, words=None)
LINK = Link(**TOLD, other_id=OTHER, other=OTHERS)
NAMED = NameBrokenCommitment(**TOLD, commitment="HINGES", version=2)
CONTENT = GiveSatisfaction(**TOLD, score=4, how="HOTLINE", words=None)
ALL: tuple[FactCommand, ...] = (evidence("CUSTOMER"), CAUSE, SUMMARY, FAIR, LINK, NAMED)


def given(*events: Event | FactCommand) -> Facts:
    """What is known after a receipt and what was told since."""
    facts = facts_of([RECEIVED])
    assert facts is not None
    for one in events:
        after = evolve(facts, one if isinstance(one, Event) else decide(facts, one))
        assert after is not None
        facts = after
    return facts


def told(facts: Facts | None, command: FactCommand) -> OfComplaint:
    return decide(facts, command)


def refused(facts: Facts | None, command: FactCommand, refusal: type[ComplaintRefused]) -> None:
    with pytest.raises(refusal):
        decide(facts, command)


def test_nothing_is_told_of_a_complaint_that_nobody_made() -> None:
    refused(None, CAUSE, ComplaintUnknown)


@pytest.mark.parametrize("command", ALL, ids=lambda one: type(one).__name__)
def test_no_fact_moves_the_handling(command: FactCommand) -> None:
    before = state_of([RECEIVED])
    assert state_of([RECEIVED, told(given(), command)]) == before
    assert isinstance(before, Open)
    assert not isinstance(before, NotReceived)


@pytest.mark.parametrize("command", ALL, ids=lambda one: type(one).__name__)
def test_nothing_is_told_in_the_future_and_only_evidence_is_older_than_the_receipt(command: FactCommand) -> None:
    refused(given(), replace(command, on=TODAY + timedelta(days=1)), DayInFuture)
    early = replace(command, on=date(2026, 2, 28))
    if isinstance(command, AddEvidence):
        assert told(given(), early)
    else:
        refused(given(), early, BeforeReceipt)


@pytest.mark.parametrize("end", [CLOSED, WITHDRAWN], ids=lambda one: type(one).__name__)
def test_what_has_ended_takes_evidence_links_and_satisfaction_only(end: Event) -> None:
    ended = given(end)
    for command in (evidence("COMPANY"), LINK, CONTENT):
        assert told(ended, command)
    for command in (CAUSE, SUMMARY, FAIR, NAMED, OURS):
        refused(ended, command, ComplaintEnded)
    refused(given(), CONTENT, refusals.NotEndedYet)


def test_responsibility_rests_on_what_both_sides_have_said() -> None:
    refused(given(), OURS, refusals.OneSideNotHeard)
    refused(given(evidence("CUSTOMER")), OURS, refusals.OneSideNotHeard)
    refused(given(evidence("COMPANY"), evidence("THIRD_PARTY")), OURS, refusals.OneSideNotHeard)
    heard = given(evidence("COMPANY"), evidence("CUSTOMER"))
    assert evolve(heard, told(heard, OURS)) == replace(heard, parties=OURS.parties)


@pytest.mark.parametrize(
    "parties",
    [
        (),
        (share("COMPANY", "99.99", department="SALES"),),
        (share("COMPANY", "100.01", department="SALES"),),
        (share("COMPANY", "110", department="SALES"), share("CUSTOMER", "-10")),
        (share("COMPANY", "100", department="SALES"), share("CUSTOMER", "0")),
        (share("CARRIER", "50", name="YTO"), share("CARRIER", "50", name="YTO")),
    ],
)
def test_shares_are_whole_above_nothing_and_each_party_stands_once(parties: tuple[Responsible, ...]) -> None:
    heard = given(evidence("COMPANY"), evidence("CUSTOMER"))
    refused(heard, FixResponsibility(**TOLD, parties=parties), refusals.SharesNotWhole)


def test_thirds_and_two_departments_are_whole() -> None:
    heard = given(evidence("COMPANY"), evidence("CUSTOMER"))
    parties = (
        share("COMPANY", "33.33", department="SALES"),
        share("COMPANY", "33.33", department="STORE"),
        share("CUSTOMER", "33.34"),
    )
    assert told(heard, FixResponsibility(**TOLD, parties=parties))


def test_a_fair_way_is_told_while_unclear_or_where_both_are_responsible() -> None:
    heard = given(evidence("COMPANY"), evidence("CUSTOMER"))
    assert fair_way_reason(given()) == "FACTS_UNCLEAR"
    assert fair_way_reason(given(evidence("COMPANY"), evidence("CUSTOMER"), BOTH)) == "BOTH_RESPONSIBLE"
    clear = evolve(heard, told(heard, OURS))
    refused(clear, FAIR, refusals.NotResponsibleOfBoth)


def test_a_cause_is_on_the_list_for_complaints_of_this_kind() -> None:
    assert told(given(), CAUSE)
    assert told(given(), replace(CAUSE, kinds=()))
    refused(given(), replace(CAUSE, kinds=("TRANSPORT",)), refusals.CauseNotListed)
    refused(given(), replace(CAUSE, kinds=None), refusals.CauseNotListed)


def test_a_link_is_told_to_both_once() -> None:
    link = told(given(), LINK)
    assert isinstance(link, ComplaintLinked)
    back = linked_back(link)
    assert (back.complaint_id, back.other_id, back.kind, back.linked_on) == (OTHER, ID, "SAME_MATTER", DAY)
    assert linked_back(back) == link
    refused(given(LINK), LINK, refusals.LinkedAlready)
    refused(given(), replace(LINK, other_id=ID), refusals.LinkedToItself)
    refused(given(), replace(LINK, other=None), refusals.OtherUnknown)
    refused(given(), replace(LINK, other=replace(OTHERS, customer_id=UUID(int=8))), refusals.OfAnotherCustomer)
    assert complaint_stream(back.complaint_id) != complaint_stream(link.complaint_id)


def test_a_commitment_is_named_once_in_the_version_that_held() -> None:
    assert told(given(), NAMED)
    refused(given(NAMED), NAMED, refusals.CommitmentNamedAlready)
    refused(given(), replace(NAMED, version=None), refusals.CommitmentUnknown)
