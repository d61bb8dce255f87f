"""How often the card of a purchase intent is read, when it is due, and when all are graded anew. Pure."""

from __future__ import annotations

from datetime import date, timedelta

from shared.contracts.intents import Grade
from shared.contracts.prospects import ProspectStandardPublished

GRADES: tuple[Grade, ...] = ("A", "B", "C")


def nearest(*grades: Grade | None) -> Grade:
    """The nearest of what the standard and what persons say: whoever says A wants it looked at daily. C where nobody said anything."""
    return min((one for one in grades if one is not None), default="C")


def every_days(grade: Grade, standard: ProspectStandardPublished) -> int:
    return standard.review_days[GRADES.index(grade)]


def due_on(grade: Grade, last: date, standard: ProspectStandardPublished) -> date:
    """When the card is to be read again; `last` is the day of the last review, that of its opening before there was any."""
    return last + timedelta(days=every_days(grade, standard))


def regrading_due(today: date, standard: ProspectStandardPublished) -> date:
    """The last day, today included, on which all intents were to be graded anew."""
    return max(day for back in range(7) if (day := today - timedelta(days=back)).isoweekday() in standard.regraded_on)


def week_of(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())
