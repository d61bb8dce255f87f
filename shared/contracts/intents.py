"""Events of the service cards about purchase intents: what a customer thinks of buying. One customer may have several."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, Personal, registered
from shared.contracts.money import Money

Grade = Literal["A", "B", "C"]


class OfIntent(Event, frozen=True, kw_only=True, omit_defaults=True):
    intent_id: UUID
    customer_id: UUID
    decided_by: UUID | None = None


@registered
class IntentOpened(OfIntent, frozen=True, kw_only=True, omit_defaults=True):
    """`number` is the intent's own, `intent_class` the company's code for what is to be bought, `grade` how near it is: A nearest."""

    type: ClassVar[str] = "regulars.cards.intent-opened.v1"
    number: str
    intent_class: str
    grade: Grade
    opened_on: date
    expected_on: date | None = None
    expected: Money | None = None
    text: Personal | None = None


@registered
class IntentGraded(OfIntent, frozen=True, kw_only=True, omit_defaults=True):
    """Graded or classed anew, by its progress."""

    type: ClassVar[str] = "regulars.cards.intent-graded.v1"
    intent_class: str
    grade: Grade
    reason: str | None = None


@registered
class IntentWon(OfIntent, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.intent-won.v1"
    won_on: date
    order_number: str | None = None


@registered
class IntentLost(OfIntent, frozen=True, kw_only=True, omit_defaults=True):
    """`reason` is a code such as PRICE, COMPETITOR, NO_NEED."""

    type: ClassVar[str] = "regulars.cards.intent-lost.v1"
    lost_on: date
    reason: str
