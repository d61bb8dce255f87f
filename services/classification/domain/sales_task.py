"""What is to be sold of an article in a month, quarter or year, and how far it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple
from uuid import UUID

from services.classification.domain.article import id_of
from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.products import SalesTaskSet, TaskPeriod

MONTHS: Mapping[TaskPeriod, int] = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}

Tasks = Mapping[UUID, SalesTaskSet]
"""By task: of one article, period and scope there is one, and the later statement stands."""


class TaskOutOfRange(EntryRefused):
    """A task is an amount or a quantity, not both, and above nothing."""


class PeriodNotWhole(EntryRefused):
    """A task begins on the first day of a month, of a calendar quarter or of a year."""


@dataclass(frozen=True, slots=True)
class SetTask:
    article: str
    period: TaskPeriod
    first_on: date
    amount: Money | None
    quantity: Decimal | None
    area_id: str | None
    salesperson_id: str | None
    decided_by: UUID

    @property
    def task_id(self) -> UUID:
        return id_of("task", self.article, self.period, self.first_on, self.area_id, self.salesperson_id)


def stream_of(article: str) -> str:
    return f"sales-tasks-{id_of(article)}"


def decide(known: Tasks, command: SetTask) -> list[Event]:
    """What follows from the command; nothing when it says what is known. Raises an EntryRefused."""
    amount, quantity = command.amount, command.quantity
    if amount is not None and (quantity is not None or amount.amount <= 0):
        raise TaskOutOfRange
    if quantity is not None and quantity <= 0:
        raise TaskOutOfRange
    if command.first_on.day != 1 or (command.first_on.month - 1) % MONTHS[command.period]:
        raise PeriodNotWhole
    event = SalesTaskSet(
        task_id=command.task_id,
        article=command.article,
        period=command.period,
        first_on=command.first_on,
        amount=amount,
        quantity=quantity,
        area_id=command.area_id,
        salesperson_id=command.salesperson_id,
        decided_by=command.decided_by,
    )
    before = known.get(command.task_id)
    nothing_before = before is None or (before.amount is None and before.quantity is None)
    if before == event or (nothing_before and amount is None and quantity is None):
        return []
    return [event]


def folded(events: Iterable[Event]) -> Tasks:
    known: dict[UUID, SalesTaskSet] = {}
    for event in events:
        if not isinstance(event, SalesTaskSet):
            raise AssertionError(f"unknown event {event!r}")
        known[event.task_id] = event
    return known


def last_day(period: TaskPeriod, first_on: date) -> date:
    months = first_on.year * 12 + first_on.month - 1 + MONTHS[period]
    return date(months // 12, months % 12 + 1, 1) - timedelta(days=1)


State = Literal["MET", "OPEN", "MISSED"]


class Progress(NamedTuple):
    """`reached` through the day, as an amount or a quantity like `wanted`; `share` of the task as a fraction.

    `expected`: what an even pace through the period would have come to; `behind`: less than that was reached. OPEN: there are days left.
    """

    wanted: Decimal
    reached: Decimal
    missing: Decimal
    share: Decimal
    expected: Decimal
    behind: bool
    state: State


def progress(wanted: Decimal, reached: Decimal, first_on: date, last_on: date, as_of: date) -> Progress:
    """How far a task is at the end of the day `as_of`, which lies in the period or behind it."""
    days = (last_on - first_on).days + 1
    passed = min((as_of - first_on).days + 1, days)
    # Multiplied first: a third of the days makes no endless fraction of an amount that it divides.
    expected = wanted * passed / days
    state: State = "MET" if reached >= wanted else "OPEN" if as_of < last_on else "MISSED"
    return Progress(wanted, reached, max(wanted - reached, Decimal(0)), reached / wanted, expected, reached < expected, state)
