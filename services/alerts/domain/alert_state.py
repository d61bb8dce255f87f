"""What has become of one alert: a pure fold of its events, of what the data say and of what persons did.

What the data say is accepted in every state, so that nothing that a person did can hold it up. Data that recover do not
erase the question why: a person ends an alert, with a cause and an outcome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from services.alerts.domain.at_stake import larger
from shared.contracts.alert_steps import (
    AlertEscalated,
    AlertInhibited,
    AlertMuted,
    AlertRouted,
    AlertUninhibited,
    AlertUnmuted,
    MeasureTaken,
    MeasureVerified,
    Step,
)
from shared.contracts.alerts import (
    AbnormalityReported,
    AlertAcknowledged,
    AlertClosed,
    AlertEvent,
    AlertKind,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    CauseRecorded,
    CustomerFigures,
    Finding,
    Level,
    MeasureDecided,
)
from shared.contracts.money import Money

State = Literal["OPEN", "ACKNOWLEDGED", "RECOVERED", "CLOSED"]
REPORTED_LEVEL: Level = "act"
"""What a person reports goes to the superior at once."""
SAME_CUSTOMER = "SAME_CUSTOMER"
RESTRICTS = ("HOLD", "STOP")


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A side and who stands there. With `next_check_on` somebody there looks after the alert, and looks again on that day."""

    side: str
    persons: tuple[str, ...] = ()
    acknowledged_by: UUID | None = None
    next_check_on: date | None = None


class Measure(msgspec.Struct, frozen=True, array_like=True):
    """`figures` are of the day on which it was decided. `worked` is what the data said of it; None: nothing yet."""

    measure_id: UUID
    measure: str
    due_on: date | None = None
    figures: CustomerFigures | None = None
    taken_on: date | None = None
    verify_on: date | None = None
    worked: bool | None = None


class Escalated(msgspec.Struct, frozen=True, array_like=True):
    """The step was not taken by `due_on`; somebody of this rank was told, and the next higher one will be after `again_on`."""

    step: Step
    measure_id: UUID | None
    due_on: date
    rank: int
    again_on: date | None


class Inhibitor(msgspec.Struct, frozen=True, array_like=True):
    by_alert_id: UUID
    because: str


class Alert(msgspec.Struct, frozen=True, array_like=True):
    """`routed`: the sides have been asked at this level. `acknowledged_by` and `next_check_on` are of one who looks after it for all
    sides. `ended_on`: the day on which it recovered, by the data."""

    alert_id: UUID
    customer_id: UUID
    kind: AlertKind
    level: Level = "watch"
    state: State = "OPEN"
    rule_id: str | None = None
    channel: str | None = None
    cause: str | None = None
    outcome: str | None = None
    routed: bool = False
    sides: tuple[Asked, ...] = ()
    acknowledged_by: UUID | None = None
    next_check_on: date | None = None
    acknowledge_by: date | None = None
    cause_by: date | None = None
    measure_by: date | None = None
    measures: tuple[Measure, ...] = ()
    escalated: tuple[Escalated, ...] = ()
    muted_by: UUID | None = None
    muted_until: date | None = None
    inhibitors: tuple[Inhibitor, ...] = ()
    at_stake: tuple[Money, ...] = ()
    area_id: str | None = None
    salesperson_id: str | None = None
    continues_alert_id: UUID | None = None

    @property
    def held(self) -> bool:
        """Recorded, and nobody is asked."""
        return self.muted_by is not None or bool(self.inhibitors)

    @property
    def goes_on(self) -> bool:
        """The data have not recovered, and nobody has closed it."""
        return self.state in ("OPEN", "ACKNOWLEDGED")

    @property
    def restricts(self) -> bool:
        """The last measure about the customer's trade holds or stops it."""
        about_trade = [one.measure for one in self.measures if one.measure in (*RESTRICTS, "RELEASE")]
        return bool(about_trade) and about_trade[-1] in RESTRICTS


def evolve(state: Alert | None, event: AlertEvent) -> Alert:
    """A new level, and coming back, are news whoever has looked before: the alert is open again and every side is asked anew."""
    if isinstance(event, AlertOpened):
        found = Alert(event.alert_id, event.customer_id, event.kind, channel=event.channel)
        return _found(found, event.finding)
    if isinstance(event, AbnormalityReported):
        return Alert(event.alert_id, event.customer_id, event.kind, REPORTED_LEVEL)
    if state is None:
        # The stream of an alert that was opened by an older fold of the same facts.
        state = Alert(event.alert_id, event.customer_id, event.kind)
    change = msgspec.structs.replace
    match event:
        case AlertWorsened() | AlertReopened():
            return _found(state, event.finding)
        case AlertRecovered():
            return state if state.state == "CLOSED" else change(state, state="RECOVERED")
        case AlertAcknowledged():
            return _acknowledged(state, event)
        case CauseRecorded():
            return change(state, cause=event.cause)
        case MeasureDecided():
            # Measures of older logs have no id of their own.
            measure_id = event.measure_id or uuid5(state.alert_id, f"measure/{len(state.measures)}")
            return change(
                state, measures=(*state.measures, Measure(measure_id, event.measure, event.due_on, figures=event.figures))
            )
        case AlertClosed():
            stake = event.at_stake or state.at_stake
            return change(state, state="CLOSED", cause=event.cause, outcome=event.outcome, at_stake=stake)
        case AlertRouted():
            return _routed(state, event)
        case AlertEscalated():
            return _escalated(state, event)
        case AlertMuted():
            return change(state, muted_by=event.mute_id, muted_until=event.until)
        case AlertUnmuted():
            return change(state, muted_by=None, muted_until=None, routed=False)
        case AlertInhibited():
            others = tuple(one for one in state.inhibitors if one.by_alert_id != event.by_alert_id)
            return change(state, inhibitors=(*others, Inhibitor(event.by_alert_id, event.because)))
        case AlertUninhibited():
            others = tuple(one for one in state.inhibitors if one.by_alert_id != event.by_alert_id)
            return change(state, inhibitors=others, routed=False)
        case MeasureTaken():
            return _of_measure(state, event.measure_id, taken_on=event.taken_on, verify_on=event.verify_on)
        case MeasureVerified():
            return _of_measure(state, event.measure_id, worked=event.worked)
    return state


def _found(state: Alert, finding: Finding) -> Alert:
    return msgspec.structs.replace(
        state,
        state="OPEN",
        rule_id=finding.rule_id,
        level=finding.level,
        outcome=None,
        routed=False,
        sides=tuple(Asked(one.side, one.persons) for one in state.sides),
        acknowledged_by=None,
        next_check_on=None,
    )


def _acknowledged(state: Alert, event: AlertAcknowledged) -> Alert:
    change = msgspec.structs.replace
    if event.side is None:
        sides = tuple(
            change(one, acknowledged_by=event.acknowledged_by, next_check_on=event.next_check_on) for one in state.sides
        )
        state = change(state, sides=sides, acknowledged_by=event.acknowledged_by, next_check_on=event.next_check_on)
    else:
        known = next((one for one in state.sides if one.side == event.side), Asked(event.side))
        now = change(known, acknowledged_by=event.acknowledged_by, next_check_on=event.next_check_on)
        state = change(state, sides=_with(state.sides, now))
    return _looked_after(state)


def _looked_after(state: Alert) -> Alert:
    """Acknowledged is what all sides look after."""
    if not state.goes_on:
        return state
    by_all = state.next_check_on is not None or (state.routed and all(one.next_check_on is not None for one in state.sides))
    return msgspec.structs.replace(state, state="ACKNOWLEDGED" if by_all else "OPEN")


def _routed(state: Alert, event: AlertRouted) -> Alert:
    before = {one.side: one for one in state.sides}
    sides = []
    for one in event.sides:
        known = before.get(one.side)
        if known is not None and known.persons in ((), one.persons):
            sides.append(msgspec.structs.replace(known, persons=one.persons))
        elif state.next_check_on is not None:
            sides.append(Asked(one.side, one.persons, state.acknowledged_by, state.next_check_on))
        else:
            sides.append(Asked(one.side, one.persons))
    deadlines = (event.acknowledge_by, event.cause_by, event.measure_by)
    same = deadlines == (state.acknowledge_by, state.cause_by, state.measure_by)
    now = msgspec.structs.replace(
        state,
        routed=True,
        sides=tuple(sides),
        acknowledge_by=event.acknowledge_by,
        cause_by=event.cause_by,
        measure_by=event.measure_by,
        escalated=tuple(one for one in state.escalated if same or one.measure_id is not None),
        at_stake=larger(state.at_stake, event.at_stake),
        area_id=event.area_id,
        salesperson_id=event.salesperson_id,
        continues_alert_id=event.continues_alert_id or state.continues_alert_id,
    )
    return _looked_after(now)


def _escalated(state: Alert, event: AlertEscalated) -> Alert:
    if event.step == "CHECK":
        # The acknowledgement has expired: those sides are asked again.
        sides = tuple(Asked(one.side, one.persons) if one.side in event.sides else one for one in state.sides)
        state = msgspec.structs.replace(
            state, sides=sides, acknowledged_by=None, next_check_on=None, acknowledge_by=event.again_on or state.acknowledge_by
        )
        return _looked_after(state)
    told = Escalated(event.step, event.measure_id, event.due_on, event.rank, event.again_on)
    others = tuple(one for one in state.escalated if (one.step, one.measure_id) != (told.step, told.measure_id))
    return msgspec.structs.replace(state, escalated=(*others, told))


def _of_measure(state: Alert, measure_id: UUID, **changes: object) -> Alert:
    measures = tuple(msgspec.structs.replace(one, **changes) if one.measure_id == measure_id else one for one in state.measures)
    return msgspec.structs.replace(state, measures=measures)


def _with(sides: Sequence[Asked], now: Asked) -> tuple[Asked, ...]:
    return tuple(sorted([*(one for one in sides if one.side != now.side), now], key=lambda one: one.side))


def state_of(events: Iterable[AlertEvent]) -> Alert | None:
    """None: nothing is known of it."""
    state: Alert | None = None
    for event in events:
        state = evolve(state, event)
    return state


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(Alert)


def write(state: Alert) -> bytes:
    return _encoder.encode(state)


def read(text: bytes) -> Alert:
    """Raises msgspec.ValidationError when the bytes are no alert."""
    return _decoder.decode(text)
