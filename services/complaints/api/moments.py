"""On which business day a step was taken, from the day or the moment that the caller gives."""

from __future__ import annotations

from datetime import date, datetime

from services.complaints.handlers.deps import Deps


def step_day(deps: Deps, at: datetime | None, day: date | None = None) -> tuple[date, date]:
    """The step's business day, and today: the day that is given, else that of the moment, else today."""
    today = deps.today()
    if day is not None:
        return day, today
    return today if at is None else at.astimezone(deps.zone).date(), today
