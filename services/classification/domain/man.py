"""Money, authority, need: whether somebody who thinks of buying can, may and wants to. Pure.

Each of the three is there, is not there, or is not known. While one is unknown there is no answer, only what is missing. The eight
answers are written with the three letters, capital where the condition is there: MAN, MAn, MaN, mAN, maN, mAn, Man, man.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Literal, NamedTuple, get_args
from uuid import UUID

from services.classification.domain.prospect_refusals import DayInFuture
from shared.contracts.event import Event
from shared.contracts.prospects import Has, ManAnswered, Need

Condition = Literal["MONEY", "AUTHORITY", "NEED"]
Action = Literal["SELL", "SELL_WITH_SKILL", "FIND_THE_DECIDER", "CHECK_CREDIT_AND_FINANCE", "NURTURE", "STOP_CONTACT", "FIND_OUT"]
"""What is to be done. STOP_CONTACT takes nothing away: the card stays, and another answer reverses it."""
CONDITIONS: tuple[Condition, ...] = get_args(Condition)
_THERE = {"YES": True, "LARGE": True, "NO": False, "NONE": False}
_LETTERS = ("Mm", "Aa", "Nn")
_ACTIONS: Mapping[str, Action] = {
    "MAN": "SELL",
    "MAn": "SELL_WITH_SKILL",
    "MaN": "FIND_THE_DECIDER",
    "mAN": "CHECK_CREDIT_AND_FINANCE",
    "maN": "NURTURE",
    "mAn": "NURTURE",
    "Man": "NURTURE",
    "man": "STOP_CONTACT",
}
ANSWERS = tuple(_ACTIONS)
Values = tuple[str, str, str]
"""Of money, authority, need, in the words of the events."""


class Known(NamedTuple):
    """What is known of one condition, who found out, and when."""

    value: str
    by: str
    on: date


Man = Mapping[Condition, Known]
"""Conditions of which nobody has said anything are left out."""
NOTHING_KNOWN: Man = {}


@dataclass(frozen=True, slots=True)
class AnswerMan:
    """At least one of the three."""

    intent_id: UUID
    customer_id: UUID
    money: Has | None
    authority: Has | None
    need: Need | None
    by: str
    on: date
    today: date
    decided_by: UUID


def stream_of(intent_id: UUID) -> str:
    return f"man-{intent_id}"


def decide(known: Man, command: AnswerMan) -> list[Event]:
    """What follows; nothing when all of it was said before. Raises DayInFuture."""
    if command.on > command.today:
        raise DayInFuture
    event = ManAnswered(
        intent_id=command.intent_id,
        customer_id=command.customer_id,
        money=command.money,
        authority=command.authority,
        need=command.need,
        answered_by=command.by,
        answered_on=command.on,
        decided_by=command.decided_by,
    )
    return [] if all(known.get(one) == said for one, said in _said(event)) else [event]


def evolve(known: Man, event: Event) -> Man:
    """What is known after the event: of two answers to one question that of the later day stands."""
    if not isinstance(event, ManAnswered):
        raise AssertionError(f"unknown event {event!r}")
    newer = {one: said for one, said in _said(event) if one not in known or known[one].on <= said.on}
    return {**known, **newer}


def known_on(events: Iterable[Event], day: date) -> Man:
    """What was known of the day: what was found out later is left aside."""
    known = NOTHING_KNOWN
    for event in events:
        if isinstance(event, ManAnswered) and event.answered_on <= day:
            known = evolve(known, event)
    return known


def values_of(known: Man) -> Values:
    money, authority, need = (known[one].value if one in known else "UNKNOWN" for one in CONDITIONS)
    return money, authority, need


def missing(values: Values) -> list[Condition]:
    """Conditions that have still to be found out."""
    return [one for one, value in zip(CONDITIONS, values, strict=True) if value not in _THERE]


def wanting(values: Values) -> list[Condition]:
    """Conditions that are known not to be there: what nurturing is for."""
    return [one for one, value in zip(CONDITIONS, values, strict=True) if _THERE.get(value) is False]


def answer_of(values: Values) -> str | None:
    """One of the eight answers; None while a condition is unknown."""
    if missing(values):
        return None
    return "".join(letters[0] if _THERE[value] else letters[1] for letters, value in zip(_LETTERS, values, strict=True))


def action_of(answer: str | None) -> Action:
    return "FIND_OUT" if answer is None else _ACTIONS[answer]


def there(values: Values) -> int:
    """How many of the three are there."""
    return sum(1 for value in values if _THERE.get(value))


def behind(answer: str) -> Values:
    """What money, authority and need are with this answer."""
    return _BEHIND[answer]


_BEHIND: Mapping[str, Values] = {
    found: values
    for values in product(("YES", "NO"), ("YES", "NO"), ("LARGE", "NONE"))
    if (found := answer_of(values)) is not None
}


def _said(event: ManAnswered) -> Sequence[tuple[Condition, Known]]:
    values = zip(CONDITIONS, (event.money, event.authority, event.need), strict=True)
    return [(one, Known(value, event.answered_by, event.answered_on)) for one, value in values if value is not None]
