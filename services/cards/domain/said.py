"""What was said about one thing, by the business day from which it holds. Pure.

A statement holds until the next day about which something was said; of two statements for one day the later said stands. So
the same statements give the same answer in whatever order they came, but for those of one day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said(Generic[T]):
    """Days in ascending order, none twice, each with what holds from then on."""

    days: tuple[tuple[date, T], ...] = ()

    def also(self, day: date, what: T) -> Said[T]:
        others = [one for one in self.days if one[0] != day]
        return Said(tuple(sorted([*others, (day, what)], key=lambda one: one[0])))

    @property
    def newest(self) -> T | None:
        """What holds by the newest day; None where nothing was said yet."""
        return self.days[-1][1] if self.days else None

    def on(self, day: date) -> T | None:
        """What holds on a day; None where nothing was said yet."""
        known = [what for since, what in self.days if since <= day]
        return known[-1] if known else None

    def since(self, day: date) -> date | None:
        """From which day what holds on `day` was said; None where nothing was said yet."""
        known = [since for since, _ in self.days if since <= day]
        return known[-1] if known else None

    def days_after(self, day: date) -> list[date]:
        """Later days about which something was said."""
        return [since for since, _ in self.days if since > day]
