"""The procedure at work: what follows for the alerts of one customer on a day. Pure; the same alerts and day give the same answer.

Sides are asked, steps that were not taken are told higher up, mutes and graver alerts hold alerts back, measures are verified,
and the lowest level closes itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypedDict
from uuid import UUID

from services.alerts.domain.alert_state import SAME_CUSTOMER, Alert, evolve
from services.alerts.domain.areas import Areas, superiors_over, upwards
from services.alerts.domain.at_stake import at_stake
from services.alerts.domain.due import Due, dues, verified_by_recovery
from services.alerts.domain.muting import Matched, Mute, muted_by
from services.alerts.domain.procedure import inhibits, sides_of
from services.alerts.domain.signs import rank
from services.alerts.domain.verifying import verify
from services.alerts.domain.working_days import Calendar, after, calendar_for
from shared.contracts.alert_steps import (
    THE_DATA,
    AlertEscalated,
    AlertInhibited,
    AlertMuted,
    AlertRouted,
    AlertUninhibited,
    AlertUnmuted,
    ProcedurePublished,
)
from shared.contracts.alerts import AlertClosed, AlertEvent, AlertKind, CustomerFigures

BY_ITSELF = "RECOVERED_BY_ITSELF"


@dataclass(frozen=True, slots=True)
class Standards:
    """What the company has published. `calendars` by area."""

    procedure: ProcedurePublished
    calendars: Mapping[str, Calendar]
    areas: Areas
    mutes: Sequence[Mute] = ()


@dataclass(frozen=True, slots=True)
class Customer:
    """The card's area and salesperson, and how the customer stands. `earlier`: by alert, the one before it that ended only lately.

    `complete_through`: the last day of which all facts have been delivered; None: nothing is waited for.
    """

    area_id: str | None = None
    salesperson_id: str | None = None
    figures: CustomerFigures | None = None
    earlier: Mapping[UUID, UUID] = field(default_factory=dict)
    complete_through: date | None = None


def follow(alerts: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    """What follows, in order, of one customer's alerts. Steps that were due on a day before `today` are late."""
    found: list[AlertEvent] = []
    # Graver ones first: what they hold back is held before it asks anybody.
    by_id = {one.alert_id: one for one in sorted(alerts, key=lambda one: (-rank(one.level), str(one.alert_id)))}
    for alert_id in by_id:
        for step in (_verified, _closed_by_itself, _released, _held, _routed, _escalated):
            for event in step(by_id[alert_id], list(by_id.values()), standards, customer, today):
                by_id[alert_id] = evolve(by_id[alert_id], event)
                found.append(event)
    return found


def _verified(alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    now = customer.figures or CustomerFigures(as_of=today)
    known = today if customer.complete_through is None else customer.complete_through
    late = {due.measure_id for due in dues(alert) if due.step == "VERIFY" and due.due_on < today and due.due_on <= known}
    found: list[AlertEvent] = []
    for measure in alert.measures:
        if alert.state == "RECOVERED" and verified_by_recovery(measure):
            found.append(verify(alert, measure, now, today, recovered=True))
        elif measure.measure_id in late:
            found.append(verify(alert, measure, now, today, recovered=False))
    return found


def _closed_by_itself(
    alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date
) -> list[AlertEvent]:
    closes = f"{alert.kind}/{alert.level}" in standards.procedure.closes_itself
    if alert.state != "RECOVERED" or not closes or alert.restricts:
        return []
    cause = alert.cause or BY_ITSELF
    closed = AlertClosed(**_about(alert), outcome="RECOVERED", cause=cause, closed_by=THE_DATA, at_stake=alert.at_stake)
    return [closed]


def _released(alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    """Mutes that are over, and alerts that inhibit no longer. What a person closed stays as it is."""
    if alert.state == "CLOSED":
        return []
    found: list[AlertEvent] = []
    if alert.muted_by is not None:
        mute = next((one for one in standards.mutes if one.mute_id == alert.muted_by), None)
        if mute is None or not mute.holds_on(today):
            found.append(AlertUnmuted(**_about(alert), mute_id=alert.muted_by))
    inhibiting = {one.alert_id for one in _inhibiting(alert, others, standards)}
    for one in alert.inhibitors:
        if one.because == SAME_CUSTOMER and one.by_alert_id not in inhibiting:
            found.append(AlertUninhibited(**_about(alert), by_alert_id=one.by_alert_id))
    return found


def _held(alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    if not alert.goes_on or alert.held:
        return []
    inhibiting = _inhibiting(alert, others, standards)
    if inhibiting:
        return [AlertInhibited(**_about(alert), by_alert_id=inhibiting[0].alert_id, because=SAME_CUSTOMER)]
    if alert.routed and not _late(alert, today):
        # A mute that is set later holds an alert as soon as something is due.
        return []
    mute = muted_by(standards.mutes, _matched(alert, standards, customer), today)
    return [] if mute is None else [AlertMuted(**_about(alert), mute_id=mute.mute_id, reason=mute.reason, until=mute.until)]


def _routed(alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    serves = (customer.area_id, customer.salesperson_id)
    if not alert.goes_on or alert.held or (alert.routed and serves == (alert.area_id, alert.salesperson_id)):
        return []
    procedure, areas = standards.procedure, standards.areas
    superiors = superiors_over(areas, customer.area_id, today)
    calendar = calendar_for(standards.calendars, upwards(areas, customer.area_id))
    deadlines = {
        "acknowledge_by": after(calendar, today, procedure.acknowledge_days[alert.level]),
        "cause_by": after(calendar, today, procedure.cause_days[alert.level]),
        "measure_by": after(calendar, today, procedure.measure_days[alert.level]),
    }
    if alert.routed and alert.acknowledge_by and alert.cause_by and alert.measure_by:
        # Who serves the customer has changed; what is due does not wait for that.
        deadlines = {"acknowledge_by": alert.acknowledge_by, "cause_by": alert.cause_by, "measure_by": alert.measure_by}
    return [
        AlertRouted(
            **_about(alert),
            level=alert.level,
            sides=sides_of(procedure, areas, alert.kind, alert.level, customer.area_id, customer.salesperson_id, superiors),
            routed_on=today,
            **deadlines,
            standard_version=procedure.version,
            area_id=customer.area_id,
            salesperson_id=customer.salesperson_id,
            at_stake=at_stake(alert.kind, customer.figures),
            continues_alert_id=customer.earlier.get(alert.alert_id),
        )
    ]


def _escalated(alert: Alert, others: Sequence[Alert], standards: Standards, customer: Customer, today: date) -> list[AlertEvent]:
    found: list[AlertEvent] = []
    calendar = calendar_for(standards.calendars, upwards(standards.areas, alert.area_id))
    superiors = superiors_over(standards.areas, alert.area_id, today)
    again_on = after(calendar, today, standards.procedure.again_days)
    for due in _late(alert, today):
        found.append(_told(alert, due, superiors, again_on, today))
    return found


def _told(alert: Alert, due: Due, superiors: Sequence[str], again_on: date, today: date) -> AlertEscalated:
    expired = due.step == "CHECK"
    sides = [
        one.side
        for one in alert.sides
        if (one.next_check_on is not None and one.next_check_on < today if expired else one.next_check_on is None)
    ]
    rank_now = due.rank + 1
    higher = rank_now < len(superiors)
    return AlertEscalated(
        **_about(alert),
        step=due.step,
        due_on=due.due_on,
        rank=rank_now,
        to=tuple(superiors[due.rank : rank_now]),
        sides=tuple(sides) if due.step in ("ACKNOWLEDGE", "CHECK") else (),
        measure_id=due.measure_id,
        again_on=again_on if higher or expired else None,
    )


def _late(alert: Alert, today: date) -> list[Due]:
    return [due for due in dues(alert) if due.step != "VERIFY" and due.tell_after < today]


def _inhibiting(alert: Alert, others: Sequence[Alert], standards: Standards) -> list[Alert]:
    """Alerts of the same customer that go on and hold this one back."""
    return [
        one
        for one in others
        if one.alert_id != alert.alert_id and one.goes_on and inhibits(standards.procedure, one.kind, one.level, alert.kind)
    ]


def _matched(alert: Alert, standards: Standards, customer: Customer) -> Matched:
    areas = upwards(standards.areas, customer.area_id)
    return Matched(alert.rule_id, alert.kind, alert.level, alert.customer_id, areas, customer.salesperson_id)


class _About(TypedDict):
    alert_id: UUID
    customer_id: UUID
    kind: AlertKind


def _about(alert: Alert) -> _About:
    return {"alert_id": alert.alert_id, "customer_id": alert.customer_id, "kind": alert.kind}
