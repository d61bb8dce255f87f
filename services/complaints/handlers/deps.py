"""What the handlers work with; made once, in the wiring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from shared.postgres.pool import Pool
from shared.privacy.sealing import Sealer
from shared.web.pages import CursorCodec

SCHEMA = "complaints"


@dataclass(frozen=True, slots=True)
class Deps:
    """`zone` is the company's: business days are days there."""

    pool: Pool
    sealer: Sealer
    cursors: CursorCodec
    now: Callable[[], datetime]
    zone: ZoneInfo
    parts: int

    def today(self) -> date:
        """The company's business day."""
        return self.now().astimezone(self.zone).date()

    def moment_of(self, day: date) -> datetime:
        """When something happened of which only the business day is known: now, if that is today, else the day's beginning."""
        return self.now() if day >= self.today() else datetime.combine(day, time.min, self.zone)
