"""What a customer thinks of buying: a purchase intent under a number of its own, graded by how near it is, until won or lost. Pure.

A customer may have several, each with a grade of its own; none of them is a grade of the customer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from uuid import UUID, uuid5

from services.cards.domain.refusals import DayInFuture, IntentEnded, IntentNumberTaken, IntentStepTooEarly, IntentUnknown
from shared.contracts.event import Event
from shared.contracts.intents import Grade, IntentGraded, IntentLost, IntentOpened, IntentWon
from shared.contracts.money import Money

_INTENTS = UUID("6c4bb6f0-3a0b-5d0e-9d6c-0a4c5f1f7e63")


@dataclass(frozen=True, slots=True)
class NotOpened:
    """Nobody has used the number."""


@dataclass(frozen=True, slots=True)
class Open:
    intent_id: UUID
    customer_id: UUID
    opened_on: date
    intent_class: str
    grade: Grade


@dataclass(frozen=True, slots=True)
class Ended:
    """Won or lost, for ever: a further intent of the customer is opened under a number of its own."""


Intent = NotOpened | Open | Ended


@dataclass(frozen=True, slots=True)
class OpenIntent:
    customer_id: UUID
    number: str
    intent_class: str
    grade: Grade
    opened_on: date
    expected_on: date | None
    expected: Money | None
    text: str | None
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class GradeIntent:
    """`intent_class` None: as it is."""

    grade: Grade
    intent_class: str | None
    reason: str | None
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class WinIntent:
    on: date
    order_number: str | None
    today: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class LoseIntent:
    on: date
    reason: str
    today: date
    decided_by: UUID


IntentStep = GradeIntent | WinIntent | LoseIntent


def intent_id(number: str) -> UUID:
    """Id of the intent with a number: whoever uses the number again meets the same intent."""
    return uuid5(_INTENTS, number)


def intent_stream(of: UUID) -> str:
    return f"intent-{of}"


def state_of(events: Iterable[Event]) -> Intent:
    start: Intent = NotOpened()
    return reduce(evolve, events, start)


def decide(state: Intent, command: OpenIntent | IntentStep) -> list[Event]:
    """What follows. Raises a CardRefused."""
    match state, command:
        case NotOpened(), OpenIntent():
            return [_opened(command)]
        case _, OpenIntent():
            raise IntentNumberTaken
        case NotOpened(), _:
            raise IntentUnknown
        case Ended(), _:
            raise IntentEnded
        case Open(), GradeIntent():
            # Graded the same again is news too: somebody has looked at it.
            return [
                IntentGraded(
                    intent_id=state.intent_id,
                    customer_id=state.customer_id,
                    intent_class=command.intent_class or state.intent_class,
                    grade=command.grade,
                    reason=command.reason,
                    decided_by=command.decided_by,
                )
            ]
        case Open(), WinIntent():
            _check_day(state, command.on, command.today)
            return [
                IntentWon(
                    intent_id=state.intent_id,
                    customer_id=state.customer_id,
                    won_on=command.on,
                    order_number=command.order_number,
                    decided_by=command.decided_by,
                )
            ]
        case Open(), LoseIntent():
            _check_day(state, command.on, command.today)
            return [
                IntentLost(
                    intent_id=state.intent_id,
                    customer_id=state.customer_id,
                    lost_on=command.on,
                    reason=command.reason,
                    decided_by=command.decided_by,
                )
            ]
    raise AssertionError(f"no case for {type(state).__name__} and {type(command).__name__}")


def _opened(command: OpenIntent) -> IntentOpened:
    if command.opened_on > command.today:
        raise DayInFuture
    return IntentOpened(
        intent_id=intent_id(command.number),
        customer_id=command.customer_id,
        number=command.number,
        intent_class=command.intent_class,
        grade=command.grade,
        opened_on=command.opened_on,
        expected_on=command.expected_on,
        expected=command.expected,
        text=command.text,
        decided_by=command.decided_by,
    )


def _check_day(state: Open, day: date, today: date) -> None:
    if day > today:
        raise DayInFuture
    if day < state.opened_on:
        raise IntentStepTooEarly


def evolve(state: Intent, event: Event) -> Intent:
    """The intent after the event."""
    match state, event:
        case _, IntentOpened():
            return Open(event.intent_id, event.customer_id, event.opened_on, event.intent_class, event.grade)
        case Open(), IntentGraded():
            return replace(state, intent_class=event.intent_class, grade=event.grade)
        case Open(), IntentWon() | IntentLost():
            return Ended()
    return state
