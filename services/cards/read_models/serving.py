"""What rows with books share: who serves the customer, how a row knows what it grew by, and the totals by who serves.

The trade of a salesperson or an area is that of the customers who are theirs today: who takes over a customer takes over its
past. So a total is a pure function of rows, whatever the order in which the topics of a customer are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from services.cards.domain.spans import Books, Change, Sums, all_of, name_of, read_books
from shared.projections.read_model import Gains, Totals

Trail = tuple["Trail | None", list[Change]]

Read = tuple[Books, Books, Trail | None]
"""What `books` says, from which books it came, and by which changes, the newest first. Nobody changes any of it in place."""

_NONE: Books = {}
NEW: Read = (_NONE, _NONE, None)
"""Of a row that is there for the first time; its books are empty."""


class Kept(Protocol):
    """A row with books: their JSON, and what of them was read or written."""

    @property
    def salesperson_id(self) -> str | None: ...
    @property
    def area_id(self) -> str | None: ...
    @property
    def books(self) -> str: ...
    @property
    def read(self) -> Read | None: ...


def _read(row: Kept) -> Read:
    read = row.read
    if read is None:
        books = read_books(row.books)
        read = (books, books, None)
        # Each event and both sides of the totals ask for it; reading is most of the work of a fold.
        object.__setattr__(row, "read", read)
    return read


def books_of(row: Kept) -> Books:
    return _read(row)[0]


def grown(row: Kept, books: Books, changed: list[Change]) -> Read:
    """What a row reads that comes after this one, by these changes."""
    _, origin, trail = _read(row)
    return books, origin, (trail, changed)


def superseded(at: datetime, assigned_at: datetime | None) -> bool:
    """Whether an assignment from `at` on, which comes later in the stream, yields to the one that holds from a later day."""
    return assigned_at is not None and assigned_at > at


def totals_of(measures: Sequence[str], row: Kept) -> Totals:
    """What a row adds: `d/2026-03-02/CNY/<area>\\n<salesperson>` -> measure -> minor units or number. Kinds d, m, y as of `spans`.

    `M/2026-03/CNY` and `Y/2019/CNY` are the company's months and years, which are asked for with every share.
    """
    gains: dict[tuple[str, str], int] = {}
    _gain(gains, measures, row, all_of(books_of(row)), 1)
    found: dict[str, dict[str, Decimal | int]] = {}
    for (group, measure), units in gains.items():
        found.setdefault(group, {})[measure] = units
    return found


def gained_by(measures: Sequence[str], old: Kept | None, new: Kept | None) -> Gains:
    """What the totals gain when one row becomes another; a row that grew out of the other knows by what."""
    gains: dict[tuple[str, str], int] = {}
    if new is not None and _served_alike(old, new):
        _, origin, trail = _read(new)
        if origin is (_NONE if old is None else books_of(old)):
            while trail is not None:
                trail, changed = trail
                _gain(gains, measures, new, changed, 1)
            return gains
    for row, sign in ((old, -1), (new, 1)):
        if row is not None:
            _gain(gains, measures, row, all_of(books_of(row)), sign)
    return gains


def _served_alike(old: Kept | None, new: Kept) -> bool:
    return old is None or (old.salesperson_id == new.salesperson_id and old.area_id == new.area_id)


def _gain(gains: dict[tuple[str, str], int], measures: Sequence[str], row: Kept, changed: Iterable[Change], sign: int) -> None:
    who = f"{row.area_id or ''}\n{row.salesperson_id or ''}"
    for kind, at, currency, sums in changed:
        span = f"{name_of(kind, at)}/{currency}"
        _gain_group(gains, measures, f"{kind}/{span}/{who}", sums, sign)
        if kind != "d":
            _gain_group(gains, measures, f"{kind.upper()}/{span}", sums, sign)


def _gain_group(gains: dict[tuple[str, str], int], measures: Sequence[str], group: str, sums: Sums, sign: int) -> None:
    for place, units in enumerate(sums):
        if units:
            slot = group, measures[place]
            gains[slot] = gains.get(slot, 0) + sign * units
