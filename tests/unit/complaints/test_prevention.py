"""Measures so that it does not come again, commitments in versions, and the list of causes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.causes import BUILT_IN, kinds_of, list_of
from services.complaints.domain.causes import publish as publish_causes
from services.complaints.domain.commitments import (
    EndCommitment,
    PublishCommitment,
    Register,
    in_force,
    register_of,
)
from services.complaints.domain.commitments import decide as commit
from services.complaints.domain.prevention import (
    CarryOutMeasure,
    CheckMeasure,
    DecideMeasure,
    DropMeasure,
    Measure,
    MeasureCommand,
    Spans,
    begin,
    decide,
    evolve,
    measure_of,
    spans,
)
from services.complaints.domain.refusals import ComplaintRefused, DayInFuture
from shared.contracts.complaint_facts import Cause, PreventionChecked

ID = UUID(int=1)
TODAY = date(2026, 5, 1)
DECIDE = DecideMeasure(
    ID, "batch", "B-1", "CHECK", "E-1", date(2026, 3, 1), date(2026, 3, 9), check_days=10, today=TODAY, decided_by=None
)
STEP: dict[str, Any] = {"today": TODAY, "decided_by": None}
DONE = CarryOutMeasure(on=date(2026, 3, 8), **STEP)
CHECK = CheckMeasure(on=date(2026, 3, 18), before=3, after=2, **STEP)
DROP = DropMeasure(on=date(2026, 3, 5), reason="RECALLED", **STEP)


def given(*commands: MeasureCommand) -> Measure:
    measure = measure_of([begin(None, DECIDE)])
    assert measure is not None
    for command in commands:
        after = evolve(measure, decide(measure, command))
        assert after is not None
        measure = after
    return measure


def refused(measure: Measure | None, command: MeasureCommand, refusal: type[ComplaintRefused]) -> None:
    with pytest.raises(refusal):
        decide(measure, command)


def test_a_measure_is_decided_once_by_today_and_due_afterwards() -> None:
    with pytest.raises(refusals.MeasureExists):
        begin(given(), DECIDE)
    with pytest.raises(DayInFuture):
        begin(None, replace(DECIDE, decided_on=date(2026, 5, 2), due_on=date(2026, 6, 1)))
    with pytest.raises(refusals.DueBeforeDecided):
        begin(None, replace(DECIDE, due_on=date(2026, 2, 28)))
    refused(None, DONE, refusals.MeasureUnknown)


def test_equally_many_days_before_and_after_are_compared() -> None:
    assert spans(given()) is None
    assert spans(given(DONE)) == Spans(date(2026, 2, 26), date(2026, 3, 8), date(2026, 3, 18))


def test_the_effect_is_checked_when_the_days_are_over() -> None:
    refused(given(), CHECK, refusals.MeasureNotCarriedOut)
    refused(given(DONE), replace(CHECK, on=date(2026, 3, 17)), refusals.CheckTooEarly)
    assert given(DONE, CHECK).ended


@pytest.mark.parametrize(("before", "after", "effective"), [(3, 2, True), (3, 3, False), (0, 0, False), (0, 1, False)])
def test_fewer_than_before_is_an_effect(before: int, after: int, effective: bool) -> None:
    event = decide(given(DONE), replace(CHECK, before=before, after=after))
    assert isinstance(event, PreventionChecked)
    assert event.effective is effective


def test_a_measure_is_carried_out_once_after_its_decision_and_ends_once() -> None:
    refused(given(DONE), DONE, refusals.MeasureCarriedOutAlready)
    refused(given(), replace(DONE, on=date(2026, 2, 28)), refusals.BeforeDecision)
    refused(given(), replace(DONE, on=date(2026, 5, 2)), DayInFuture)
    for ended in (given(DROP), given(DONE, CHECK), given(DONE, DROP)):
        for command in (DONE, CHECK, DROP):
            refused(ended, command, refusals.MeasureEnded)


GUARANTEE = PublishCommitment("HINGES", "GUARANTEE", "Two years", "They hold.", date(2026, 1, 1), None, 730, "REPAIR", None)


def promised(*commands: PublishCommitment | EndCommitment) -> Register:
    events: list[Any] = []
    for command in commands:
        events.append(commit(register_of(events), command))
    return register_of(events)


def test_a_commitment_holds_from_its_day_until_the_next_version() -> None:
    longer = replace(GUARANTEE, since=date(2026, 4, 1), guarantee_days=1095)
    register = promised(GUARANTEE, longer, EndCommitment("HINGES", date(2026, 6, 1), None))

    def days(day: date) -> int | None:
        held = in_force(register, "HINGES", day)
        return None if held is None else held.guarantee_days

    assert [days(date(2025, 12, 31)), days(date(2026, 1, 1)), days(date(2026, 3, 31))] == [None, 730, 730]
    assert [days(date(2026, 4, 1)), days(date(2026, 5, 31)), days(date(2026, 6, 1))] == [1095, 1095, None]
    again = promised(GUARANTEE, EndCommitment("HINGES", date(2026, 6, 1), None), replace(GUARANTEE, since=date(2026, 7, 1)))
    assert in_force(again, "HINGES", date(2026, 7, 1)) is not None
    corrected = promised(GUARANTEE, replace(GUARANTEE, guarantee_days=365))
    found = in_force(corrected, "HINGES", date(2026, 1, 1))
    assert found is not None
    assert (found.version, found.guarantee_days) == (2, 365)


@pytest.mark.parametrize(
    ("before", "command", "refusal"),
    [
        ((GUARANTEE,), replace(GUARANTEE, since=date(2025, 12, 31)), refusals.CommitmentBackwards),
        ((GUARANTEE,), EndCommitment("HINGES", date(2025, 12, 31), None), refusals.CommitmentBackwards),
        ((), EndCommitment("HINGES", TODAY, None), refusals.CommitmentUnknown),
        ((GUARANTEE, EndCommitment("HINGES", TODAY, None)), EndCommitment("HINGES", TODAY, None), refusals.CommitmentUnknown),
        ((), replace(GUARANTEE, guarantee_days=None), refusals.GuaranteeWithoutDays),
        ((), replace(GUARANTEE, what="SERVICE"), refusals.GuaranteeWithoutDays),
    ],
)
def test_what_cannot_be_promised(before: Any, command: Any, refusal: type[ComplaintRefused]) -> None:
    with pytest.raises(refusal):
        commit(promised(*before), command)


def test_the_list_of_causes_is_replaced_as_a_whole() -> None:
    assert list_of([]) == BUILT_IN
    first = publish_causes(
        BUILT_IN, (Cause(code="STEEL", name="Steel", kinds=("QUALITY",)), Cause(code="OTHER", name="Other")), None
    )
    assert (first.version, kinds_of(first, "STEEL"), kinds_of(first, "OTHER"), kinds_of(first, "MATERIAL")) == (
        1,
        ("QUALITY",),
        (),
        None,
    )
    second = publish_causes(first, (Cause(code="OTHER", name="Other"),), None)
    assert list_of([first, second]) == second
    assert second.version == 2
    with pytest.raises(refusals.CausesTwice):
        publish_causes(first, (Cause(code="OTHER", name="Other"), Cause(code="OTHER", name="Another")), None)


def test_every_kind_of_complaint_finds_its_cause_in_the_built_in_list() -> None:
    for kind in ("QUALITY", "CONTRACT", "TRANSPORT", "SERVICE"):
        assert sum(not cause.kinds or kind in cause.kinds for cause in BUILT_IN.causes) >= 4
