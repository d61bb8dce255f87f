"""A customer's account: the facts of which open items are computed, kept as a sorted set, and the balance of older ones.

The state keeps the facts of the last 24 months; older ones are one opening balance a currency. It is the same in whatever
order the facts were applied, except for one thing: a reversal finds its payment only while the payment lies in those 24
months (else it changes nothing, and `open_items` flags it).
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import msgspec

from shared.contracts.claims import MONTHS_KEPT, months_before
from shared.contracts.event import Event
from shared.contracts.settling import (
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    REFUND,
    REVERSAL,
    WRITE_OFF,
    ZERO,
    Book,
    Books,
    Entry,
    Share,
    settle,
)
from shared.contracts.transactions import (
    Allocation,
    CreditNoted,
    InvoiceIssued,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    WrittenOff,
)

_IN_THE_RED = {INVOICE: 1, CREDIT_NOTE: -1, PAYMENT: -1, REFUND: 1, WRITE_OFF: -1}


class Account(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """State of the fold for one customer: facts in their order, and the balance of those older than `window_from`.

    `older` counts the facts in the opening balance; `newest` is the latest day of a fact, never later than its recording.
    """

    facts: tuple[Entry, ...] = ()
    opening: dict[str, Decimal] = {}
    newest: date | None = None
    older: int = 0

    @property
    def window_from(self) -> date:
        """First day of which facts are kept."""
        return date.min if self.newest is None else months_before(self.newest, MONTHS_KEPT)

    @cached_property
    def books(self) -> Books:
        """All facts settled, whatever their day. Computed when first asked for; `apply` hands it on where it can."""
        return settle(self.facts, self.opening, self._opening_day, None)

    @property
    def _opening_day(self) -> date:
        first = self.window_from
        return first if first == date.min else first - timedelta(days=1)

    def books_at(self, as_of: date) -> Books:
        """The facts through `as_of` settled."""
        if not self.facts or self.facts[-1].on <= as_of:
            return self.books
        # One question about a day is mostly followed by another about the same day.
        kept: tuple[date, Books] | None = self.__dict__.get("books_of_day")
        if kept is None or kept[0] != as_of:
            kept = (as_of, settle(self.facts, self.opening, self._opening_day, as_of))
            self.__dict__["books_of_day"] = kept
        return kept[1]


def apply(account: Account, fact: Event, recorded_on: date) -> Account:
    """Fold one ledger fact, each once. `recorded_on` is the day of its recording: a fact dated in the future moves no window.

    Sales and returns change nothing here.
    """
    entry = _entry(fact)
    if entry is None:
        return account
    day = min(entry.on, recorded_on)
    newest = day if account.newest is None else max(account.newest, day)
    place = bisect_right(account.facts, entry)
    facts = (*account.facts[:place], entry, *account.facts[place:])
    grown = Account(facts, account.opening, newest, account.older)
    window_from = grown.window_from
    if facts[0].on < window_from:
        return _compacted(grown, window_from)
    _hand_on_books(account, grown, entry, place)
    return grown


def _hand_on_books(account: Account, grown: Account, entry: Entry, place: int) -> None:
    # The usual fact comes last: then the books go on from where they were, and nothing is settled anew.
    if entry.kind == REVERSAL or place != len(account.facts) or "books" not in account.__dict__:
        return
    if account.window_from != grown.window_from and account.opening:
        return
    if entry.kind == PAYMENT and account.books.unknown_payments:
        return
    books = account.books
    book = books.by_currency.get(entry.currency)
    book = Book(entry.currency, ZERO, date.min) if book is None else book.copy()
    book.enter(entry)
    grown.__dict__["books"] = Books({**books.by_currency, entry.currency: book}, books.unknown_payments)


def _compacted(account: Account, window_from: date) -> Account:
    payments = {(entry.source, entry.id): entry.on for entry in account.facts if entry.kind == PAYMENT}
    reversals = {(entry.source, entry.number): entry.on for entry in account.facts if entry.kind == REVERSAL}
    kept: list[Entry] = []
    opening = dict(account.opening)
    older = account.older
    for entry in account.facts:
        if entry.kind == REVERSAL:
            other = payments.get((entry.source, entry.number))
        else:
            other = reversals.get((entry.source, entry.id)) if entry.kind == PAYMENT else None
        # A payment and its reversal stay together until both are old: apart, one of them would move the balance for ever.
        if entry.on >= window_from or (other is not None and other >= window_from):
            kept.append(entry)
            continue
        older += 1
        if entry.kind != REVERSAL and other is None:
            opening[entry.currency] = opening.get(entry.currency, ZERO) + _IN_THE_RED[entry.kind] * entry.amount
    return Account(tuple(kept), opening, account.newest, older)


def _shares(allocations: tuple[Allocation, ...]) -> tuple[Share, ...]:
    return tuple(Share(one.invoice.source, one.invoice.number, one.amount) for one in allocations)


def _entry(fact: Event) -> Entry | None:
    match fact:
        case InvoiceIssued():
            return Entry(
                fact.issued_on,
                INVOICE,
                fact.source,
                fact.source_event_id,
                fact.amount.currency,
                fact.amount.amount,
                fact.number,
                fact.due_on,
            )
        case PaymentReceived():
            return _credit(PAYMENT, fact.received_on, fact, _shares(fact.allocations))
        case CreditNoted():
            return _credit(CREDIT_NOTE, fact.noted_on, fact, _shares(fact.allocations))
        case WrittenOff():
            share = Share(fact.invoice.source, fact.invoice.number, fact.amount.amount)
            return _credit(WRITE_OFF, fact.written_off_on, fact, (share,))
        case PaymentMade():
            return _credit(REFUND, fact.paid_on, fact, ())
        case PaymentReversed():
            return Entry(fact.reversed_on, REVERSAL, fact.source, fact.source_event_id, number=fact.payment)
    return None


def _credit(
    kind: int, on: date, fact: PaymentReceived | CreditNoted | WrittenOff | PaymentMade, shares: tuple[Share, ...]
) -> Entry:
    return Entry(on, kind, fact.source, fact.source_event_id, fact.amount.currency, fact.amount.amount, "", None, shares)


_encoder = msgspec.json.Encoder(decimal_format="string")
_decoder = msgspec.json.Decoder(Account)


def write_account(account: Account) -> str:
    """The state as JSON text, for a column of a read model."""
    return _encoder.encode(account).decode()


def read_account(text: str | bytes) -> Account:
    """The state back from its JSON text. Raises msgspec.ValidationError when it is none."""
    return _decoder.decode(text)
