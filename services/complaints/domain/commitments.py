"""What the company promises in general: every product, service and guarantee, in versions with the days from which they hold. Pure.

What is promised to one customer is a promise of that customer's card; a commitment names the kind of such promises by which it
is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from uuid import UUID

from services.complaints.domain import fact_refusals as refusals
from shared.contracts.complaint_facts import CommitmentEnded, CommitmentPublished, PromisedWhat, PromiseKind
from shared.contracts.event import Event

STREAM = "commitments"
Version = CommitmentPublished | CommitmentEnded
Register = Mapping[str, tuple[Version, ...]]
"""By code, the versions in the order in which they were published."""


@dataclass(frozen=True, slots=True)
class PublishCommitment:
    commitment: str
    what: PromisedWhat
    title: str
    words: str
    since: date
    article: str | None
    guarantee_days: int | None
    promise_kind: PromiseKind | None
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class EndCommitment:
    commitment: str
    until: date
    decided_by: UUID | None


def decide(register: Register, command: PublishCommitment | EndCommitment) -> Version:
    """The next version. Raises a ComplaintRefused."""
    versions = register.get(command.commitment, ())
    if isinstance(command, EndCommitment):
        if not versions or isinstance(versions[-1], CommitmentEnded):
            raise refusals.CommitmentUnknown
        if command.until < day_of(versions[-1]):
            raise refusals.CommitmentBackwards
        return CommitmentEnded(
            commitment=command.commitment, version=len(versions) + 1, until=command.until, decided_by=command.decided_by
        )
    if versions and command.since < day_of(versions[-1]):
        raise refusals.CommitmentBackwards
    if (command.guarantee_days is None) == (command.what == "GUARANTEE"):
        raise refusals.GuaranteeWithoutDays
    return CommitmentPublished(
        commitment=command.commitment,
        version=len(versions) + 1,
        what=command.what,
        title=command.title,
        words=command.words,
        since=command.since,
        article=command.article,
        guarantee_days=command.guarantee_days,
        promise_kind=command.promise_kind,
        decided_by=command.decided_by,
    )


def day_of(version: Version) -> date:
    """From when the version holds."""
    return version.until if isinstance(version, CommitmentEnded) else version.since


def in_force(register: Register, commitment: str, day: date) -> CommitmentPublished | None:
    """What was promised on that day under this code; of two versions from one day the later published."""
    held = [version for version in register.get(commitment, ()) if day_of(version) <= day]
    last = held[-1] if held else None
    return last if isinstance(last, CommitmentPublished) else None


def evolve(register: Register, event: Event) -> Register:
    match event:
        case CommitmentPublished() | CommitmentEnded():
            return {**register, event.commitment: (*register.get(event.commitment, ()), event)}
    return register


def register_of(events: Iterable[Event]) -> Register:
    start: Register = {}
    return reduce(evolve, events, start)
