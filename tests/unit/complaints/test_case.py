"""Questions, requests for help and opinions: what may become of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.case import (
    AnswerCase,
    Case,
    CaseCommand,
    CloseCase,
    ConfirmCaseSummary,
    MakeComplaint,
    ReceiveCase,
    case_of,
    decide,
    delivered_id,
    evolve,
    receive,
)
from services.complaints.domain.complaint import delivered_id as delivered_complaint
from services.complaints.domain.refusals import BeforeReceipt, ComplaintRefused, DayInFuture

ID, CUSTOMER = UUID(int=1), UUID(int=2)
TODAY, DAY = date(2026, 3, 20), date(2026, 3, 10)
RECEIVE = ReceiveCase(ID, CUSTOMER, "HELP", "HOTLINE", date(2026, 3, 2), TODAY, "USE", None, "How?", None, None, None)
STEP: dict[str, Any] = {"on": DAY, "today": TODAY, "decided_by": None}
ANSWER = AnswerCase(**STEP, how="EMAIL", answer="So.")
CLOSE = CloseCase(**STEP, solved=True)
COMPLAIN = MakeComplaint(**STEP, complaint_id=UUID(int=7))
CONFIRM = ConfirmCaseSummary(**STEP, summary="s", confirmed_by="w", how="HOTLINE", corrected=False)


def given(*commands: CaseCommand, kind: Any = "HELP") -> Case:
    case = case_of([receive(None, replace(RECEIVE, kind=kind))])
    assert case is not None
    for command in commands:
        after = evolve(case, decide(case, command))
        assert after is not None
        case = after
    return case


def refused(case: Case | None, command: CaseCommand, refusal: type[ComplaintRefused]) -> None:
    with pytest.raises(refusal):
        decide(case, command)


def test_a_case_is_received_once_and_not_in_the_future() -> None:
    with pytest.raises(refusals.CaseExists):
        receive(given(), RECEIVE)
    with pytest.raises(DayInFuture):
        receive(None, replace(RECEIVE, received_on=date(2026, 3, 21)))
    refused(None, ANSWER, refusals.CaseUnknown)


@pytest.mark.parametrize("kind", ["QUESTION", "HELP"])
def test_a_question_or_request_is_answered_before_it_is_closed(kind: str) -> None:
    refused(given(kind=kind), CLOSE, refusals.CaseNotAnswered)
    assert given(ANSWER, CLOSE, kind=kind).ended


def test_an_opinion_is_heard() -> None:
    assert given(CLOSE, kind="OPINION").ended


@pytest.mark.parametrize("end", [CLOSE, COMPLAIN], ids=lambda one: type(one).__name__)
def test_what_has_ended_stays(end: CaseCommand) -> None:
    ended = given(ANSWER, end)
    for command in (ANSWER, CLOSE, COMPLAIN, CONFIRM):
        refused(ended, command, refusals.CaseEnded)


@pytest.mark.parametrize("command", [ANSWER, COMPLAIN, CONFIRM], ids=lambda one: type(one).__name__)
def test_steps_lie_between_the_receipt_and_today(command: CaseCommand) -> None:
    refused(given(), replace(command, on=date(2026, 3, 1)), BeforeReceipt)
    refused(given(), replace(command, on=date(2026, 3, 21)), DayInFuture)


def test_a_case_and_a_complaint_of_one_number_at_the_source_are_two() -> None:
    assert delivered_id("crm", "1") == delivered_id("crm", "1")
    assert delivered_id("crm", "1") != delivered_complaint("crm", "1")
