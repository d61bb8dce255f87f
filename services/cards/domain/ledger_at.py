"""A customer's ledger by both clocks: what was owed and bought by the end of a day, by what was known on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from services.cards.domain.as_of import standing
from shared.contracts.envelope import Envelope
from shared.contracts.open_items import Account, apply
from shared.contracts.transactions import GoodsReturned, SaleRecorded

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Turnover:
    """Sales less returns in one currency: of the calendar month and year of the day through that day, and of all time before it."""

    currency: str
    month: Decimal
    year: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class LedgerAt:
    """`account` holds what happened through the day only, so that its window of kept facts ends there."""

    account: Account
    turnover: Sequence[Turnover]


def ledger_at(envelopes: Iterable[Envelope], zone: ZoneInfo, as_of: date, known_at: date | None) -> LedgerAt:
    """The ledger at the end of the day `as_of`, by what was recorded through the day `known_at`."""
    account = Account()
    sums: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
    for envelope in standing(envelopes, zone, as_of, known_at):
        match envelope.event:
            case SaleRecorded(sold_on=day, net=net):
                _add(sums, net.currency, net.amount, day, as_of)
            case GoodsReturned(returned_on=day, net=net):
                _add(sums, net.currency, -net.amount, day, as_of)
            case fact:
                account = apply(account, fact, envelope.recorded_at.date())
    return LedgerAt(account, [Turnover(currency, *found) for currency, found in sorted(sums.items())])


def _add(sums: dict[str, tuple[Decimal, Decimal, Decimal]], currency: str, amount: Decimal, day: date, as_of: date) -> None:
    month, year, total = sums.get(currency, (ZERO, ZERO, ZERO))
    in_year = day.year == as_of.year
    in_month = in_year and day.month == as_of.month
    sums[currency] = (month + amount if in_month else month, year + amount if in_year else year, total + amount)
