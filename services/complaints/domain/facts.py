"""What is known of a complaint's matter: what was said and shown by either side, the cause, who is responsible, what it is linked to.

Facts stand in the complaint's own stream and move no step of its handling. What has ended still takes late evidence, links and
the customer's satisfaction, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any
from uuid import UUID

from services.complaints.domain import fact_refusals as refusals
from services.complaints.domain.refusals import BeforeReceipt, ComplaintEnded, ComplaintUnknown, DayInFuture
from shared.contracts.complaint_facts import (
    BrokenCommitmentNamed,
    CauseFound,
    ComplaintLinked,
    EvidenceAdded,
    EvidenceKind,
    FairWayReason,
    FairWayTold,
    OfComplaint,
    ResponsibilityFixed,
    Responsible,
    SatisfactionGiven,
    Side,
    SummaryConfirmed,
)
from shared.contracts.complaints import Channel, ComplaintClosed, ComplaintKind, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event

BOTH_SIDES: frozenset[Side] = frozenset({"CUSTOMER", "COMPANY"})
WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Facts:
    """`heard`: the sides of which there is evidence. `linked`: the other complaints and cases."""

    complaint_id: UUID
    customer_id: UUID
    kind: ComplaintKind
    received_on: date
    ended: bool = False
    heard: frozenset[Side] = frozenset()
    parties: tuple[Responsible, ...] = ()
    linked: frozenset[UUID] = frozenset()
    commitments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """Base of what is told of a matter on a business day."""

    on: date
    today: date
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class ConfirmSummary(Told):
    summary: str
    confirmed_by: str
    how: Channel
    corrected: bool


@dataclass(frozen=True, slots=True)
class AddEvidence(Told):
    evidence_id: UUID
    side: Side
    kind: EvidenceKind
    given_by: str | None
    reference: str | None
    sha256: str | None
    says: str | None


@dataclass(frozen=True, slots=True)
class FindCause(Told):
    """`kinds`: of complaints that the listed cause may be behind, none for all; None: the cause is not on the list."""

    cause: str
    list_version: int
    kinds: tuple[ComplaintKind, ...] | None


@dataclass(frozen=True, slots=True)
class FixResponsibility(Told):
    parties: tuple[Responsible, ...]


@dataclass(frozen=True, slots=True)
class TellFairWay(Told):
    method: str
    how: Channel
    answer_by: date | None
    words: str | None


@dataclass(frozen=True, slots=True)
class Link(Told):
    """`other`: the facts of the other complaint, None when there is none."""

    other_id: UUID
    other: Facts | None


@dataclass(frozen=True, slots=True)
class NameBrokenCommitment(Told):
    """`version`: that which held on the day of the receipt, None when nothing was promised then."""

    commitment: str
    version: int | None


@dataclass(frozen=True, slots=True)
class GiveSatisfaction(Told):
    score: int
    how: Channel
    words: str | None


FactCommand = (
    ConfirmSummary | AddEvidence | FindCause | FixResponsibility | TellFairWay | Link | NameBrokenCommitment | GiveSatisfaction
)
_AFTER_THE_END = (AddEvidence, Link, GiveSatisfaction)


def fair_way_reason(facts: Facts) -> FairWayReason | None:
    """Why the customer is to be told how a fair solution will be found; None where responsibility is one-sided and clear."""
    if not facts.parties:
        return "FACTS_UNCLEAR"
    return "BOTH_RESPONSIBLE" if {"COMPANY", "CUSTOMER"} <= {one.party for one in facts.parties} else None


def decide(facts: Facts | None, command: FactCommand) -> OfComplaint:
    """The event that the command leads to. Raises a ComplaintRefused."""
    if facts is None:
        raise ComplaintUnknown
    if facts.ended and not isinstance(command, _AFTER_THE_END):
        raise ComplaintEnded
    if command.on > command.today:
        raise DayInFuture
    # A photograph may be older than the complaint; what is said about it is not.
    if command.on < facts.received_on and not isinstance(command, AddEvidence):
        raise BeforeReceipt
    return _decided(facts, command)


def _decided(facts: Facts, command: FactCommand) -> OfComplaint:
    whose: dict[str, Any] = {
        "complaint_id": facts.complaint_id,
        "customer_id": facts.customer_id,
        "decided_by": command.decided_by,
    }
    match command:
        case ConfirmSummary():
            return SummaryConfirmed(
                **whose,
                summary=command.summary,
                confirmed_by=command.confirmed_by,
                confirmed_on=command.on,
                how=command.how,
                corrected=command.corrected,
            )
        case AddEvidence():
            return EvidenceAdded(
                **whose,
                evidence_id=command.evidence_id,
                side=command.side,
                kind=command.kind,
                given_on=command.on,
                given_by=command.given_by,
                reference=command.reference,
                sha256=command.sha256,
                says=command.says,
            )
        case FindCause():
            if command.kinds is None or (command.kinds and facts.kind not in command.kinds):
                raise refusals.CauseNotListed
            return CauseFound(**whose, cause=command.cause, list_version=command.list_version, found_on=command.on)
        case FixResponsibility():
            _check_shares(facts, command.parties)
            return ResponsibilityFixed(**whose, parties=command.parties, fixed_on=command.on)
        case TellFairWay():
            reason = fair_way_reason(facts)
            if reason is None:
                raise refusals.NotResponsibleOfBoth
            return FairWayTold(
                **whose,
                reason=reason,
                method=command.method,
                told_on=command.on,
                how=command.how,
                answer_by=command.answer_by,
                words=command.words,
            )
        case Link():
            _check_link(facts, command)
            return ComplaintLinked(**whose, other_id=command.other_id, kind="SAME_MATTER", linked_on=command.on)
        case NameBrokenCommitment(version=version):
            if version is None:
                raise refusals.CommitmentUnknown
            if command.commitment in facts.commitments:
                raise refusals.CommitmentNamedAlready
            return BrokenCommitmentNamed(**whose, commitment=command.commitment, commitment_version=version, named_on=command.on)
        case GiveSatisfaction():
            if not facts.ended:
                raise refusals.NotEndedYet
            return SatisfactionGiven(**whose, score=command.score, given_on=command.on, how=command.how, words=command.words)


def _check_shares(facts: Facts, parties: tuple[Responsible, ...]) -> None:
    if not facts.heard >= BOTH_SIDES:
        raise refusals.OneSideNotHeard
    each_once = len({(one.party, one.department, one.name) for one in parties}) == len(parties)
    if not each_once or any(one.share <= 0 for one in parties) or sum(one.share for one in parties) != WHOLE:
        raise refusals.SharesNotWhole


def _check_link(facts: Facts, command: Link) -> None:
    if command.other_id == facts.complaint_id:
        raise refusals.LinkedToItself
    if command.other is None:
        raise refusals.OtherUnknown
    if command.other.customer_id != facts.customer_id:
        raise refusals.OfAnotherCustomer
    if command.other_id in facts.linked:
        raise refusals.LinkedAlready


def linked_back(event: ComplaintLinked) -> ComplaintLinked:
    """The same link as the other complaint is told of it."""
    return ComplaintLinked(
        complaint_id=event.other_id,
        customer_id=event.customer_id,
        other_id=event.complaint_id,
        kind=event.kind,
        linked_on=event.linked_on,
        decided_by=event.decided_by,
    )


def evolve(facts: Facts | None, event: Event) -> Facts | None:
    """What is known after one event of the complaint's stream."""
    match event:
        case ComplaintReceived():
            return Facts(event.complaint_id, event.customer_id, event.kind, event.received_on)
        case _ if facts is None:
            return None
        case ComplaintClosed() | ComplaintWithdrawn():
            return replace(facts, ended=True)
        case EvidenceAdded():
            return replace(facts, heard=facts.heard | {event.side})
        case ResponsibilityFixed():
            return replace(facts, parties=event.parties)
        case ComplaintLinked():
            return replace(facts, linked=facts.linked | {event.other_id})
        case BrokenCommitmentNamed():
            return replace(facts, commitments=facts.commitments | {event.commitment})
    return facts


def facts_of(events: Iterable[Event]) -> Facts | None:
    """What is known by the events of a stream; None when nobody has complained."""
    start: Facts | None = None
    return reduce(evolve, events, start)
