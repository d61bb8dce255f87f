"""Mutes: what is known and shall ask nobody for a while, with a reason and an end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import msgspec

from services.alerts.domain.refusals import MuteIsOver, MuteMatchesAll, MuteUnknown, MuteUntilBefore
from shared.contracts.alert_steps import MuteEnded, MuteMatcher, MuteSet
from shared.contracts.alerts import AlertKind, Level
from shared.contracts.event import Event


@dataclass(frozen=True, slots=True)
class Mute:
    """Holds through the day `until`, or until somebody ends it."""

    mute_id: UUID
    matcher: MuteMatcher
    reason: str
    until: date
    set_by: UUID
    ended: bool = False

    def holds_on(self, day: date) -> bool:
        return not self.ended and day <= self.until


@dataclass(frozen=True, slots=True)
class Matched:
    """What a mute looks at. `areas` are the customer's and those around it."""

    rule_id: str | None
    kind: AlertKind
    level: Level
    customer_id: UUID
    areas: Sequence[str]
    salesperson_id: str | None


def mute_stream(mute_id: UUID) -> str:
    return f"mute-{mute_id}"


def set_mute(mute_id: UUID, matcher: MuteMatcher, reason: str, until: date, today: date, by: UUID) -> MuteSet:
    """Raises MuteUntilBefore, MuteMatchesAll."""
    if until < today:
        raise MuteUntilBefore
    if not any(msgspec.structs.astuple(matcher)):
        raise MuteMatchesAll
    return MuteSet(mute_id=mute_id, matcher=matcher, reason=reason, until=until, set_by=by)


def end_mute(state: Mute | None, today: date, by: UUID) -> MuteEnded:
    """Raises MuteUnknown, MuteIsOver."""
    if state is None:
        raise MuteUnknown
    if not state.holds_on(today):
        raise MuteIsOver
    return MuteEnded(mute_id=state.mute_id, ended_by=by)


def mute_of(events: Iterable[Event]) -> Mute | None:
    state = None
    for event in events:
        match event:
            case MuteSet():
                state = Mute(event.mute_id, event.matcher, event.reason, event.until, event.set_by)
            case MuteEnded() if state is not None:
                state = replace(state, ended=True)
    return state


def fits(matcher: MuteMatcher, alert: Matched) -> bool:
    """Whether every field of the matcher that names something names this alert."""
    return (
        (not matcher.rule_ids or alert.rule_id in matcher.rule_ids)
        and (not matcher.kinds or alert.kind in matcher.kinds)
        and (not matcher.levels or alert.level in matcher.levels)
        and (not matcher.customer_ids or alert.customer_id in matcher.customer_ids)
        and (not matcher.area_ids or not set(matcher.area_ids).isdisjoint(alert.areas))
        and (not matcher.salesperson_ids or alert.salesperson_id in matcher.salesperson_ids)
    )


def muted_by(mutes: Sequence[Mute], alert: Matched, day: date) -> Mute | None:
    """The mute that holds the alert on a day: of several the one that holds longest."""
    holding = [mute for mute in mutes if mute.holds_on(day) and fits(mute.matcher, alert)]
    return max(holding, key=lambda mute: (mute.until, mute.mute_id.int), default=None)
