"""Sums of what a customer did, by currency and by day, month and year: fine for what is new, coarse for what is old. Pure.

Each currency has a book of its own. Three figures a span, as whole numbers (minor units of the currency, or a number of
things), so they add up exactly and fast. Days repeat what their months say; years hold what is older than the months. What is
kept follows from the days alone, so the same facts give the same books in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal

import msgspec

from shared.contracts.money import Money, decimals

DAYS_KEPT = 62
"""Days are kept that lie so many days before the latest one of the book. A fact is dated tomorrow at the latest, so every book
knows all its days of the last 62, today included."""
LATEST_KEPT = 13
"""As many days are kept however old they are: the rhythm of who buys seldom is in them."""
MONTHS_KEPT = 25
"""Months are kept by themselves for so long: this year and last year at least."""

Kind = Literal["d", "m", "y"]
Sums = tuple[int, int, int]
Spans = list[int]
"""Four numbers a span, in order of time: its place and its three sums. A day's place is its ordinal (`date.toordinal`), a
month's is year * 12 + month - 1, a year's is its number. Flat, because reading and writing it is most of the work of a fold."""
_WIDTH = 4


class Book(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One currency."""

    days: Spans
    months: Spans
    years: Spans


Books = dict[str, Book]
"""By currency. Nobody changes one in place."""


Change = tuple[Kind, int, str, Sums]
"""How much more (or less) a span holds: kind and place of the span, currency, sums."""

NOTHING = Book([], [], [])


def minor_units(money: Money) -> int:
    """Raises ValueError for an amount that is finer than its currency, or a currency that is none."""
    scaled = money.amount.scaleb(decimals(money.currency))
    units = int(scaled)
    if units != scaled:
        raise ValueError("finer than the currency")
    return units


def amount_of(units: int | Decimal, currency: str) -> Decimal:
    """The amount behind minor units."""
    return Decimal(units).scaleb(-decimals(currency))


def month_of(day: date) -> int:
    return day.year * 12 + day.month - 1


def added(books: Books, currency: str, on: date, sums: Sums) -> tuple[Books, list[Change]]:
    """The books with one fact more, and what changed in them."""
    book = books.get(currency, NOTHING)
    changed: list[Change] = []
    days = _with_day(book.days, on.toordinal(), sums, currency, changed)
    months, years = _with_month(book, month_of(on), sums, currency, changed)
    return {**books, currency: Book(days, months, years)}, changed


def _with_day(before: Spans, day: int, sums: Sums, currency: str, changed: list[Change]) -> Spans:
    last = before[-_WIDTH] if before else day
    if len(before) >= LATEST_KEPT * _WIDTH and day < before[0] and day < last - DAYS_KEPT:
        return before
    days = _put(before, day, sums)
    changed.append(("d", day, currency, sums))
    oldest = max(day, last) - DAYS_KEPT
    while days[0] < oldest and len(days) > LATEST_KEPT * _WIDTH:
        changed.append(("d", days[0], currency, (-days[1], -days[2], -days[3])))
        del days[:_WIDTH]
    return days


def _with_month(book: Book, month: int, sums: Sums, currency: str, changed: list[Change]) -> tuple[Spans, Spans]:
    before, years = book.months, book.years
    last = before[-_WIDTH] if before else month
    oldest = max(month, last) - MONTHS_KEPT + 1
    if month < oldest:
        changed.append(("y", month // 12, currency, sums))
        return before, _put(years, month // 12, sums)
    months = _put(before, month, sums)
    changed.append(("m", month, currency, sums))
    while months[0] < oldest:
        old = (months[1], months[2], months[3])
        changed.append(("m", months[0], currency, (-old[0], -old[1], -old[2])))
        changed.append(("y", months[0] // 12, currency, old))
        years = _put(years, months[0] // 12, old)
        del months[:_WIDTH]
    return months, years


def _put(before: Spans, at: int, sums: Sums) -> Spans:
    if not before or before[-_WIDTH] < at:
        return [*before, at, *sums]
    spans = before.copy()
    place = len(spans) - _WIDTH
    # Facts come mostly in the order of their days.
    while place > 0 and spans[place] > at:
        place -= _WIDTH
    if spans[place] == at:
        spans[place + 1] += sums[0]
        spans[place + 2] += sums[1]
        spans[place + 3] += sums[2]
    else:
        place += _WIDTH if spans[place] < at else 0
        spans[place:place] = (at, *sums)
    return spans


def all_of(books: Books) -> Iterator[Change]:
    """Everything that the books hold."""
    for currency, book in books.items():
        kinds: tuple[tuple[Kind, Spans], ...] = (("d", book.days), ("m", book.months), ("y", book.years))
        for kind, spans in kinds:
            for at, sums in entries(spans):
                yield (kind, at, currency, sums)


def entries(spans: Spans) -> Iterator[tuple[int, Sums]]:
    """Place and sums of each span, in order of time."""
    for place in range(0, len(spans), _WIDTH):
        at, one, two, three = spans[place : place + _WIDTH]
        yield at, (one, two, three)


def joined(several: Iterable[Books]) -> Books:
    """Several customers' books as if they were one's."""
    found: dict[str, dict[Kind, dict[int, Sums]]] = {}
    for books in several:
        for kind, at, currency, sums in all_of(books):
            spans = found.setdefault(currency, {"d": {}, "m": {}, "y": {}})[kind]
            spans[at] = together([spans.get(at, (0, 0, 0)), sums])
    return {currency: Book(_flat(of["d"]), _flat(of["m"]), _flat(of["y"])) for currency, of in sorted(found.items())}


def _flat(spans: dict[int, Sums]) -> Spans:
    return [number for at in sorted(spans) for number in (at, *spans[at])]


def between(spans: Spans, first: int, last: int) -> Sums | None:
    """What the spans from `first` through `last` add up to; None when there are none."""
    found = [sums for at, sums in entries(spans) if first <= at <= last]
    return together(found) if found else None


def together(found: Iterable[Sums]) -> Sums:
    """The sums of several spans in one."""
    one = two = three = 0
    for a, b, c in found:
        one, two, three = one + a, two + b, three + c
    return one, two, three


@lru_cache(maxsize=4096)
def name_of(kind: Kind, at: int) -> str:
    """2026-03-02, 2026-03 or 2026."""
    if kind == "d":
        return date.fromordinal(at).isoformat()
    return f"{at // 12:04}-{at % 12 + 1:02}" if kind == "m" else f"{at:04}"


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Books] = msgspec.json.Decoder(Books)


def write_books(books: Books) -> str:
    """As JSON, for a column; currencies in order."""
    if len(books) > 1:
        books = dict(sorted(books.items()))
    return _encoder.encode(books).decode()


def read_books(text: str) -> Books:
    return _decoder.decode(text)
