"""Events of the service alerts about the procedure: who is asked, what is due, what is held back, what measures came to.

Events about one alert carry its kind and customer as all its events do. Persons are the company's own ids of them.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.alerts import AlertEvent, AlertKind, Level, Reason
from shared.contracts.event import Event, registered
from shared.contracts.money import Money

THE_DATA = UUID("5b0e4d0c-52a6-5f5a-9c0b-7a1de1a7a0da")
"""Stands where an event names a person, when nobody but the data has decided."""

Step = Literal["ACKNOWLEDGE", "CAUSE", "MEASURE", "TAKE", "CHECK", "VERIFY"]
"""What is due: looking at it, the cause, a measure, its being taken, the next look that was promised, what a measure came to."""


class SideAsked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A side concerned, such as SALESPERSON, SUPERIOR or CREDIT, and who stands there; nobody where nobody is named."""

    side: str
    persons: tuple[str, ...] = ()


@registered
class AlertRouted(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Every side concerned is asked for attention, by these business days (the last ones in time). Routed anew, this replaces what was.

    `area_id` and `salesperson_id` are the card's at that time; `standard_version` is of the procedure that decided;
    `continues_alert_id` an earlier alert of the same rule, customer and channel that was over only lately.
    """

    type: ClassVar[str] = "regulars.alerts.alert-routed.v1"
    level: Level
    sides: tuple[SideAsked, ...]
    routed_on: date
    acknowledge_by: date
    cause_by: date
    measure_by: date
    standard_version: int
    area_id: str | None = None
    salesperson_id: str | None = None
    at_stake: tuple[Money, ...] = ()
    continues_alert_id: UUID | None = None


@registered
class AlertEscalated(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A step was not taken in time: `to` is told. `rank` 1 is the customer's superior, 2 the one above, and so on.

    `sides` have not acknowledged; `again_on` is the day after which the next higher one is told; None: nobody is higher.
    """

    type: ClassVar[str] = "regulars.alerts.alert-escalated.v1"
    step: Step
    due_on: date
    rank: int
    to: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    measure_id: UUID | None = None
    again_on: date | None = None


@registered
class AlertMuted(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """A mute holds the alert: it is recorded, and asks nobody through the day `until`, or until the mute is ended."""

    type: ClassVar[str] = "regulars.alerts.alert-muted.v1"
    mute_id: UUID
    reason: str
    until: date


@registered
class AlertUnmuted(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.alert-unmuted.v1"
    mute_id: UUID


@registered
class AlertInhibited(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Another alert says the same and more: this one asks nobody while that one goes on.

    `because` is SAME_CUSTOMER, or COMMON_CAUSE where `by_alert_id` is an alert about no single customer.
    """

    type: ClassVar[str] = "regulars.alerts.alert-inhibited.v1"
    by_alert_id: UUID
    because: str


@registered
class AlertUninhibited(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.alert-uninhibited.v1"
    by_alert_id: UUID


@registered
class MeasureTaken(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided has been done. On `verify_on` the data are asked what it came to; None: there is nothing to verify."""

    type: ClassVar[str] = "regulars.alerts.measure-taken.v1"
    measure_id: UUID
    taken_on: date
    taken_by: UUID
    verify_on: date | None = None


@registered
class MeasureVerified(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """What the data say about a measure that was taken, with the figures of then and now."""

    type: ClassVar[str] = "regulars.alerts.measure-verified.v1"
    measure_id: UUID
    worked: bool
    verified_on: date
    reasons: tuple[Reason, ...]


class MuteMatcher(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which alerts a mute holds: those that fit every field that names something. An area counts with all areas within it."""

    rule_ids: tuple[str, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    levels: tuple[Level, ...] = ()
    customer_ids: tuple[UUID, ...] = ()
    area_ids: tuple[str, ...] = ()
    salesperson_ids: tuple[str, ...] = ()


@registered
class MuteSet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """From now on through the day `until` (a business day) alerts that fit are held."""

    type: ClassVar[str] = "regulars.alerts.mute-set.v1"
    mute_id: UUID
    matcher: MuteMatcher
    reason: str
    until: date
    set_by: UUID


@registered
class MuteEnded(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.mute-ended.v1"
    mute_id: UUID
    ended_by: UUID


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Alerts that fit every field that names something go to these sides. All routes that fit add theirs."""

    sides: tuple[str, ...]
    kinds: tuple[AlertKind, ...] = ()
    levels: tuple[Level, ...] = ()
    area_ids: tuple[str, ...] = ()


class Holder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who stands at a side, in an area and those within it, or everywhere. The nearest area counts."""

    side: str
    persons: tuple[str, ...]
    area_id: str | None = None


class Inhibition(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """While an alert of `by_kind` at `by_level` or above is open, alerts of `kind` about the same customer ask nobody."""

    by_kind: AlertKind
    by_level: Level
    kind: AlertKind


@registered
class ProcedurePublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How alerts are taken to their end, from now on. Days are working days of the customer's area, by level where they are mappings.

    `verify_days` and `continues_days` are calendar days. `closes_itself` names "kind/level" of which an alert that has
    recovered is closed without a person.
    """

    type: ClassVar[str] = "regulars.alerts.procedure-published.v1"
    version: int
    routes: tuple[Route, ...]
    holders: tuple[Holder, ...]
    inhibitions: tuple[Inhibition, ...]
    acknowledge_days: dict[str, int]
    cause_days: dict[str, int]
    measure_days: dict[str, int]
    take_days: int
    again_days: int
    verify_days: int
    continues_days: int
    closes_itself: tuple[str, ...]
    decided_by: UUID | None = None


@registered
class CalendarPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Which days are worked in an area and those within it, or in the company. `weekend`: 1 is Monday, 7 Sunday.

    `working_days` are worked although they fall on the weekend.
    """

    type: ClassVar[str] = "regulars.alerts.calendar-published.v1"
    version: int
    weekend: tuple[int, ...]
    holidays: tuple[date, ...] = ()
    working_days: tuple[date, ...] = ()
    area_id: str | None = None
    decided_by: UUID | None = None
