"""What is said about a customer, field by field, by whom and from which day on; what waits to be verified; what it needs. Pure.

Two clocks order the statements about a field: that of the later valid day stands, and of the same day the later in the
stream. So the state is the same whether the events are folded in the order of their days or in that of the stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial, reduce
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.cards.domain.figures import confirmed_value
from shared.contracts.card_parts import (
    BusinessStatusRevised,
    CharacteristicsRevised,
    DecisionMakerNamed,
    FieldVerified,
    NeedActedOn,
    NeedRecorded,
    PartRevised,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import BasicsRevised, CustomerRegistered, KeyPerson, MarksAssigned, Provenance
from shared.contracts.envelope import Envelope

BASICS, MARKS, CHARACTERISTICS, BUSINESS, TRADE = PARTS = ("basics", "marks", "characteristics", "business", "trade")
"""A field is named with its part, as `business.annual_purchases`."""
DECISION_MAKER = "decision_maker"
YEARS = "business.sales_results"
"""Each year of it is a field of its own, as `business.sales_results.2025`: news about one year leave the others alone."""


class DecisionMaker(msgspec.Struct, frozen=True, kw_only=True):
    """Who decides about buying at the customer. The person is sealed."""

    role: str
    person: KeyPerson


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said about a field. None: it was said to be nothing, or withdrawn. Personal texts are sealed.

    `valid_from` is the business day from which it holds, `version` its place in the stream.
    """

    value: Any
    valid_from: date
    version: int
    provenance: Provenance | None
    entered_at: datetime
    entered_by: UUID | None

    def yields_to(self, other: Statement) -> bool:
        return (self.valid_from, self.version) < (other.valid_from, other.version)


@dataclass(frozen=True, slots=True)
class Verification:
    """Somebody looked into what stood at `version` of the stream, and found it right or wrong."""

    confirmed: bool
    verified_on: date
    verified_by: UUID | None
    version: int


@dataclass(frozen=True, slots=True)
class Task:
    """A figure that waits: it lies far from what the ledger or an agency knows. `settled` once somebody has looked into it."""

    task_id: UUID
    field: str
    stated: Decimal
    known: Decimal
    known_from: str
    currency: str | None
    provenance: Provenance
    valid_from: date
    entered_at: datetime
    entered_by: UUID | None
    settled: Verification | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What was done about a need. The text is sealed."""

    event: NeedActedOn
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Need:
    """What the customer needs or likes, and what was done about it, in the order in which it was recorded. The texts are sealed."""

    event: NeedRecorded
    valid_from: date
    entered_at: datetime
    actions: tuple[Action, ...] = ()

    @property
    def met(self) -> bool:
        return bool(self.actions) and self.actions[-1].event.met


@dataclass(frozen=True, slots=True)
class Parts:
    """`statements`: that which stands, by field, nothing as well. `agency`: the latest of a paid agency, also where it no longer stands."""

    statements: Mapping[str, Statement]
    agency: Mapping[str, Statement]
    verifications: Mapping[str, Verification]
    tasks: Mapping[UUID, Task]
    needs: Mapping[UUID, Need]

    def known(self) -> Iterator[tuple[str, Statement]]:
        """The fields with something in them, by name."""
        return ((field, self.statements[field]) for field in sorted(self.statements) if self.statements[field].value is not None)

    def has(self, field: str) -> bool:
        """Whether something stands there that nobody has found wrong. `business.sales_results` is there with any of its years."""
        names = [field] if field != YEARS else [name for name in self.statements if name.startswith(f"{YEARS}.")]
        return any(self._is_there(name) for name in names)

    def _is_there(self, field: str) -> bool:
        statement, look = self.statements.get(field), self.verification(field)
        return statement is not None and statement.value is not None and (look is None or look.confirmed)

    def verification(self, field: str) -> Verification | None:
        """The last look into what stands there now; one into an older statement says nothing about it."""
        statement, found = self.statements.get(field), self.verifications.get(field)
        return found if statement is not None and found is not None and found.version >= statement.version else None

    def open_tasks(self) -> list[Task]:
        """What waits to be verified, the oldest first."""
        waiting = (task for task in self.tasks.values() if task.settled is None)
        return sorted(waiting, key=lambda task: (task.entered_at, task.field))


NO_PARTS = Parts({}, {}, {}, {}, {})


def parts_of(envelopes: Iterable[Envelope], zone: ZoneInfo) -> Parts:
    """The parts after these events of one card; those of other concerns are passed over. `zone` is the company's."""
    return reduce(partial(evolve, zone), envelopes, NO_PARTS)


def evolve(zone: ZoneInfo, parts: Parts, envelope: Envelope) -> Parts:
    """The parts after one more event, in whatever order they come."""
    day = envelope.occurred_at.astimezone(zone).date()
    match envelope.event:
        case VerificationRequested() as event:
            return replace(parts, tasks={**parts.tasks, event.task_id: _task(event, envelope, day)})
        case FieldVerified() as event:
            return _verified(parts, event, envelope)
        case NeedRecorded() as event:
            return replace(parts, needs={**parts.needs, event.need_id: Need(event, day, envelope.recorded_at)})
        case NeedActedOn() as event if event.need_id in parts.needs:
            need = parts.needs[event.need_id]
            acted = replace(need, actions=(*need.actions, Action(event, envelope.recorded_at)))
            return replace(parts, needs={**parts.needs, event.need_id: acted})
    return _stated(parts, dict(said_by(envelope, day)))


def _stated(parts: Parts, said: Mapping[str, Statement]) -> Parts:
    news = {field: one for field, one in said.items() if _stands(parts.statements.get(field), one)}
    paid = {field: one for field, one in said.items() if _is_agency(one) and _stands(parts.agency.get(field), one)}
    if not news and not paid:
        return parts
    return replace(parts, statements={**parts.statements, **news}, agency={**parts.agency, **paid})


def _stands(before: Statement | None, one: Statement) -> bool:
    return before is None or before.yields_to(one)


def _is_agency(one: Statement) -> bool:
    return one.value is not None and one.provenance is not None and one.provenance.source == "AGENCY"


def said_by(envelope: Envelope, day: date) -> Iterator[tuple[str, Statement]]:
    """What the event says, field by field."""
    match envelope.event:
        case CustomerRegistered() as event:
            said = _said(envelope, day, event.provenance, event.decided_by)
            yield from _fields(BASICS, event.basics, said)
            yield from _fields(MARKS, event.marks, said)
        case BasicsRevised() as event:
            said = _said(envelope, day, event.provenance, event.decided_by)
            kept = {f"{BASICS}.{name}" for name in event.kept}
            yield from (found for found in _all_fields(BASICS, event.basics, said) if found[0] not in kept)
        case MarksAssigned() as event:
            yield from _all_fields(MARKS, event.marks, _said(envelope, day, event.provenance, event.decided_by))
        case CharacteristicsRevised() as event:
            yield from _revised(CHARACTERISTICS, event, event.stated, envelope, day)
        case BusinessStatusRevised() as event:
            yield from _revised(BUSINESS, event, event.stated, envelope, day)
        case TradeStatusRevised() as event:
            yield from _revised(TRADE, event, event.stated, envelope, day)
        case DecisionMakerNamed() as event:
            said = _said(envelope, day, event.provenance, event.decided_by)
            yield DECISION_MAKER, replace(said, value=DecisionMaker(role=event.role, person=event.person))


def _said(envelope: Envelope, day: date, provenance: Provenance | None, person: UUID | None) -> Statement:
    """A statement of this event that says nothing."""
    return Statement(None, day, envelope.version, provenance, envelope.recorded_at, person)


def _revised(
    part: str, event: PartRevised, stated: msgspec.Struct, envelope: Envelope, day: date
) -> Iterator[tuple[str, Statement]]:
    said = _said(envelope, day, event.provenance, event.decided_by)
    yield from _fields(part, stated, said)
    yield from ((f"{part}.{name}", said) for name in event.withdrawn)


def _fields(part: str, stated: msgspec.Struct, said: Statement) -> Iterator[tuple[str, Statement]]:
    """The fields that are given."""
    for name in stated.__struct_fields__:
        value = getattr(stated, name)
        if f"{part}.{name}" == YEARS:
            yield from ((year_field(one.year), replace(said, value=one.sales)) for one in value or ())
        elif value is not None and value != ():
            yield f"{part}.{name}", replace(said, value=value)


def _all_fields(part: str, stated: msgspec.Struct, said: Statement) -> Iterator[tuple[str, Statement]]:
    """All fields: what is left out is taken away."""
    yield from ((f"{part}.{name}", said) for name in stated.__struct_fields__)
    yield from _fields(part, stated, said)


def year_field(year: int) -> str:
    return f"{YEARS}.{year}"


def _task(event: VerificationRequested, envelope: Envelope, day: date) -> Task:
    return Task(
        task_id=event.task_id,
        field=event.field,
        stated=event.stated,
        known=event.known,
        known_from=event.known_from,
        currency=event.currency,
        provenance=event.provenance,
        valid_from=day,
        entered_at=envelope.recorded_at,
        entered_by=event.decided_by,
    )


def _verified(parts: Parts, event: FieldVerified, envelope: Envelope) -> Parts:
    look = Verification(event.outcome == "CONFIRMED", event.verified_on, event.decided_by, envelope.version)
    task = None if event.task_id is None else parts.tasks.get(event.task_id)
    if task is not None:
        parts = replace(parts, tasks={**parts.tasks, task.task_id: replace(task, settled=look)})
        if not look.confirmed:
            # The waiting figure was wrong: what stands on the card is none the wiser.
            return parts
        value = confirmed_value(task.field, task.stated, task.currency)
        waited = Statement(value, task.valid_from, envelope.version, task.provenance, task.entered_at, task.entered_by)
        parts = _stated(parts, {task.field: waited})
    before = parts.verifications.get(event.field)
    if before is not None and before.version > look.version:
        return parts
    return replace(parts, verifications={**parts.verifications, event.field: look})
