"""What a customer owes on a day: open items, ageing, disputes, and the exposure against the limit. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.contracts.claims import Claims
from shared.contracts.money import Money
from shared.contracts.open_items import (
    Account,
    Ageing,
    Item,
    ageing,
    days_beyond_terms,
    disputed,
    exposure,
    mean_days_late,
    open_items,
    settlements,
)

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """An open item with its days past due (none before) and the part of it that is disputed."""

    item: Item
    days_overdue: int
    disputed: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """One currency. The five buckets of `ageing` add up to its outstanding amount; so do the open amounts of the lines.

    `days_beyond_terms`: mean days late, weighted by amount, of what was settled in the 365 days before; None where nothing was.
    `available` is what the limit leaves, negative when it is exceeded; None without a limit in this currency.
    """

    currency: str
    lines: Sequence[OpenLine]
    ageing: Ageing
    unallocated: Decimal
    exposure: Decimal
    days_beyond_terms: Decimal | None
    credit_limit: Decimal | None
    available: Decimal | None
    flags: Sequence[str]


def balances(account: Account, claims: Claims, limit: Money | None, as_of: date) -> list[Balance]:
    """A customer's balances at the end of the day `as_of`, by currency; also that of the limit where nothing is owed."""
    standings = open_items(account, as_of)
    aged = ageing(account, as_of, claims)
    disputes = disputed(account, claims, as_of)
    exposed = exposure(account, as_of)
    late = days_beyond_terms(account, as_of)
    found = []
    for currency, standing in standings.items():
        parts = disputes.get(currency, {})
        ceiling = limit.amount if limit is not None and limit.currency == currency else None
        found.append(
            Balance(
                currency=currency,
                lines=[OpenLine(item, max((as_of - item.due_on).days, 0), parts.get(item, ZERO)) for item in standing.items],
                ageing=aged[currency],
                unallocated=standing.unallocated,
                exposure=exposed[currency],
                days_beyond_terms=late.get(currency),
                credit_limit=ceiling,
                available=None if ceiling is None else ceiling - exposed[currency],
                flags=standing.flags,
            )
        )
    if limit is not None and limit.currency not in standings:
        found.append(_nothing_owed(limit))
    return found


def _nothing_owed(limit: Money) -> Balance:
    nothing = Ageing(
        not_due=ZERO,
        days_1_30=ZERO,
        days_31_60=ZERO,
        days_61_90=ZERO,
        over_90=ZERO,
        outstanding=ZERO,
        overdue=ZERO,
        disputed=ZERO,
        disputed_overdue=ZERO,
    )
    return Balance(limit.currency, (), nothing, ZERO, ZERO, None, limit.amount, limit.amount, ())


def together(accounts: Sequence[Account], cards: Sequence[Sequence[Balance]], limit: Money | None, as_of: date) -> list[Balance]:
    """The balances of several cards of one customer as one, by currency. Each card's credit stays with its own invoices.

    `accounts` are theirs, at `as_of`; `limit` is that of the card that leads.
    """
    late = mean_days_late((one for account in accounts for one in settlements(account, as_of)), as_of)
    found = []
    for currency in sorted({balance.currency for one in cards for balance in one}):
        several = [balance for one in cards for balance in one if balance.currency == currency]
        exposed = sum((balance.exposure for balance in several), ZERO)
        ceiling = limit.amount if limit is not None and limit.currency == currency else None
        found.append(
            Balance(
                currency=currency,
                lines=sorted((line for balance in several for line in balance.lines), key=_due),
                ageing=_sum([balance.ageing for balance in several]),
                unallocated=sum((balance.unallocated for balance in several), ZERO),
                exposure=exposed,
                days_beyond_terms=late.get(currency),
                credit_limit=ceiling,
                available=None if ceiling is None else ceiling - exposed,
                flags=tuple(sorted({flag for balance in several for flag in balance.flags})),
            )
        )
    return found


def _due(line: OpenLine) -> tuple[date, str, str]:
    return (line.item.due_on, line.item.source, line.item.number)


def _sum(several: Sequence[Ageing]) -> Ageing:
    amounts = {name: sum((getattr(one, name) for one in several), ZERO) for name in Ageing.__struct_fields__}
    return Ageing(**amounts)
