"""What the handlers and jobs work with; made once, in the wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.classification.handlers.averages import Averages
from services.classification.handlers.rankings import Rankings
from shared.postgres.pool import Pool
from shared.web.pages import CursorCodec

SCHEMA = "classification"


@dataclass(frozen=True, slots=True)
class Deps:
    """`zone` is the company's: business days are days there. `analyses` is the pool of questions over everybody's sales: few at a time,
    each with more time than a request that looks at one customer, so that the one never waits for the other."""

    pool: Pool
    analyses: Pool
    cursors: CursorCodec
    now: Callable[[], datetime]
    zone: ZoneInfo
    parts: int
    rankings: Rankings = field(default_factory=Rankings)
    averages: Averages = field(default_factory=Averages)

    def today(self) -> date:
        """The company's business day."""
        return self.now().astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The moment at which a business day begins."""
        return datetime.combine(day, time.min, self.zone)

    def end_of(self, day: date) -> datetime:
        """The moment at which a business day is over."""
        return datetime.combine(day + timedelta(days=1), time.min, self.zone)
