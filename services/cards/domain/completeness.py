"""Which fields a card has to have, by the customer's kind and stage of trade, and which of them are missing. Pure.

A prospect can be reached. Before trade starts everything has been collected that trade rests on. While the customer trades,
nothing of that gets lost, and the card fills up step by step with what trade teaches. Of past customers is kept what there is.
Fields outside of these lists never count: one that hardly anybody fills would make every card look empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from services.cards.domain.card import Card, Registered
from services.cards.domain.parts import Parts
from services.cards.domain.trade_stage import Stage

Kind = Literal["COMPANY", "PERSON"]
SALESPERSON, TERMS = "salesperson_id", "terms"
"""What is asked of a card beside its parts."""

_REACHED = {
    "COMPANY": ("basics.name", "basics.telephone", "basics.address", SALESPERSON),
    "PERSON": ("basics.person_name", "basics.telephone", "basics.address", SALESPERSON),
}
_BEFORE_TRADE = {
    "COMPANY": (
        *_REACHED["COMPANY"],
        "basics.legal_representative",
        "basics.legal_form",
        "marks.nature",
        "marks.shop_kind",
        "decision_maker",
        "characteristics.service_area",
        "trade.credit_status",
        TERMS,
    ),
    "PERSON": (*_REACHED["PERSON"], "marks.nature", "trade.credit_status", TERMS),
}
_BY_AND_BY = {
    "COMPANY": (
        "basics.founded_on",
        "basics.assets",
        "marks.location",
        "characteristics.sales_power",
        "characteristics.potential",
        "business.annual_purchases",
        "business.attitude",
        "trade.reputation",
    ),
    "PERSON": ("business.attitude", "trade.reputation"),
}
_INSTEAD: Mapping[str, Sequence[str]] = {
    "basics.telephone": ("basics.email",),
    "basics.address": ("basics.postal",),
    "basics.legal_representative": ("basics.owner", "basics.manager"),
    "marks.shop_kind": ("marks.industry",),
}
"""What does as well as the field that is asked for."""

Has = Callable[[str], bool]
"""Whether a field has something in it that nobody has found wrong."""


def required(kind: Kind, stage: Stage) -> Sequence[str]:
    """The fields that a card has to have by now."""
    match stage:
        case "PROSPECT":
            return _REACHED[kind]
        case "ABOUT_TO_TRADE" | "TRADING":
            return _BEFORE_TRADE[kind]
        case "PAST":
            return ()


def wanted(kind: Kind, stage: Stage) -> Sequence[str]:
    """The fields that are to be filled step by step from here."""
    match stage:
        case "PROSPECT":
            return [field for field in _BEFORE_TRADE[kind] if field not in _REACHED[kind]]
        case "ABOUT_TO_TRADE" | "TRADING":
            return _BY_AND_BY[kind]
        case "PAST":
            return ()


_TRACKED = frozenset(field for kind in _BEFORE_TRADE for field in (*_BEFORE_TRADE[kind], *_BY_AND_BY[kind])) | {
    "basics.trading_since",
    *(field for several in _INSTEAD.values() for field in several),
}


def asked(field: str) -> bool:
    """Whether a card of any kind has to have the field at any stage."""
    return any(field in fields for fields in _BEFORE_TRADE.values())


def tracked(field: str) -> bool:
    """Whether any stage asks for the field, takes it instead of another, or follows from it."""
    return field in _TRACKED


def missing(fields: Sequence[str], has: Has) -> tuple[str, ...]:
    """Those of the fields that have nothing in them, and nothing that does as well."""
    return tuple(field for field in fields if not any(map(has, (field, *_INSTEAD.get(field, ())))))


def missing_for_trade(card: Card, parts: Parts) -> tuple[str, ...]:
    """What the card lacks for trade to start, by the names of the fields; a stub lacks what a company would."""
    known = card.particulars
    beside = {SALESPERSON: known.salesperson_id is not None, TERMS: known.terms is not None}
    kind = card.basics.kind if isinstance(card, Registered) else "COMPANY"
    return missing(required(kind, "ABOUT_TO_TRADE"), lambda field: beside[field] if field in beside else parts.has(field))
