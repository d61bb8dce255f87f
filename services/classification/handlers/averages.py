"""What buyers of the company bought on average: positions compare with it. Summed over all sales when asked for, and good for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from shared.contracts.cursor import Cursor

REMEMBERED = 32


class Asked(NamedTuple):
    """The average of the `period_days` that end on `day`."""

    currency: str | None
    day: date
    period_days: int


class Average(NamedTuple):
    """None: nobody bought. `known`: how far sales were folded."""

    net: Decimal | None
    known: Mapping[int, Cursor]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Averages:
    """`one_at_a_time`: who asks for the same meanwhile waits and gets the same."""

    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _found: dict[Asked, Average] = field(default_factory=dict)

    def find(self, asked: Asked) -> Average | None:
        return self._found.get(asked)

    def remember(self, asked: Asked, average: Average) -> None:
        self._found.pop(asked, None)
        if len(self._found) >= REMEMBERED:
            del self._found[next(iter(self._found))]
        self._found[asked] = average
