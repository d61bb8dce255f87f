"""Sums of trade and collections as they are answered: amounts as decimal strings, shares as fractions of one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from services.cards.domain.habits import Habits, Middle, TermsKept
from services.cards.domain.spans import Sums, amount_of
from services.cards.read_models.collected import COLLECTED, CREDITED, INVOICED
from services.cards.read_models.results import Owed
from services.cards.read_models.trade import RETURNED, SALES, SOLD
from shared.web.amounts import money_body

_SHARE = Decimal("0.000001")
_RATE = Decimal("0.0001")
_DAYS = Decimal("0.1")
NOTHING: Sums = (0, 0, 0)


def text(units: int, currency: str) -> str:
    return f"{amount_of(units, currency):f}"


def net(sums: Sums) -> int:
    """Sales less returns in minor units."""
    return sums[SOLD] - sums[RETURNED]


def result(sums: Sums, currency: str, of: Sums | None = None) -> dict[str, Any]:
    """What was sold and returned; with `of` its share of that, where that is above nothing."""
    found = {
        "sales": sums[SALES],
        "sold": text(sums[SOLD], currency),
        "returned": text(sums[RETURNED], currency),
        "net": text(net(sums), currency),
    }
    if of is not None and net(of) > 0:
        found["share"] = str((Decimal(net(sums)) / net(of)).quantize(_SHARE))
    return found


def balance(traded: Sums, paid: Sums, owed: Owed, currency: str) -> dict[str, Any]:
    """Sales against collections. `difference` is what the customers' debt, less their credit, grew by in the period."""
    claimed = paid[INVOICED] - paid[CREDITED]
    found: dict[str, Any] = {
        "currency": currency,
        "sales": text(net(traded), currency),
        "invoiced": text(paid[INVOICED], currency),
        "credited": text(paid[CREDITED], currency),
        "collected": text(paid[COLLECTED], currency),
        "difference": text(claimed - paid[COLLECTED], currency),
    }
    if claimed > 0:
        found["collection_rate"] = str((Decimal(paid[COLLECTED]) / claimed).quantize(_RATE))
    for name, amount in (("outstanding", owed.outstanding), ("overdue", owed.overdue)):
        money = money_body(amount, currency)
        found[name] = None if money is None else money["amount"]
    return found


_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def habits_body(found: Habits) -> dict[str, Any]:
    """What is usual with a customer; what is not usual is left out."""
    body: dict[str, Any] = {"purchase_days": found.purchase_days}
    if found.since is not None:
        body["since"] = found.since
    if found.gap is not None:
        body["gap_days"] = _middle(found.gap)
        body["weekdays"] = dict(zip(_WEEKDAYS, found.weekdays, strict=True))
    if found.weekday is not None:
        body["usual_weekday"] = _WEEKDAYS[found.weekday]
    if found.part_of_month is not None:
        body["usual_part_of_month"] = found.part_of_month
    if found.sizes:
        body["sizes"] = [{"currency": currency, **_middle(size)} for currency, size in found.sizes.items()]
    if found.articles:
        body["usual_articles"] = [
            {"article": one.article, "days": one.days, "quantity": _middle(one.quantity)} for one in found.articles
        ]
    return body


def _middle(figures: Middle) -> dict[str, str]:
    return {"median": f"{figures.median:f}", "from": f"{figures.lower:f}", "to": f"{figures.upper:f}"}


def terms_body(payment_days: int | None, kept: Sequence[TermsKept]) -> dict[str, Any]:
    """What was agreed, and how it is kept; fractions of one, days with their sign."""
    body: dict[str, Any] = {
        "kept": [
            {
                "currency": one.currency,
                "settled": one.settled,
                "on_time": str((Decimal(one.on_time) / one.settled).quantize(_RATE)),
                "days_late": str(one.days_late.quantize(_DAYS)),
            }
            for one in kept
        ]
    }
    return body if payment_days is None else {"payment_days": payment_days, **body}
