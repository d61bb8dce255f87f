"""Which fields of a card are figures, and when a stated figure lies far from a known one. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from shared.contracts.money import Money

FAR = Decimal("0.25")
"""A figure more than a quarter off is looked into. Customers round, and their year is not ours: a tenth or a fifth comes about that
way; a quarter and more, mostly upwards, is what questionnaires are known for. For sums of money, numbers of persons and percents."""
FAR_GRADES = 1
"""Two persons who grade one customer from 1 to 5 are often one grade apart."""
FAR_DAYS = 5
"""Days late differ by a few with weekends and the way of the bank, whatever share of a small number that is."""
AGENCY_YEARS = 2
"""An agency's report older than this says little about today."""

Kind = Literal["money", "number", "percent", "grade", "days"]

_KINDS: Mapping[str, Kind] = {
    "basics.assets": "money",
    "characteristics.sales_power": "grade",
    "characteristics.potential": "grade",
    "characteristics.staff": "number",
    "characteristics.annual_sales": "money",
    "business.annual_purchases": "money",
    "business.share_with_us": "percent",
    "business.managers_quality": "grade",
    "business.staff_quality": "grade",
    "trade.reputation": "grade",
    "trade.days_late": "days",
}
_YEAR = re.compile(r"business\.sales_results\.[0-9]{4}")

ANNUAL_PURCHASES = "business.annual_purchases"
DAYS_LATE = "trade.days_late"


class Figure(NamedTuple):
    """A number, of money in its currency."""

    amount: Decimal
    currency: str | None = None


class LedgerFigures(NamedTuple):
    """What the ledger knows of a customer through a day: net sales of the twelve months before by currency, and days late on
    average by currency, where anything was sold or settled at all."""

    net_sales: Mapping[str, Decimal]
    days_late: Mapping[str, Decimal]


def kind_of(field: str) -> Kind | None:
    """What kind of figure the field is; None when it is none."""
    return "money" if _YEAR.fullmatch(field) else _KINDS.get(field)


def figure_of(value: Any) -> Figure:
    """The figure in the value of a field that is one."""
    return Figure(value.amount, value.currency) if isinstance(value, Money) else Figure(Decimal(value))


def confirmed_value(field: str, amount: Decimal, currency: str | None) -> Any:
    """The value of a field from its figure: what `figure_of` took apart."""
    return int(amount) if currency is None else Money(amount, currency)


def is_far(field: str, stated: Decimal, known: Decimal) -> bool:
    """Whether the figures of this field contradict each other. Against nothing known every figure but nothing is far."""
    apart = abs(stated - known)
    match kind_of(field):
        case "grade":
            return apart > FAR_GRADES
        case "days":
            return apart > FAR_DAYS and apart > FAR * abs(known)
    return apart > FAR * abs(known)


def known_to_ledger(field: str, stated: Figure, ledger: LedgerFigures) -> list[Figure]:
    """What the ledger knows that this field can be held against."""
    if field == ANNUAL_PURCHASES:
        return [Figure(amount, currency) for currency, amount in ledger.net_sales.items() if currency == stated.currency]
    if field == DAYS_LATE:
        return [Figure(days) for days in ledger.days_late.values()]
    return []


def is_recent(reported_on: date, observed_on: date) -> bool:
    """Whether an agency's statement can still be held against one of `observed_on`."""
    return observed_on - reported_on <= timedelta(days=365 * AGENCY_YEARS + 1)


def year_before(day: date) -> date:
    """The last day that does not belong to the twelve months through `day`."""
    # 29 February has no counterpart in most years.
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
