"""How credits settle invoices: one pass over a customer's facts in the order of their business days.

The pass looks at one day after the other and never ahead, so what is open at a day does not change with what happens later,
except that a reversed payment counts as never made from the day of its reversal. The order of facts is theirs (day, kind,
source, id), not that of their arrival: the same facts give the same result in whatever order they came.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

INVOICE: Final = 0
CREDIT_NOTE: Final = 1
PAYMENT: Final = 2
REFUND: Final = 3
WRITE_OFF: Final = 4
REVERSAL: Final = 5

ZERO = Decimal(0)
Ref = tuple[str, str]
"""An invoice: (source, number)."""


class Share(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The part of a credit that settles one named invoice."""

    source: str
    number: str
    amount: Decimal


class Entry(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One fact as it is kept. The first four fields order facts and name them; `number` of a reversal is the payment's id."""

    on: date
    kind: int
    source: str
    id: str
    currency: str = ""
    amount: Decimal = ZERO
    number: str = ""
    due_on: date | None = None
    shares: tuple[Share, ...] = ()


class Key(NamedTuple):
    """Order in which invoices are settled: the oldest due first, then the oldest, then by name."""

    due_on: date
    issued_on: date
    source: str
    number: str
    id: str


OPENING_NAME: Ref = ("", "")


class Debt(NamedTuple):
    """An invoice on its way to zero. `paid_on` is the last day on which the customer's own money settled a part of it."""

    amount: Decimal
    open: Decimal
    paid_on: date | None
    written_off: bool


class Settlement(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An invoice that the customer has settled in full. `settled_on` is the day on which nothing was open any more.

    `days_late` is signed, early is negative: from the due day to the last day on which the customer's own money settled a
    part of it, since a credit note is an act of the company. An invoice settled without any money of the customer, or
    written off in part, is no settlement of the customer's and has none.
    """

    source: str
    number: str
    currency: str
    amount: Decimal
    issued_on: date
    due_on: date
    settled_on: date
    days_late: int


class Waiting(NamedTuple):
    """Credit that names an invoice which has not arrived."""

    kind: int
    amount: Decimal


class Book:
    """What is open in one currency after the facts that were entered so far.

    `money` and `notes` are credit that has found no invoice: the customer's money, and credit notes of the company.
    `owed` is what was paid back to the customer beyond that credit. `order` are the keys of `debts` in order.
    """

    __slots__ = ("currency", "debts", "flags", "money", "notes", "order", "owed", "refs", "settled", "waiting")

    def __init__(self, currency: str, opening: Decimal, opening_day: date) -> None:
        self.currency = currency
        self.debts: dict[Key, Debt] = {}
        self.order: list[Key] = []
        self.refs: dict[Ref, tuple[Key, ...]] = {}
        self.waiting: dict[Ref, tuple[Waiting, ...]] = {}
        self.settled: dict[Key, Settlement] = {}
        self.money = -opening if opening < 0 else ZERO
        self.notes = ZERO
        self.owed = ZERO
        self.flags: frozenset[str] = frozenset()
        if opening > 0:
            self._add_debt(Key(opening_day, opening_day, *OPENING_NAME, ""), Debt(opening, opening, None, False))

    def copy(self) -> Book:
        twin = Book.__new__(Book)
        twin.currency = self.currency
        twin.debts = self.debts.copy()
        twin.order = self.order.copy()
        twin.refs = self.refs.copy()
        twin.waiting = self.waiting.copy()
        twin.settled = self.settled.copy()
        twin.money, twin.notes, twin.owed, twin.flags = self.money, self.notes, self.owed, self.flags
        return twin

    def enter(self, entry: Entry) -> None:
        """Take one fact. Facts come in order; a payment that is reversed is left out by the caller."""
        if entry.kind == INVOICE:
            self._invoice(entry)
        elif entry.kind == REFUND:
            self._refund(entry.amount)
        elif entry.kind != REVERSAL:
            rest = self._allocated(entry)
            if rest:
                self._oldest_first(entry.kind, entry.on, rest)

    def _add_debt(self, key: Key, debt: Debt) -> None:
        self.debts[key] = debt
        insort(self.order, key)
        ref = (key.source, key.number)
        self.refs[ref] = (*self.refs.get(ref, ()), key)

    def _invoice(self, entry: Entry) -> None:
        if entry.amount <= 0:
            # An invoice below zero is a credit note by another name.
            self._oldest_first(CREDIT_NOTE, entry.on, -entry.amount)
            return
        key = Key(entry.due_on or entry.on, entry.on, entry.source, entry.number, entry.id)
        ref = (entry.source, entry.number)
        if self.refs.get(ref):
            self.flags |= {"SECOND_INVOICE_OF_NUMBER"}
        self._add_debt(key, Debt(entry.amount, entry.amount, None, False))
        for waiting in self.waiting.pop(ref, ()):
            rest = self._settle(key, waiting.kind, entry.on, waiting.amount) if key in self.debts else waiting.amount
            if rest:
                self._oldest_first(waiting.kind, entry.on, rest)
        if key in self.debts and self.notes:
            self.notes = self._settle(key, CREDIT_NOTE, entry.on, self.notes)
        if key in self.debts and self.money:
            self.money = self._settle(key, PAYMENT, entry.on, self.money)

    def _allocated(self, entry: Entry) -> Decimal:
        rest = entry.amount
        for share in entry.shares:
            part = min(share.amount, rest)
            if part <= 0:
                continue
            rest -= part
            ref = (share.source, share.number)
            left = self._settle_named(ref, entry.kind, entry.on, part)
            if not left:
                continue
            if ref in self.refs:
                rest += left
            else:
                # It may name an invoice of the opening balance, or one that is still to come.
                left = self._settle_named(OPENING_NAME, entry.kind, entry.on, left)
                if left:
                    self.waiting[ref] = (*self.waiting.get(ref, ()), Waiting(entry.kind, left))
        return rest

    def _settle_named(self, ref: Ref, kind: int, on: date, amount: Decimal) -> Decimal:
        for key in self.refs.get(ref, ()):
            if amount and key in self.debts:
                amount = self._settle(key, kind, on, amount)
        return amount

    def _oldest_first(self, kind: int, on: date, amount: Decimal) -> None:
        if self.owed:
            covered = min(self.owed, amount)
            self.owed -= covered
            amount -= covered
        if kind == WRITE_OFF and amount:
            self.flags |= {"WRITTEN_OFF_BEYOND_OPEN"}
        while amount and self.order:
            amount = self._settle(self.order[0], kind, on, amount)
        if kind == PAYMENT:
            self.money += amount
        else:
            self.notes += amount

    def _settle(self, key: Key, kind: int, on: date, amount: Decimal) -> Decimal:
        """Settle a debt as far as the amount goes; what is left of the amount."""
        debt = self.debts[key]
        part = min(debt.open, amount)
        paid_on = on if kind == PAYMENT else debt.paid_on
        written_off = debt.written_off or kind == WRITE_OFF
        if part < debt.open:
            self.debts[key] = Debt(debt.amount, debt.open - part, paid_on, written_off)
            return amount - part
        del self.debts[key]
        del self.order[bisect_left(self.order, key)]
        if paid_on is not None and not written_off and (key.source, key.number) != OPENING_NAME:
            self.settled[key] = Settlement(
                key.source, key.number, self.currency, debt.amount, key.issued_on, key.due_on, on, (paid_on - key.due_on).days
            )
        return amount - part

    def _refund(self, amount: Decimal) -> None:
        part = min(self.money, amount)
        self.money -= part
        amount -= part
        part = min(self.notes, amount)
        self.notes -= part
        amount -= part
        for ref in list(self.waiting):
            kept: list[Waiting] = []
            for waiting in self.waiting[ref]:
                part = min(waiting.amount, amount)
                amount -= part
                if part < waiting.amount:
                    kept.append(Waiting(waiting.kind, waiting.amount - part))
            if kept:
                self.waiting[ref] = tuple(kept)
            else:
                del self.waiting[ref]
        self.owed += amount


class Books(NamedTuple):
    """Books by currency, and reversals that name no payment known here."""

    by_currency: dict[str, Book]
    unknown_payments: int


def settle(facts: Iterable[Entry], opening: dict[str, Decimal], opening_day: date, as_of: date | None) -> Books:
    """Enter sorted facts, those after `as_of` left out, into fresh books."""
    kept = [entry for entry in facts if as_of is None or entry.on <= as_of]
    reversed_payments = {(entry.source, entry.number) for entry in kept if entry.kind == REVERSAL}
    books = {currency: Book(currency, amount, opening_day) for currency, amount in opening.items()}
    found = 0
    for entry in kept:
        if entry.kind == REVERSAL:
            continue
        if entry.kind == PAYMENT and (entry.source, entry.id) in reversed_payments:
            found += 1
            continue
        book = books.get(entry.currency)
        if book is None:
            book = books[entry.currency] = Book(entry.currency, ZERO, opening_day)
        book.enter(entry)
    return Books(books, len(reversed_payments) - found)
