"""May an order be accepted or delivered? What a person has decided, what was agreed, and what is owed, on one day. Pure.

Only what a person has decided, or an erasure, stops trade; figures hold an order until somebody has looked at it. The reasons are
numbers, those that speak for the customer among them: who is told no has a right to hear by how much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from shared.contracts.money import Money, decimals

Decision = Literal["allowed", "hold", "stop"]
DECISIONS: tuple[Decision, ...] = ("allowed", "hold", "stop")
"""From the mildest to the worst."""

HOLD_OVERDUE_DAYS = 30
"""Undisputed debt that is older holds an order; as from when the warning about overdue debt asks somebody to act."""
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Restriction:
    """What credit control has decided, on which day; `alert_id` names the warning that led to it."""

    measure: Literal["HOLD", "STOP"]
    since: date
    alert_id: UUID | None


@dataclass(frozen=True, slots=True)
class Owing:
    """One currency over all cards of the customer: open items, also those that are not due yet, less credit that is left.

    `overdue` is undisputed and was due before the day of the check, `oldest_due_on` the oldest of it.
    """

    currency: str
    exposure: Decimal
    disputed: Decimal = ZERO
    overdue: Decimal = ZERO
    oldest_due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of the customer on the day of the check."""

    day: date
    erased: bool = False
    registered: bool = True
    past: bool = False
    limit: Money | None = None
    restriction: Restriction | None = None
    owing: Sequence[Owing] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """One reason, and what it alone would decide."""

    decision: Decision
    code: str
    sentence: str
    figures: Mapping[str, str | int]


def check(known: Checked, order: Money | None) -> tuple[Decision, list[Ground]]:
    """The worst that any ground decides, and all grounds, the worst first. Without an order: may there be any?"""
    grounds = [*_decided(known), *_overdue(known), *_limit(known, order), *_disputed(known)]
    grounds.sort(key=lambda one: -DECISIONS.index(one.decision))
    return (grounds[0].decision if grounds else "allowed"), grounds


def _decided(known: Checked) -> list[Ground]:
    found = []
    if known.erased:
        found.append(
            Ground("stop", "CUSTOMER_ERASED", "The customer's personal data were erased; the card takes no more trade.", {})
        )
    if known.restriction is not None:
        found.append(_restricted(known.restriction))
    if known.past:
        found.append(Ground("hold", "TRADE_ENDED", "Trade with the customer has ended; it has to be admitted anew.", {}))
    if not known.registered and not known.erased:
        sentence = "Nobody has registered the customer: its card was opened by a fact, and nothing was agreed with it."
        found.append(Ground("hold", "NOT_REGISTERED", sentence, {}))
    return found


def _restricted(one: Restriction) -> Ground:
    figures: dict[str, str | int] = {"since": one.since.isoformat()}
    if one.alert_id is not None:
        figures["alert_id"] = str(one.alert_id)
    if one.measure == "STOP":
        return Ground("stop", "TRADE_STOPPED", f"Credit control has stopped trade on {one.since}.", figures)
    return Ground("hold", "TRADE_ON_HOLD", f"Credit control holds trade since {one.since}.", figures)


def _overdue(known: Checked) -> list[Ground]:
    found = []
    for one in known.owing:
        if one.oldest_due_on is None or one.overdue <= 0:
            continue
        days = (known.day - one.oldest_due_on).days
        figures: dict[str, str | int] = {
            "overdue": text(one.overdue, one.currency),
            "currency": one.currency,
            "days_overdue": days,
            "oldest_due_on": one.oldest_due_on.isoformat(),
            "hold_after_days": HOLD_OVERDUE_DAYS,
        }
        sentence = f"{_said(one.overdue, one.currency)} are overdue and not disputed, the oldest for {days} days."
        found.append(Ground("hold" if days > HOLD_OVERDUE_DAYS else "allowed", "OVERDUE", sentence, figures))
    return found


def _limit(known: Checked, order: Money | None) -> list[Ground]:
    limit = known.limit
    if limit is None:
        return [Ground("allowed", "NO_LIMIT", "No credit limit was agreed.", {})]
    if order is not None and order.currency != limit.currency and order.amount > 0:
        sentence = f"The limit was agreed in {limit.currency}; an order in {order.currency} is not covered by it."
        figures: dict[str, str | int] = {"limit_currency": limit.currency, "order_currency": order.currency}
        return [Ground("hold", "LIMIT_IN_OTHER_CURRENCY", sentence, figures)]
    exposure = next((one.exposure for one in known.owing if one.currency == limit.currency), ZERO)
    ordered = ZERO if order is None or order.currency != limit.currency else order.amount
    return [_against(limit, exposure, ordered)]


def _against(limit: Money, exposure: Decimal, ordered: Decimal) -> Ground:
    after, unit = exposure + ordered, limit.currency
    figures: dict[str, str | int] = {
        "currency": unit,
        "credit_limit": text(limit.amount, unit),
        "exposure": text(exposure, unit),
        "order": text(ordered, unit),
        "exposure_after": text(after, unit),
    }
    used = f"{_said(exposure, unit)} are open" + (f" and {_said(ordered, unit)} ordered" if ordered else "")
    if after > limit.amount:
        beyond = after - limit.amount
        sentence = f"{used}: {_said(beyond, unit)} more than the limit of {_said(limit.amount, unit)}."
        return Ground("hold", "LIMIT_EXCEEDED", sentence, {**figures, "beyond": text(beyond, unit)})
    sentence = f"{used}, within the limit of {_said(limit.amount, unit)}."
    return Ground("allowed", "WITHIN_LIMIT", sentence, {**figures, "left": text(limit.amount - after, unit)})


def _disputed(known: Checked) -> list[Ground]:
    return [
        Ground(
            "allowed",
            "DISPUTED",
            f"{_said(one.disputed, one.currency)} are disputed: they count as open, and not as overdue.",
            {"disputed": text(one.disputed, one.currency), "currency": one.currency},
        )
        for one in known.owing
        if one.disputed > 0
    ]


def text(amount: Decimal, currency: str) -> str:
    """An amount with the decimals of its currency."""
    return f"{amount.quantize(Decimal(1).scaleb(-decimals(currency))):f}"


def _said(amount: Decimal, currency: str) -> str:
    return f"{Decimal(text(amount, currency)):,f} {currency}"
