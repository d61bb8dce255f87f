"""Open items: which payment settles which invoice, what is open, overdue and disputed. One pure fold for all services.

Only invoices make a receivable. Allocations hold as given, the rest settles the oldest due first. What is allocated to an
invoice that is not known settles the opening balance and else waits for that invoice. `apply` folds ledger facts into an
Account (24 months of facts and an opening balance), `apply_claim` the events of complaints into Claims; the other functions
read them. Facts and claims with a day after `as_of` are ignored.

All days are business days of the company. Amounts are in the currency under which they are given, never mixed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from shared.contracts.account import Account, apply, read_account, write_account
from shared.contracts.claims import Claim, Claims, apply_claim, decided_against
from shared.contracts.settling import OPENING_NAME, ZERO, Book, Settlement
from shared.contracts.transactions import InvoiceRef

__all__ = [
    "Account",
    "Ageing",
    "Claim",
    "Claims",
    "Item",
    "Settlement",
    "Standing",
    "ageing",
    "apply",
    "apply_claim",
    "days_beyond_terms",
    "decided_against",
    "disputed",
    "exposure",
    "items_of",
    "mean_days_late",
    "open_items",
    "read_account",
    "settlements",
    "write_account",
]


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An invoice with something open. `opening`: all that is older than the window, with the last day before it as its day."""

    source: str
    number: str
    issued_on: date
    due_on: date
    amount: Decimal
    open: Decimal
    opening: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One currency of an account: items, oldest due first; credit that no invoice has used up.

    `waiting` is credit that names an invoice not known here; `owed` is what was paid back beyond the customer's credit.
    outstanding - unallocated - waiting + owed = invoices + refunds - payments - credit notes - write-offs.
    """

    items: tuple[Item, ...]
    outstanding: Decimal
    unallocated: Decimal
    waiting: Decimal
    owed: Decimal
    flags: tuple[str, ...]


class Ageing(msgspec.Struct, frozen=True, kw_only=True):
    """Days past due. The five buckets add up to `outstanding`; `disputed` is a part of it, `disputed_overdue` of the overdue."""

    not_due: Decimal
    days_1_30: Decimal
    days_31_60: Decimal
    days_61_90: Decimal
    over_90: Decimal
    outstanding: Decimal
    overdue: Decimal
    disputed: Decimal
    disputed_overdue: Decimal


def open_items(account: Account, as_of: date) -> dict[str, Standing]:
    """What is open at the end of the day `as_of`, by currency. Days before the window know the opening balance only."""
    books = account.books_at(as_of)
    common = set()
    if account.older:
        common.add("OPENING_BALANCE")
    if as_of < account.window_from:
        common.add("BEFORE_WINDOW")
    if books.unknown_payments:
        common.add("REVERSAL_OF_UNKNOWN_PAYMENT")
    return {currency: _standing(book, common) for currency, book in sorted(books.by_currency.items())}


def _standing(book: Book, common: set[str]) -> Standing:
    items = _items(book)
    waiting = sum((one.amount for several in book.waiting.values() for one in several), ZERO)
    flags = common | book.flags
    if waiting:
        flags |= {"UNKNOWN_INVOICE"}
    if book.owed:
        flags |= {"REFUND_BEYOND_CREDIT"}
    return Standing(
        items=items,
        outstanding=sum((item.open for item in items), ZERO),
        unallocated=book.money + book.notes,
        waiting=waiting,
        owed=book.owed,
        flags=tuple(sorted(flags)),
    )


def _items(book: Book) -> tuple[Item, ...]:
    debts = book.debts
    return tuple(
        Item(
            source=key.source,
            number=key.number,
            issued_on=key.issued_on,
            due_on=key.due_on,
            amount=debts[key].amount,
            open=debts[key].open,
            opening=(key.source, key.number) == OPENING_NAME,
        )
        for key in book.order
    )


def items_of(account: Account, as_of: date, currency: str) -> tuple[Item, ...]:
    """The open items of one currency, oldest due first."""
    book = account.books_at(as_of).by_currency.get(currency)
    return () if book is None else _items(book)


def ageing(account: Account, as_of: date, claims: Claims | None = None) -> dict[str, Ageing]:
    """The open amount by days past due, by currency."""
    disputes = {} if claims is None else disputed(account, claims, as_of)
    return {
        currency: _ageing(standing, as_of, disputes.get(currency, {}))
        for currency, standing in open_items(account, as_of).items()
    }


def _ageing(standing: Standing, as_of: date, disputes: dict[Item, Decimal]) -> Ageing:
    buckets = [ZERO] * 5
    for item in standing.items:
        days = (as_of - item.due_on).days
        buckets[0 if days <= 0 else min((days - 1) // 30, 3) + 1] += item.open
    return Ageing(
        not_due=buckets[0],
        days_1_30=buckets[1],
        days_31_60=buckets[2],
        days_61_90=buckets[3],
        over_90=buckets[4],
        outstanding=standing.outstanding,
        overdue=sum(buckets[1:], ZERO),
        disputed=sum(disputes.values(), ZERO),
        disputed_overdue=sum((amount for item, amount in disputes.items() if item.due_on < as_of), ZERO),
    )


def exposure(account: Account, as_of: date) -> dict[str, Decimal]:
    """What would be lost today: outstanding less unallocated credit, by currency. Waiting credit is not deducted."""
    return {
        currency: max(standing.outstanding - standing.unallocated, ZERO)
        for currency, standing in open_items(account, as_of).items()
    }


def settlements(account: Account, as_of: date) -> tuple[Settlement, ...]:
    """The settled invoices of the window, by day of settlement."""
    found = [one for book in account.books_at(as_of).by_currency.values() for one in book.settled.values()]
    return tuple(sorted(found, key=_settlement_order))


def _settlement_order(one: Settlement) -> tuple[date, date, str, str]:
    return (one.settled_on, one.due_on, one.source, one.number)


def days_beyond_terms(account: Account, as_of: date, days: int = 365) -> dict[str, Decimal]:
    """Mean signed days late, weighted by amount, of what was settled in the `days` through `as_of`; by currency, where any was."""
    return mean_days_late(settlements(account, as_of), as_of, days)


def mean_days_late(settled: Iterable[Settlement], as_of: date, days: int = 365) -> dict[str, Decimal]:
    """As `days_beyond_terms`, of settlements of any accounts."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for one in settled:
        if 0 <= (as_of - one.settled_on).days < days:
            weighted, amount = sums.get(one.currency, (ZERO, ZERO))
            sums[one.currency] = (weighted + one.amount * one.days_late, amount + one.amount)
    return {currency: weighted / amount for currency, (weighted, amount) in sums.items()}


def disputed(account: Account, claims: Claims, as_of: date) -> dict[str, dict[Item, Decimal]]:
    """How much of which open item is disputed, by currency: the lesser of what is claimed and what is open.

    A claim that names invoices disputes these; one that names none disputes the oldest due first. What one claim disputes,
    another does not dispute again; claims that name invoices go first.
    """
    open_claims = [claim for claim in claims.claims if claim.open_at(as_of)]
    found: dict[str, dict[Item, Decimal]] = {}
    if not open_claims:
        return found
    for currency, book in account.books_at(as_of).by_currency.items():
        items = _items(book)
        taken: dict[Item, Decimal] = {}
        for claim in sorted(open_claims, key=lambda one: not one.invoices):
            if claim.currency in (None, currency):
                _dispute(claim, items, taken)
        if taken:
            found[currency] = taken
    return found


def _dispute(claim: Claim, items: tuple[Item, ...], taken: dict[Item, Decimal]) -> None:
    if claim.claimed is None and not claim.invoices:
        return
    rest = claim.claimed
    for item in items:
        if claim.invoices and InvoiceRef(item.source, item.number) not in claim.invoices:
            continue
        free = item.open - taken.get(item, ZERO)
        part = free if rest is None else min(free, rest)
        if part > 0:
            taken[item] = taken.get(item, ZERO) + part
            rest = None if rest is None else rest - part
