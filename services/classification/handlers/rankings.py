"""The rankings of buyers that were computed last, so that pages and single customers need no further look at everybody's sales."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from services.classification.domain.rfm import Scored
from services.classification.read_models.served import Scope
from shared.contracts.cursor import Cursor

REMEMBERED = 16


@dataclass(frozen=True, slots=True)
class Asked:
    """The period ends on `as_of`; `currency` None: the one with the most sales in it."""

    as_of: date
    period_days: int
    currency: str | None
    scope: Scope
    whose: str | None = None
    """Of the customers of which caller, as `narrowing` says it; None: of everybody."""

    @property
    def first(self) -> date:
        return self.as_of - timedelta(days=self.period_days - 1)


@dataclass(frozen=True, slots=True)
class Ranking:
    """The buyers of the period, the best first, and the same by customer. `known`: how far sales and cards were folded."""

    currency: str | None
    buyers: Sequence[Scored]
    of: Mapping[UUID, Scored]
    known: Sequence[Mapping[int, Cursor]]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Rankings:
    """`one_at_a_time`: who asks for the same meanwhile waits and gets the same."""

    one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _found: dict[Asked, Ranking] = field(default_factory=dict)

    def find(self, asked: Asked) -> Ranking | None:
        return self._found.get(asked)

    def remember(self, asked: Asked, ranking: Ranking) -> None:
        self._found.pop(asked, None)
        if len(self._found) >= REMEMBERED:
            del self._found[next(iter(self._found))]
        self._found[asked] = ranking
