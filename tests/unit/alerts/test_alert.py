"""The alert: what persons may do with it, and that data always get through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import pytest

from services.alerts.domain import refusals
from services.alerts.domain.alert import (
    Acknowledge,
    AddNote,
    AlertCommand,
    Close,
    DecideMeasure,
    RecordCause,
    ReportAbnormality,
    decide,
)
from services.alerts.domain.alert_state import evolve, state_of
from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    Finding,
    MeasureDecided,
    NoteAdded,
)

ALERT, CUSTOMER, PERSON = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = date(2026, 3, 2)
ABOUT = {"alert_id": ALERT, "customer_id": CUSTOMER, "kind": "credit"}
FINDING = Finding(rule_id="overdue_debt", rule_version=1, level="act", true_on=DAY, reasons=())
OPENED = AlertOpened(**ABOUT, channel="CNY", finding=FINDING)
WORSENED = AlertWorsened(**ABOUT, finding=FINDING)
RECOVERED = AlertRecovered(**ABOUT, reasons=(), true_on=DAY)
REOPENED = AlertReopened(**ABOUT, finding=FINDING)
ACKNOWLEDGED = AlertAcknowledged(**ABOUT, acknowledged_by=PERSON, next_check_on=DAY)
CAUSE = CauseRecorded(**ABOUT, cause="CASH", recorded_by=PERSON)
CLOSED = AlertClosed(**ABOUT, outcome="TRUE", cause="CASH", closed_by=PERSON)
LOOK = Acknowledge(PERSON, date(2026, 3, 5), DAY)
REPORT = ReportAbnormality(ALERT, CUSTOMER, PERSON, DAY, DAY, "Sells below cost")


@dataclass(frozen=True)
class given:
    events: Sequence[AlertEvent]

    def when(self, command: AlertCommand | ReportAbnormality) -> given:
        return given(decide(state_of(self.events), command))

    def then(self, *expected: AlertEvent) -> None:
        assert list(self.events) == list(expected)


def test_the_whole_procedure() -> None:
    given([OPENED]).when(Acknowledge(PERSON, date(2026, 3, 3), DAY)).then(
        AlertAcknowledged(**ABOUT, acknowledged_by=PERSON, next_check_on=date(2026, 3, 3))
    )
    given([OPENED]).when(RecordCause(PERSON, "CASH")).then(CAUSE)
    given([OPENED]).when(DecideMeasure(PERSON, "STOP")).then(MeasureDecided(**ABOUT, measure="STOP", decided_by=PERSON))
    given([OPENED, CAUSE]).when(Close(PERSON, "TRUE")).then(CLOSED)
    given([OPENED]).when(Close(PERSON, "TRUE", "CASH")).then(CLOSED)
    given([]).when(REPORT).then(
        AbnormalityReported(
            alert_id=ALERT, customer_id=CUSTOMER, kind="reported", reported_by=PERSON, reported_on=DAY, sign="Sells below cost"
        )
    )


@pytest.mark.parametrize("before", [[OPENED], [OPENED, ACKNOWLEDGED], [OPENED, RECOVERED], [OPENED, CLOSED]])
def test_notes_are_taken_in_every_state(before: list[AlertEvent]) -> None:
    given(before).when(AddNote(PERSON, "They paid.")).then(NoteAdded(**ABOUT, note="They paid.", added_by=PERSON))


@pytest.mark.parametrize(
    ("before", "command", "refusal"),
    [
        ([], LOOK, refusals.AlertUnknown),
        ([OPENED], REPORT, refusals.AlertExists),
        ([], ReportAbnormality(ALERT, CUSTOMER, PERSON, date(2026, 3, 3), DAY, "x"), refusals.ReportedInFuture),
        ([OPENED], Acknowledge(PERSON, DAY, DAY), refusals.NextCheckNotAhead),
        ([OPENED], Close(PERSON, "FALSE"), refusals.CauseMissing),
        ([OPENED], Close(PERSON, "TRUE", "CASH", (), date(2026, 3, 3), DAY), refusals.CameTrueAhead),
        ([OPENED, CLOSED], LOOK, refusals.AlertIsClosed),
        ([OPENED, CLOSED], DecideMeasure(PERSON, "RELEASE"), refusals.AlertIsClosed),
        ([OPENED, CLOSED], Close(PERSON, "TRUE", "CASH"), refusals.AlertIsClosed),
    ],
)
def test_refusals_are_named(before: list[AlertEvent], command: AlertCommand, refusal: type[refusals.AlertRefused]) -> None:
    with pytest.raises(refusal):
        given(before).when(command)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([OPENED, ACKNOWLEDGED], "ACKNOWLEDGED"),
        ([OPENED, ACKNOWLEDGED, WORSENED], "OPEN"),
        ([OPENED, ACKNOWLEDGED, RECOVERED], "RECOVERED"),
        ([OPENED, RECOVERED, ACKNOWLEDGED], "RECOVERED"),
        ([OPENED, RECOVERED, REOPENED], "OPEN"),
        ([OPENED, CLOSED, RECOVERED], "CLOSED"),
        ([OPENED, CLOSED, WORSENED], "OPEN"),
        ([OPENED, CLOSED, REOPENED], "OPEN"),
        ([WORSENED], "OPEN"),
        ([RECOVERED], "RECOVERED"),
    ],
)
def test_what_the_data_say_is_accepted_in_every_state(events: list[AlertEvent], state: str) -> None:
    """INVARIANT: broken by a state in which evolve raises; the engine appends without having read the alert."""
    found = state_of(events)
    assert found is not None and found.state == state
    for event in (WORSENED, RECOVERED, REOPENED):
        evolve(found, event)
