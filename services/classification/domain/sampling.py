"""The superior's look at each salesperson's cards, once a week: a choice by a seed, and what was found on each card. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from services.classification.domain.prospect_refusals import CardNotSampled, DayInFuture, NothingToSample, SampleUnknown
from shared.contracts.event import Event
from shared.contracts.prospects import CardsSampled, Finding, SampledCardChecked

_SAMPLES = UUID("9d2f6e7a-5b1c-5c3e-8a44-6f0b7d1e2c35")


@dataclass(frozen=True, slots=True)
class DrawSample:
    """`customers` are those that the seed has chosen."""

    salesperson_id: str
    supervisor_id: str
    week_from: date
    customers: tuple[UUID, ...]
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class CheckCard:
    card_id: UUID
    finding: Finding
    on: date
    today: date
    decided_by: UUID


def seed_of(salesperson_id: str, week_from: date) -> str:
    """Known beforehand to nobody who does not know the week, and the same for whoever draws again."""
    return f"{salesperson_id}/{week_from.isoformat()}"


def sample_id(salesperson_id: str, supervisor_id: str, week_from: date) -> UUID:
    """One sample a salesperson, superior and week."""
    return uuid5(_SAMPLES, f"{salesperson_id}\n{supervisor_id}\n{week_from}")


def stream_of(sample: UUID) -> str:
    return f"sample-{sample}"


def decide(events: Sequence[Event], command: DrawSample | CheckCard) -> list[Event]:
    """What follows; nothing when it is no news. Raises an EntryRefused."""
    drawn = drawn_in(events)
    match command:
        case DrawSample():
            return [] if drawn is not None else [_drawn(command)]
        case CheckCard():
            if drawn is None:
                raise SampleUnknown
            if command.card_id not in drawn.customer_ids:
                raise CardNotSampled
            if command.on > command.today:
                raise DayInFuture
            checked = SampledCardChecked(
                sample_id=drawn.sample_id,
                checked_id=command.card_id,
                finding=command.finding,
                checked_on=command.on,
                decided_by=command.decided_by,
            )
            same = (found := findings(events).get(command.card_id)) is not None and found.finding == command.finding
            return [] if same else [checked]


def drawn_in(events: Iterable[Event]) -> CardsSampled | None:
    return next((one for one in events if isinstance(one, CardsSampled)), None)


def findings(events: Iterable[Event]) -> dict[UUID, SampledCardChecked]:
    """By card, what was found last."""
    return {one.checked_id: one for one in events if isinstance(one, SampledCardChecked)}


def _drawn(command: DrawSample) -> CardsSampled:
    if command.week_from > command.today:
        raise DayInFuture
    if not command.customers:
        raise NothingToSample
    return CardsSampled(
        sample_id=sample_id(command.salesperson_id, command.supervisor_id, command.week_from),
        salesperson_id=command.salesperson_id,
        supervisor_id=command.supervisor_id,
        week_from=command.week_from,
        drawn_on=command.today,
        seed=seed_of(command.salesperson_id, command.week_from),
        customer_ids=command.customers,
        decided_by=command.decided_by,
    )
