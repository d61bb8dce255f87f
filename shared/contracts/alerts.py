"""Events of the service alerts.

Every event about one alert carries its kind and its customer, so that it can be routed to the topic of its kind.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, Instant, Personal, registered
from shared.contracts.money import Money

AlertKind = Literal["silence", "credit", "reported", "sales", "complaints"]
Level = Literal["watch", "act", "stop"]
Outcome = Literal["TRUE", "FALSE", "TOO_LATE", "DUPLICATE", "RECOVERED"]


class Reason(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason: a code, a sentence ready to be read, and the numbers in it, each of which can be computed again from events.

    Figures that are no whole numbers are decimal strings, days are ISO dates.
    """

    code: str
    sentence: str
    figures: dict[str, str | int] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule found: why an alert was opened or worsened. `true_on` is the business day on which the condition became true."""

    rule_id: str
    rule_version: int
    level: Level
    true_on: date
    reasons: tuple[Reason, ...]
    evidence: tuple[UUID, ...] = ()


class CustomerFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a customer stands on a day, by currency: open items with what is not due yet, the undisputed part that is overdue,
    sales of the twelve months through that day's month."""

    as_of: date
    exposure: tuple[Money, ...] = ()
    overdue: tuple[Money, ...] = ()
    sold: tuple[Money, ...] = ()
    last_purchase_on: date | None = None


class AlertEvent(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Base of the events of one alert."""

    alert_id: UUID
    customer_id: UUID
    kind: AlertKind


@registered
class AlertOpened(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`channel` is what fell silent, or the currency of a debt; `began_event_id` the event that began the spell.

    `group_id` is shared by alerts that were opened together.
    """

    type: ClassVar[str] = "regulars.alerts.alert-opened.v1"
    channel: str
    finding: Finding
    began_event_id: UUID | None = None
    group_id: UUID | None = None


@registered
class AlertWorsened(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.alert-worsened.v1"
    finding: Finding


@registered
class AlertRecovered(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """The data say that it is over. The question why stays: the alert is closed by a person, with cause and outcome."""

    type: ClassVar[str] = "regulars.alerts.alert-recovered.v1"
    reasons: tuple[Reason, ...]
    true_on: date
    evidence: tuple[UUID, ...] = ()


@registered
class AlertReopened(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.alert-reopened.v1"
    finding: Finding


@registered
class AbnormalityReported(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody noticed something. It opens an alert of kind `reported` for the superior."""

    type: ClassVar[str] = "regulars.alerts.abnormality-reported.v1"
    reported_by: UUID
    reported_on: date
    sign: str
    details: Personal | None = None


@registered
class AlertAcknowledged(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """One side looks after it and will look again on a day; without `side`, all of them."""

    type: ClassVar[str] = "regulars.alerts.alert-acknowledged.v1"
    acknowledged_by: UUID
    next_check_on: date
    side: str | None = None


@registered
class CauseRecorded(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.cause-recorded.v1"
    cause: str
    recorded_by: UUID


@registered
class MeasureDecided(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """HOLD, STOP and RELEASE restrict or release trade on the customer's card. `due_on`: by when it is to be taken.

    `figures` are the customer's when it was decided; what the measure came to is judged against them.
    """

    type: ClassVar[str] = "regulars.alerts.measure-decided.v1"
    measure: Literal["GROW", "SHRINK", "HOLD", "STOP", "RELEASE", "VISIT", "SETTLE"]
    decided_by: UUID
    measure_id: UUID | None = None
    due_on: date | None = None
    figures: CustomerFigures | None = None


@registered
class NoteAdded(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.alerts.note-added.v1"
    note: Personal
    added_by: UUID


@registered
class AlertClosed(AlertEvent, frozen=True, kw_only=True, omit_defaults=True):
    """`at_stake`: the money that was at stake, by currency; `came_true_on`: the day of what was warned of. An alert that closes itself is closed by `alert_steps.THE_DATA`."""

    type: ClassVar[str] = "regulars.alerts.alert-closed.v1"
    outcome: Outcome
    cause: str
    closed_by: UUID
    at_stake: tuple[Money, ...] = ()
    came_true_on: date | None = None


@registered
class WentLive(Event, frozen=True, kw_only=True, omit_defaults=True):
    """History is loaded: from this item on rules may fire. `live_on` is the business day of going live."""

    type: ClassVar[str] = "regulars.alerts.went-live.v1"
    live_on: date
    decided_by: UUID | None = None


class RuleScope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom a version of a rule concerns: customers that are in every list that is given. `kinds` are COMPANY and PERSON,
    `shop_kinds` the company's own."""

    value_classes: tuple[str, ...] = ()
    area_ids: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    shop_kinds: tuple[str, ...] = ()


@registered
class RulePublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A rule's parameters from this item on, or from the business day `live_from`. Alerts carry the version that decided.

    With a `scope` it concerns some customers only, and takes the place of the version of the same scope; `withdrawn`: they are
    judged like everybody again.
    """

    type: ClassVar[str] = "regulars.alerts.rule-published.v1"
    rule_id: str
    version: int
    parameters: dict[str, Decimal]
    decided_by: UUID | None = None
    scope: RuleScope | None = None
    live_from: date | None = None
    withdrawn: bool = False


@registered
class PopulationRefitted(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Parameters of a score over the whole company, learnt from its own history.

    `customers` were learnt from; `gaps` between purchase days were known of all customers by then. What was recorded before
    `fitted_instant` was known, of it the days up to `learnt_through` were used.
    """

    type: ClassVar[str] = "regulars.alerts.population-refitted.v1"
    name: str
    version: int
    parameters: dict[str, Decimal]
    customers: int
    fitted_instant: Instant | None = None
    gaps: int | None = None
    learnt_through: date | None = None
