"""On which days all purchase intents are graded anew, and which week a superior's sample belongs to. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from shared.contracts.prospects import ProspectStandardPublished


def regrading_due(today: date, standard: ProspectStandardPublished) -> date:
    """The last day, today included, on which all intents were to be graded anew."""
    return max(day for back in range(7) if (day := today - timedelta(days=back)).isoweekday() in standard.regraded_on)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())
