"""How the company sorts a customer, as far as versions of rules are told apart by it: the latest day stands, not the latest arrival."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from shared.contracts.cards import BasicsRevised, CustomerRegistered, MarksAssigned, SalespersonAssigned
from shared.contracts.classification import ValueClassChanged

SORTING = (BasicsRevised, MarksAssigned, SalespersonAssigned, ValueClassChanged)
Sorting = CustomerRegistered | BasicsRevised | MarksAssigned | SalespersonAssigned | ValueClassChanged


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A mark, and the business day from which it holds."""

    value: str | None
    on: date


Belongs = dict[str, Said]
"""By "area", "kind", "shop_kind" and "value_class"."""


def sorted_by(before: Belongs, event: Sorting, on: date) -> Belongs:
    """What one event says of it. `on`: the business day from which it holds."""
    match event:
        case CustomerRegistered():
            return _said(before, {"kind": event.basics.kind, "shop_kind": event.marks.shop_kind, "area": event.area_id}, on)
        case BasicsRevised():
            return _said(before, {"kind": event.basics.kind}, on)
        case MarksAssigned():
            return _said(before, {"shop_kind": event.marks.shop_kind}, on)
        case SalespersonAssigned():
            return _said(before, {"area": event.area_id}, on)
        case ValueClassChanged():
            return _said(before, {"value_class": event.value_class}, event.period_to)


def _said(before: Belongs, values: Mapping[str, str | None], on: date) -> Belongs:
    after = dict(before)
    for name, value in values.items():
        known = before.get(name)
        # Nothing said of a mark that was never known is nothing to remember.
        if (known is None and value is not None) or (known is not None and known.on <= on):
            after[name] = Said(value, on)
    return after
