"""Saying something about a customer, and looking into what was said: what may be done, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from msgspec.structs import replace

from services.cards.domain.figures import Figure, LedgerFigures, figure_of, is_far, is_recent, kind_of, known_to_ledger
from services.cards.domain.identity import need_id, task_id
from services.cards.domain.parts import BASICS, BUSINESS, CHARACTERISTICS, TRADE, YEARS, Parts, Statement, Task, year_field
from services.cards.domain.refusals import NeedUnknown, NothingToVerify, TaskSettled, TaskUnknown, VerifierEnteredIt
from shared.contracts.card_parts import (
    BusinessStatus,
    BusinessStatusRevised,
    Characteristics,
    CharacteristicsRevised,
    DecisionMakerNamed,
    FieldVerified,
    NeedActedOn,
    NeedRecorded,
    TradeStatus,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import BasicsRevised, CustomerRegistered, KeyPerson, Provenance
from shared.contracts.event import Event

Stated = Characteristics | BusinessStatus | TradeStatus


@dataclass(frozen=True, slots=True)
class StatePart:
    """`stated` holds the fields that there is something to say about, `withdrawn` names those whose value was wrong."""

    stated: Stated
    withdrawn: tuple[str, ...]
    provenance: Provenance
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class NameDecisionMaker:
    role: str
    person: KeyPerson
    provenance: Provenance | None
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class RecordNeed:
    """At a registration the need has no id yet: it gets one from the customer's and its place among the needs."""

    need_id: UUID | None
    kind: Literal["SERVICE", "PRODUCT", "PREFERENCE"]
    text: str
    provenance: Provenance | None
    decided_by: UUID | None


Saying = StatePart | NameDecisionMaker | RecordNeed
"""What can also be said at a registration, in the same breath."""


@dataclass(frozen=True, slots=True)
class ActOnNeed:
    need_id: UUID
    action: str
    taken_on: date
    met: bool
    decided_by: UUID | None


@dataclass(frozen=True, slots=True)
class VerifyField:
    """A field as it stands, or a figure that waits: then `task_id` names it."""

    field: str | None
    task_id: UUID | None
    outcome: Literal["CONFIRMED", "REFUTED"]
    verified_on: date
    decided_by: UUID


def said(customer_id: UUID, saying: Saying, place: int = 0) -> Event:
    """The event of something that is said, at this place of what is said in one breath."""
    match saying:
        case NameDecisionMaker(role, person, provenance, decided_by):
            return DecisionMakerNamed(
                customer_id=customer_id, role=role, person=person, provenance=provenance, decided_by=decided_by
            )
        case RecordNeed(given, kind, text, provenance, decided_by):
            return NeedRecorded(
                customer_id=customer_id,
                need_id=given or need_id(customer_id, place),
                kind=kind,
                text=text,
                provenance=provenance,
                decided_by=decided_by,
            )
        case StatePart():
            return _revised(customer_id, saying)


def _revised(customer_id: UUID, saying: StatePart) -> Event:
    provenance, withdrawn, person = saying.provenance, saying.withdrawn, saying.decided_by
    match saying.stated:
        case Characteristics() as stated:
            return CharacteristicsRevised(
                customer_id=customer_id, provenance=provenance, withdrawn=withdrawn, decided_by=person, stated=stated
            )
        case BusinessStatus() as stated:
            return BusinessStatusRevised(
                customer_id=customer_id, provenance=provenance, withdrawn=withdrawn, decided_by=person, stated=stated
            )
        case TradeStatus() as stated:
            return TradeStatusRevised(
                customer_id=customer_id, provenance=provenance, withdrawn=withdrawn, decided_by=person, stated=stated
            )


def acted(parts: Parts, customer_id: UUID, command: ActOnNeed) -> Event:
    """Raises NeedUnknown."""
    if command.need_id not in parts.needs:
        raise NeedUnknown
    return NeedActedOn(
        customer_id=customer_id,
        need_id=command.need_id,
        action=command.action,
        taken_on=command.taken_on,
        met=command.met,
        decided_by=command.decided_by,
    )


def looked_into(parts: Parts, command: VerifyField) -> Statement | Task:
    """What a verification is about. Raises TaskUnknown, TaskSettled, NothingToVerify, VerifierEnteredIt."""
    about: Statement | Task | None
    if command.task_id is not None:
        about = parts.tasks.get(command.task_id)
        if about is None:
            raise TaskUnknown
        if about.settled is not None:
            raise TaskSettled
    else:
        about = parts.statements.get(command.field or "")
        if about is None or about.value is None:
            raise NothingToVerify
    if about.entered_by == command.decided_by:
        raise VerifierEnteredIt
    return about


def verified(parts: Parts, customer_id: UUID, command: VerifyField) -> Event:
    """Raises as `looked_into` does."""
    about = looked_into(parts, command)
    return FieldVerified(
        customer_id=customer_id,
        field=about.field if isinstance(about, Task) else command.field or "",
        outcome=command.outcome,
        verified_on=command.verified_on,
        task_id=command.task_id,
        decided_by=command.decided_by,
    )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a questionnaire's figures are held against. `valid_from`: the day from which they would hold; `seed` makes ids of tasks."""

    customer_id: UUID
    parts: Parts
    ledger: LedgerFigures | None
    valid_from: date
    seed: UUID


def examined(event: Event, evidence: Evidence) -> list[Event]:
    """The event without those figures of a questionnaire that contradict the ledger or an agency, and a task for each of them.

    Customers hold back and inflate: such a figure waits until somebody else has looked into it, and overwrites nothing.
    """
    provenance = getattr(event, "provenance", None)
    if provenance is None or provenance.source != "QUESTIONNAIRE":
        return [event]
    tasks = [
        task
        for field, figure in _figures(event)
        if (task := _contradiction(event, provenance, field, figure, evidence)) is not None
    ]
    if not tasks:
        return [event]
    left = _without(event, {task.field for task in tasks}, evidence.parts)
    return [*([] if left is None else [left]), *tasks]


_PART_OF: tuple[tuple[type[Stated], str], ...] = (
    (Characteristics, CHARACTERISTICS),
    (BusinessStatus, BUSINESS),
    (TradeStatus, TRADE),
)


def part_of_card(stated: Stated) -> str:
    """The name of the part, as fields are named with it."""
    return next(part for kind, part in _PART_OF if isinstance(stated, kind))


def _figures(event: Event) -> Iterator[tuple[str, Figure]]:
    match event:
        case CustomerRegistered(basics=basics) | BasicsRevised(basics=basics):
            if basics.assets is not None:
                yield f"{BASICS}.assets", figure_of(basics.assets)
        case CharacteristicsRevised(stated=stated) | BusinessStatusRevised(stated=stated) | TradeStatusRevised(stated=stated):
            part = part_of_card(stated)
            for name in stated.__struct_fields__:
                value = getattr(stated, name)
                if value is not None and kind_of(f"{part}.{name}") is not None:
                    yield f"{part}.{name}", figure_of(value)
            if isinstance(stated, BusinessStatus):
                yield from ((year_field(one.year), figure_of(one.sales)) for one in stated.sales_results or ())


def _contradiction(
    event: Event, provenance: Provenance, field: str, stated: Figure, evidence: Evidence
) -> VerificationRequested | None:
    observed_on = provenance.observed_on or evidence.valid_from
    sources: tuple[tuple[Literal["LEDGER", "AGENCY"], Sequence[Figure]], ...] = (
        ("LEDGER", () if evidence.ledger is None else known_to_ledger(field, stated, evidence.ledger)),
        ("AGENCY", _known_to_agency(evidence.parts.agency.get(field), stated, observed_on)),
    )
    for known_from, known in sources:
        # Where several figures are known, one of them is enough to believe it.
        if known and all(is_far(field, stated.amount, one.amount) for one in known):
            nearest = min(known, key=lambda one: abs(one.amount - stated.amount))
            return VerificationRequested(
                customer_id=evidence.customer_id,
                task_id=task_id(evidence.seed, field),
                field=field,
                stated=stated.amount,
                known=nearest.amount,
                known_from=known_from,
                currency=stated.currency,
                provenance=provenance,
                decided_by=getattr(event, "decided_by", None),
            )
    return None


def _known_to_agency(report: Statement | None, stated: Figure, observed_on: date) -> list[Figure]:
    if report is None or report.provenance is None:
        return []
    figure = figure_of(report.value)
    recent = is_recent(report.provenance.observed_on or report.valid_from, observed_on)
    return [figure] if recent and figure.currency == stated.currency else []


def _without(event: Event, fields: set[str], parts: Parts) -> Event | None:
    """The event without these fields; None when it says nothing else."""
    match event:
        case CustomerRegistered():
            return replace(event, basics=replace(event.basics, assets=None))
        case BasicsRevised():
            stands = parts.statements.get(f"{BASICS}.assets")
            kept = replace(event.basics, assets=None if stands is None else stands.value)
            return replace(event, basics=kept, kept=("assets",))
        case CharacteristicsRevised(stated=stated) | BusinessStatusRevised(stated=stated) | TradeStatusRevised(stated=stated):
            names = {field.split(".")[1] for field in fields if not field.startswith(f"{YEARS}.")}
            left = replace(stated, **dict.fromkeys(names))
            if isinstance(left, BusinessStatus) and left.sales_results is not None:
                years = tuple(one for one in left.sales_results if year_field(one.year) not in fields)
                left = replace(left, sales_results=years or None)
            return replace(event, stated=left) if left != type(left)() or event.withdrawn else None
    raise AssertionError(f"no figures in {type(event).__name__}")
