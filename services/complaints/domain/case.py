"""A question, a request for help or an opinion, from its receipt to its end. It is no complaint and is counted with none. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID, uuid5

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.refusals import BeforeReceipt, DayInFuture
from shared.contracts.complaint_facts import (
    CaseAnswered,
    CaseBecameComplaint,
    CaseClosed,
    CaseKind,
    CaseReceived,
    CaseSummaryConfirmed,
    Concern,
    OfCase,
)
from shared.contracts.complaints import Channel
from shared.contracts.event import Event

_DELIVERED = UUID("d0b7d9c8-5b0b-5d0e-8b8e-3f2a5c1d7e90")


@dataclass(frozen=True, slots=True)
class Case:
    """`ended`: closed, or become a complaint."""

    case_id: UUID
    customer_id: UUID
    kind: CaseKind
    channel: Channel
    received_on: date
    article: str | None = None
    answered: bool = False
    ended: bool = False


@dataclass(frozen=True, slots=True)
class ReceiveCase:
    case_id: UUID
    customer_id: UUID
    kind: CaseKind
    channel: Channel
    received_on: date
    today: date
    concern: Concern
    article: str | None
    text: str | None
    source: str | None
    source_event_id: str | None
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class CaseStep:
    """Base of what is done with a case on a business day."""

    on: date
    today: date
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class ConfirmCaseSummary(CaseStep):
    summary: str
    confirmed_by: str
    how: Channel
    corrected: bool


@dataclass(frozen=True, slots=True)
class AnswerCase(CaseStep):
    how: Channel
    answer: str | None


@dataclass(frozen=True, slots=True)
class CloseCase(CaseStep):
    solved: bool


@dataclass(frozen=True, slots=True)
class MakeComplaint(CaseStep):
    """The complaint is received with it, see the handler."""

    complaint_id: UUID


CaseCommand = ConfirmCaseSummary | AnswerCase | CloseCase | MakeComplaint


def case_stream(case_id: UUID) -> str:
    return f"case-{case_id}"


def delivered_id(source: str, source_event_id: str) -> UUID:
    """Id of a case that a system delivers under an id of its own: delivered twice, it is one. A source holds no slash."""
    return uuid5(_DELIVERED, f"{source}/{source_event_id}")


def receive(case: Case | None, command: ReceiveCase) -> CaseReceived:
    """Raises a ComplaintRefused."""
    if case is not None:
        raise refusals.CaseExists
    if command.received_on > command.today:
        raise DayInFuture
    return CaseReceived(
        case_id=command.case_id,
        customer_id=command.customer_id,
        kind=command.kind,
        channel=command.channel,
        received_on=command.received_on,
        concern=command.concern,
        article=command.article,
        text=command.text,
        source=command.source,
        source_event_id=command.source_event_id,
        decided_by=command.decided_by,
    )


def decide(case: Case | None, command: CaseCommand) -> OfCase:
    """The event that a step leads to. Raises a ComplaintRefused."""
    if case is None:
        raise refusals.CaseUnknown
    if case.ended:
        raise refusals.CaseEnded
    if command.on > command.today:
        raise DayInFuture
    if command.on < case.received_on:
        raise BeforeReceipt
    whose: dict[str, Any] = {"case_id": case.case_id, "customer_id": case.customer_id, "decided_by": command.decided_by}
    match command:
        case ConfirmCaseSummary():
            return CaseSummaryConfirmed(
                **whose,
                summary=command.summary,
                confirmed_by=command.confirmed_by,
                confirmed_on=command.on,
                how=command.how,
                corrected=command.corrected,
            )
        case AnswerCase():
            return CaseAnswered(**whose, answered_on=command.on, how=command.how, answer=command.answer)
        case CloseCase():
            if case.kind != "OPINION" and not case.answered:
                raise refusals.CaseNotAnswered
            return CaseClosed(**whose, closed_on=command.on, solved=command.solved)
        case MakeComplaint():
            return CaseBecameComplaint(**whose, complaint_id=command.complaint_id, on=command.on)


def evolve(case: Case | None, event: Event) -> Case | None:
    """The case after one event of its stream."""
    match event:
        case CaseReceived():
            return Case(event.case_id, event.customer_id, event.kind, event.channel, event.received_on, event.article)
        case CaseAnswered() if case is not None:
            return replace(case, answered=True)
        case CaseClosed() | CaseBecameComplaint() if case is not None:
            return replace(case, ended=True)
    return case


def case_of(events: Iterable[Event]) -> Case | None:
    start: Case | None = None
    return reduce(evolve, events, start)
