"""A warning about no single customer, from its opening to its end: data open, change and end it, persons look after it.

What the data say is accepted in every state; a person ends it, with a cause and an outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict
from uuid import UUID, uuid5

from services.alerts.domain import refusals
from services.alerts.domain.alert import Acknowledge, AddNote, Close
from services.alerts.domain.judging import ALERTS
from shared.contracts.alerts import Finding
from shared.contracts.company_alerts import (
    Child,
    CompanyAlertAcknowledged,
    CompanyAlertChanged,
    CompanyAlertClosed,
    CompanyAlertEnded,
    CompanyAlertEvent,
    CompanyAlertNoteAdded,
    CompanyAlertOpened,
    Subject,
)

CompanyCommand = Acknowledge | AddNote | Close


def company_alert_id(rule_id: str, subject: Subject, channel: str, began_on: date) -> UUID:
    """The same rule, subject, channel and beginning are the same alert, whoever computes it and whenever."""
    return uuid5(ALERTS, f"{rule_id}/{subject.kind}/{subject.id}/{channel}/{began_on}")


def company_stream(alert_id: UUID) -> str:
    return f"company-alert-{alert_id}"


@dataclass(frozen=True, slots=True)
class CompanyAlert:
    """`state` is OPEN, ACKNOWLEDGED, ENDED or CLOSED; `ended`: the data say that it is over, whatever persons did."""

    alert_id: UUID
    subject: Subject
    channel: str
    began_on: date
    finding: Finding
    children: tuple[Child, ...]
    state: str = "OPEN"
    ended: bool = False
    next_check_on: date | None = None


def evolve(state: CompanyAlert | None, event: CompanyAlertEvent) -> CompanyAlert | None:
    if isinstance(event, CompanyAlertOpened):
        return CompanyAlert(event.alert_id, event.subject, event.channel, event.began_on, event.finding, event.children)
    if state is None:
        return None
    match event:
        case CompanyAlertChanged():
            worse = event.finding.level != state.finding.level
            state = replace(state, finding=event.finding, children=event.children)
            return replace(state, state="OPEN", next_check_on=None) if worse else state
        case CompanyAlertEnded():
            return replace(state, ended=True, state="CLOSED" if state.state == "CLOSED" else "ENDED")
        case CompanyAlertAcknowledged():
            return replace(
                state, state="ACKNOWLEDGED" if state.state == "OPEN" else state.state, next_check_on=event.next_check_on
            )
        case CompanyAlertClosed():
            return replace(state, state="CLOSED", next_check_on=None)
    return state


def state_of(events: Iterable[CompanyAlertEvent]) -> CompanyAlert | None:
    state: CompanyAlert | None = None
    for event in events:
        state = evolve(state, event)
    return state


class _About(TypedDict):
    alert_id: UUID
    subject: Subject


def decide(state: CompanyAlert | None, command: CompanyCommand) -> CompanyAlertEvent:
    """The event that the command leads to. Raises an AlertRefused."""
    if state is None:
        raise refusals.AlertUnknown
    about: _About = {"alert_id": state.alert_id, "subject": state.subject}
    if isinstance(command, AddNote):
        # Also when it is closed: what comes out later belongs to it.
        return CompanyAlertNoteAdded(**about, note=command.note, added_by=command.by)
    if state.state == "CLOSED":
        raise refusals.AlertIsClosed
    if isinstance(command, Close):
        if command.cause is None:
            raise refusals.CauseMissing
        return CompanyAlertClosed(**about, outcome=command.outcome, cause=command.cause, closed_by=command.by)
    if command.next_check_on <= command.today:
        raise refusals.NextCheckNotAhead
    return CompanyAlertAcknowledged(**about, acknowledged_by=command.by, next_check_on=command.next_check_on)
