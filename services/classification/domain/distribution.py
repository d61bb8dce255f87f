"""How far a dealer distributes: breadth (sub-dealers that buy from it) and depth (articles that each buys), held against a target. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.plans import DistributionTargetSet, Milestone

Targets = Mapping[date, DistributionTargetSet]
"""By the first day of each; of two for the same day the later one stands."""
NONE: Targets = {}


class TargetOutOfRange(EntryRefused):
    """Days in order, figures above nothing; milestones in order of their days, within those of the target, no further than it."""


@dataclass(frozen=True, slots=True)
class SetTarget:
    customer_id: UUID
    from_on: date
    to_on: date
    breadth: int | None
    depth: Decimal | None
    milestones: tuple[Milestone, ...]
    decided_by: UUID


class Reached(NamedTuple):
    """`attached` sub-dealers belong to the dealer, `breadth` bought from it; `depth` None: no sale of it names an article."""

    attached: int
    breadth: int
    depth: Decimal | None
    articles: int


class Standing(NamedTuple):
    """`due` is what was to be reached by the day: the last milestone, the target itself once its time is over; None: nothing yet.

    `met`: the target itself is reached. `behind`: what was due is not.
    """

    met: bool
    due: Milestone | None
    behind: bool
    breadth_missing: int | None
    depth_missing: Decimal | None


State = Literal["NO_TARGET", "MET", "ON_THE_WAY", "BEHIND"]


def stream_of(customer_id: UUID) -> str:
    return f"distribution-{customer_id}"


def decide(known: Targets, command: SetTarget) -> list[Event]:
    """What follows; nothing when it says what is known. Raises TargetOutOfRange."""
    if command.from_on > command.to_on or not _above_nothing(command.breadth, command.depth):
        raise TargetOutOfRange
    before = command.from_on
    for n, one in enumerate(command.milestones):
        if not (before <= one.by_on <= command.to_on and _above_nothing(one.breadth, one.depth)) or (n and one.by_on == before):
            raise TargetOutOfRange
        if _further(one.breadth, command.breadth) or _further(one.depth, command.depth):
            raise TargetOutOfRange
        before = one.by_on
    event = DistributionTargetSet(
        customer_id=command.customer_id,
        from_on=command.from_on,
        to_on=command.to_on,
        breadth=command.breadth,
        depth=command.depth,
        milestones=command.milestones,
        decided_by=command.decided_by,
    )
    last = known.get(command.from_on)
    return [] if last is not None and _content(last) == _content(event) else [event]


def evolve(known: Targets, event: Event) -> Targets:
    if not isinstance(event, DistributionTargetSet):
        raise AssertionError(f"unknown event {event!r}")
    return {**known, event.from_on: event}


def folded(events: Iterable[Event]) -> Targets:
    known = NONE
    for event in events:
        known = evolve(known, event)
    return known


def in_force(known: Targets, on: date) -> DistributionTargetSet | None:
    """The target of a day: the one that began last. One without figures ends those before it."""
    begun = [one for one in known.values() if one.from_on <= on]
    last = max(begun, key=lambda one: one.from_on, default=None)
    if last is None or last.to_on < on or (last.breadth is None and last.depth is None):
        return None
    return last


def standing(target: DistributionTargetSet, reached: Reached, on: date) -> Standing:
    """The target held against what was reached from its first day through `on`."""
    goal = Milestone(by_on=target.to_on, breadth=target.breadth, depth=target.depth)
    due = max((one for one in (*target.milestones, goal) if one.by_on <= on), key=lambda one: one.by_on, default=None)
    breadth, depth = _missing(goal, reached)
    return Standing(
        met=not breadth and not depth,
        due=due,
        behind=due is not None and any(_missing(due, reached)),
        breadth_missing=breadth,
        depth_missing=depth,
    )


def state_of(one: Standing | None) -> State:
    if one is None:
        return "NO_TARGET"
    if one.met:
        return "MET"
    return "BEHIND" if one.behind else "ON_THE_WAY"


def _missing(wanted: Milestone, reached: Reached) -> tuple[int | None, Decimal | None]:
    breadth = None if wanted.breadth is None else max(wanted.breadth - reached.breadth, 0)
    depth = None if wanted.depth is None else max(wanted.depth - (reached.depth or 0), Decimal(0))
    return breadth, depth


def _above_nothing(breadth: int | None, depth: Decimal | None) -> bool:
    return (breadth is None or breadth > 0) and (depth is None or depth > 0)


def _further(step: Decimal | int | None, goal: Decimal | int | None) -> bool:
    return step is not None and (goal is None or step > goal)


def _content(event: DistributionTargetSet) -> tuple[object, ...]:
    return event.to_on, event.breadth, event.depth, event.milestones
