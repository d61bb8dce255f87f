"""The sales plan of a year by area, and what came of it month by month. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.months import MONTHS, last_day
from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.money import decimals
from shared.contracts.plans import PlanMethod, SalesPlanned

Plans = Mapping[tuple[str, str | None], SalesPlanned]
"""Those of a year by currency and area, None for the company."""
NONE: Plans = {}
MOST = Decimal(10) ** 18


class PlanOutOfRange(EntryRefused):
    """Twelve amounts, none below nothing, some of them above, no finer than the currency; dealers and average above nothing."""


class PlanDoesNotAddUp(EntryRefused):
    """The months add up to what the formula gives: dealers kept and new, times the average."""


@dataclass(frozen=True, slots=True)
class Formula:
    """How many dealers are kept, how many are won, and what one of them is to buy in the year on average."""

    kept: int
    new: int
    average: Decimal

    @property
    def net(self) -> Decimal:
        return (self.kept + self.new) * self.average

    @property
    def sound(self) -> bool:
        """Whether it can be a plan's: as many digits before the point as any amount has, at most."""
        return self.kept >= 0 and self.new >= 0 and 0 < self.net < MOST


@dataclass(frozen=True, slots=True)
class PlanSales:
    year: int
    currency: str
    area_id: str | None
    months: Sequence[Decimal]
    formula: Formula | None
    method: PlanMethod
    decided_by: UUID


class MonthHeld(NamedTuple):
    """A month of a plan against what came. `due` is what was planned through the day asked for: all of a month that is over,
    by days of one that runs, nothing of one to come."""

    month: int
    planned: Decimal
    due: Decimal
    net: Decimal
    due_so_far: Decimal
    net_so_far: Decimal


def stream_of(year: int) -> str:
    return f"sales-plan-{year}"


def decide(known: Plans, command: PlanSales) -> list[Event]:
    """What follows; nothing when it says what is known. Raises PlanOutOfRange or PlanDoesNotAddUp."""
    smallest = Decimal(1).scaleb(-decimals(command.currency))
    formula = command.formula
    if len(command.months) != MONTHS or any(one < 0 or one != one.quantize(smallest) for one in command.months):
        raise PlanOutOfRange
    if not sum(command.months):
        raise PlanOutOfRange
    if formula is not None:
        if not formula.sound:
            raise PlanOutOfRange
        if sum(command.months) != formula.net:
            raise PlanDoesNotAddUp
    event = SalesPlanned(
        year=command.year,
        currency=command.currency,
        months=tuple(command.months),
        area_id=command.area_id,
        method=command.method,
        kept_dealers=None if formula is None else formula.kept,
        new_dealers=None if formula is None else formula.new,
        average=None if formula is None else formula.average,
        decided_by=command.decided_by,
    )
    last = known.get((command.currency, command.area_id))
    return [] if last is not None and _content(last) == _content(event) else [event]


def evolve(known: Plans, event: Event) -> Plans:
    if not isinstance(event, SalesPlanned):
        raise AssertionError(f"unknown event {event!r}")
    return {**known, (event.currency, event.area_id): event}


def folded(events: Iterable[Event]) -> Plans:
    known = NONE
    for event in events:
        known = evolve(known, event)
    return known


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """An amount by twelve weights that are not below nothing: evenly where all are nothing. The parts add up to it exactly."""
    whole = sum(weights)
    shares = [one / whole for one in weights] if whole else [Decimal(1) / MONTHS] * MONTHS
    smallest = Decimal(1).scaleb(-decimals(currency))
    found: list[Decimal] = []
    gone, given = Decimal(0), Decimal(0)
    # Each month closes the gap to the exact sum so far: no month takes the errors of all.
    for n, share in enumerate(shares):
        gone += share
        through = total if n == MONTHS - 1 else (total * gone).quantize(smallest)
        found.append(through - given)
        given = through
    return found


def held(plan: SalesPlanned, net: Mapping[int, Decimal], as_of: date) -> list[MonthHeld]:
    """The plan against net sales by number of the month, as known through `as_of`."""
    smallest = Decimal(1).scaleb(-decimals(plan.currency))
    found = []
    due_so_far = net_so_far = Decimal(0)
    for number, planned in enumerate(plan.months, start=1):
        first = date(plan.year, number, 1)
        days = last_day(first).day
        gone = (as_of + timedelta(days=1) - first).days
        due = (planned * min(max(gone, 0), days) / days).quantize(smallest)
        came = net.get(number, Decimal(0))
        due_so_far, net_so_far = due_so_far + due, net_so_far + came
        found.append(MonthHeld(number, planned, due, came, due_so_far, net_so_far))
    return found


def _content(event: SalesPlanned) -> tuple[object, ...]:
    return event.months, event.method, event.kept_dealers, event.new_dealers, event.average
