"""An alert computed again from the log, and held against what was said: the same function that said it, from the beginning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import business_day
from services.alerts.domain.conditions import ALL, Condition
from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.judging import Saying, day_known, saying_id
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.scoping import terms_for
from services.alerts.engine.items import Item
from services.alerts.engine.step import step
from services.alerts.read_models.watched_customers import Place
from shared.contracts.alerts import AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, Finding, Reason
from shared.contracts.envelope import Envelope, Record

DATA_EVENTS = (AlertOpened, AlertWorsened, AlertReopened, AlertRecovered)
"""What the data say of an alert; the rest is said by persons."""

DataEvent = AlertOpened | AlertWorsened | AlertReopened | AlertRecovered


class Difference(NamedTuple):
    """`field` is told differently. None: it is not told at all."""

    field: str
    recorded: object
    computed: object


class Step(NamedTuple):
    """One thing that the data said. `computed` None: the log does not lead to it. `cause` is the fact or control item at which
    it was said; None: a day that came. `conditions` are those of its channel at that moment, `parameters` the thresholds."""

    recorded: Envelope
    computed: DataEvent | None
    differences: Sequence[Difference]
    cause: UUID | None
    parameters: Mapping[str, Decimal]
    population_version: int
    conditions: Sequence[Condition]


class Evidence(NamedTuple):
    """`unsaid`: what the log leads to and the alert does not say. `facts`: the events named in it, in order of recording."""

    steps: Sequence[Step]
    unsaid: Sequence[Saying]
    facts: Sequence[Record]

    @property
    def equal(self) -> bool:
        return not self.unsaid and all(one.computed is not None and not one.differences for one in self.steps)


def evidence_of(stream: Sequence[Envelope], items: Sequence[Item], place: Place, zone: ZoneInfo) -> Evidence:
    """Compute an alert anew. `items` are those of its customer up to the place that the engine has reached, in order."""
    opening = next(one.event for one in stream if isinstance(one.event, AlertOpened))
    through = place.through or place.reached.recorded_at
    stepped = step({}, Control(), items, through, zone)
    said = {one.event_id: one for one in stepped.sayings if one.event.alert_id == opening.alert_id}
    steps = [
        _step(envelope, opening, said.pop(envelope.event_id, None), items, zone)
        for envelope in stream
        if isinstance(envelope.event, DATA_EVENTS)
    ]
    named = {event_id for one in steps for event_id in _named(one)}
    facts = [item.record for item in items if item.record.event_id in named]
    return Evidence(steps, list(said.values()), facts)


def _named(one: Step) -> Iterator[UUID]:
    event = one.recorded.event
    if one.cause is not None:
        yield one.cause
    if isinstance(event, AlertOpened) and event.began_event_id is not None:
        yield event.began_event_id
    if isinstance(event, AlertOpened | AlertWorsened | AlertReopened):
        yield from event.finding.evidence


def _step(envelope: Envelope, opening: AlertOpened, said: Saying | None, items: Sequence[Item], zone: ZoneInfo) -> Step:
    recorded, computed = envelope.event, None if said is None else said.event
    assert isinstance(recorded, DATA_EVENTS)
    assert computed is None or isinstance(computed, DATA_EVENTS)
    cause, before = _moment(envelope, recorded, items)
    rule = RULES_BY_ID.get(opening.finding.rule_id)
    at = step({}, Control(), before, envelope.occurred_at, zone)
    terms = terms_of(at.control, zone)
    row = at.rows.get(recorded.customer_id)
    conditions: Sequence[Condition] = ()
    if row is not None:
        terms = terms_for(terms, row.customer, business_day(envelope.occurred_at, zone))
    if rule is not None and row is not None:
        today = business_day(envelope.occurred_at, zone)
        on = day_known(rule, row.customer, terms, today)
        conditions = [one for one in rule.why_not(row.customer, terms, today, on) if one.channel in (opening.channel, ALL)]
    return Step(
        recorded=envelope,
        computed=computed,
        differences=() if computed is None else list(differences(recorded, computed)),
        cause=cause,
        parameters={} if rule is None else terms.parameters[rule.id].values,
        population_version=terms.population_version,
        conditions=conditions,
    )


def _moment(envelope: Envelope, event: DataEvent, items: Sequence[Item]) -> tuple[UUID | None, Sequence[Item]]:
    """What it was said at, and the items up to that, it included. Its id was made from its cause, so that is found by trying."""
    at = envelope.occurred_at
    count = 0
    for item in items:
        if item.record.recorded_at > at:
            break
        count += 1
        if item.record.recorded_at == at and saying_id(event, at, item.record.event_id) == envelope.event_id:
            return item.record.event_id, items[:count]
    return None, items[:count]


def differences(recorded: DataEvent, computed: DataEvent) -> Iterator[Difference]:
    """What two tellings of one event tell differently, down to the single figure."""
    if type(recorded) is not type(computed):
        yield Difference("type", recorded.type, computed.type)
        return
    left, right = _fields(recorded), _fields(computed)
    for field in sorted(left.keys() | right.keys()):
        if left.get(field) != right.get(field):
            yield Difference(field, left.get(field), right.get(field))


def _fields(event: DataEvent) -> dict[str, object]:
    if isinstance(event, AlertRecovered):
        found: dict[str, object] = {"true_on": event.true_on, "evidence": event.evidence}
        return found | dict(_figures(event.reasons))
    finding: Finding = event.finding
    found = {name: getattr(finding, name) for name in ("rule_id", "rule_version", "level", "true_on", "evidence")}
    if isinstance(event, AlertOpened):
        found |= {"channel": event.channel, "began_event_id": event.began_event_id, "group_id": event.group_id}
    return found | dict(_figures(finding.reasons))


def _figures(reasons: Sequence[Reason]) -> Iterator[tuple[str, str | int | date]]:
    for reason in reasons:
        yield f"{reason.code}.sentence", reason.sentence
        for name, figure in reason.figures.items():
            yield f"{reason.code}.{name}", figure
