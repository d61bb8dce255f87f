"""What the list knows of a card beside the basics: figures, grades and codes of its parts that are not personal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

from shared.contracts.card_parts import (
    BusinessStatusRevised,
    CharacteristicsRevised,
    DecisionMakerNamed,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import Basics
from shared.contracts.event import Event
from shared.contracts.money import Money

FigureKind = Literal["text", "number", "money"]
FIGURES: Mapping[str, FigureKind] = {
    "basics.assets": "money",
    "characteristics.service_area": "text",
    "characteristics.sales_power": "number",
    "characteristics.potential": "number",
    "characteristics.staff": "number",
    "characteristics.annual_sales": "money",
    "business.annual_purchases": "money",
    "business.share_with_us": "number",
    "business.managers_quality": "number",
    "business.staff_quality": "number",
    "business.business_tie": "text",
    "business.attitude": "text",
    "trade.reputation": "number",
    "trade.credit_status": "text",
    "trade.trade_conditions": "text",
    "trade.days_late": "number",
    "decision_maker.role": "text",
}
"""By the name that statements and verifications use: part and field."""
_PARTS: Mapping[type[Event], str] = {
    CharacteristicsRevised: "characteristics",
    BusinessStatusRevised: "business",
    TradeStatusRevised: "trade",
}


class Waiting(msgspec.Struct, frozen=True):
    """A figure that waits to be verified, and from when it will hold."""

    field: str
    stated: Decimal
    currency: str | None
    since: datetime


def plain(value: Any) -> Any:
    """A figure as JSON keeps it."""
    return {"amount": str(value.amount), "currency": value.currency} if isinstance(value, Money) else value


def stated_figures(event: Event) -> Iterator[tuple[str, Any]]:
    """The figures that a revision of a part speaks about; None for what it takes away."""
    if isinstance(event, CharacteristicsRevised | BusinessStatusRevised | TradeStatusRevised):
        part = _PARTS[type(event)]
        for field in event.stated.__struct_fields__:
            name = f"{part}.{field}"
            if name in FIGURES and getattr(event.stated, field) is not None:
                yield name, plain(getattr(event.stated, field))
        yield from ((f"{part}.{field}", None) for field in event.withdrawn if f"{part}.{field}" in FIGURES)
    elif isinstance(event, DecisionMakerNamed):
        yield "decision_maker.role", event.role


def figures_of(basics: Basics, *, given: bool, kept: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """The figures that basics speak about. `given`: what is left out says nothing; nor does what is only `kept`."""
    if "assets" not in kept and not (given and basics.assets is None):
        yield "basics.assets", None if basics.assets is None else plain(basics.assets)


def waiting(event: VerificationRequested, since: datetime) -> tuple[str, Waiting]:
    return str(event.task_id), Waiting(event.field, event.stated, event.currency, since)


def confirmed(figure: Waiting) -> Any:
    """The figure that waited, as it stands from now on."""
    if FIGURES.get(figure.field) == "money" and figure.currency is not None:
        return plain(Money(figure.stated, figure.currency))
    return int(figure.stated)
