"""Working days of an area: what is due in so many of them, by a published calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.alerts.domain.refusals import CalendarRefused
from shared.contracts.alert_steps import CalendarPublished
from shared.contracts.event import Event

COMPANY = "company"
"""Stands for the calendar that holds where no area has its own."""
LONGEST_REST = 60
"""Days without work after which work is taken up in any case, so that nothing is due never."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`weekend`: 1 is Monday, 7 Sunday. Version 0 is built in: Saturday and Sunday, no holidays."""

    version: int = 0
    weekend: frozenset[int] = frozenset({6, 7})
    holidays: frozenset[date] = frozenset()
    working_days: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        if day in self.working_days:
            return True
        return day not in self.holidays and day.isoweekday() not in self.weekend


BUILT_IN = Calendar()


def after(calendar: Calendar, day: date, working_days: int) -> date:
    """The working day that lies so many working days behind `day`; for none, the day itself or the next one that is worked."""
    left = working_days or (0 if calendar.works_on(day) else 1)
    found, rest = day, 0
    while left:
        found += ONE_DAY
        rest += 1
        if calendar.works_on(found) or rest > LONGEST_REST:
            left, rest = left - 1, 0
    return found


def calendar_for(calendars: Mapping[str, Calendar], areas: Sequence[str]) -> Calendar:
    """The calendar of the nearest of these areas, the customer's own first; else the company's."""
    for area_id in (*areas, COMPANY):
        if area_id in calendars:
            return calendars[area_id]
    return BUILT_IN


def calendar_stream(area_id: str) -> str:
    return f"calendar-{area_id}"


def calendar_of(events: Iterable[Event]) -> Calendar | None:
    """The calendar in force after the events of its stream; None where none was published."""
    found = None
    for event in events:
        if isinstance(event, CalendarPublished):
            found = Calendar(event.version, frozenset(event.weekend), frozenset(event.holidays), frozenset(event.working_days))
    return found


def publish_calendar(
    before: Calendar | None,
    area_id: str,
    weekend: Sequence[int],
    holidays: Sequence[date],
    working_days: Sequence[date],
    by: UUID,
) -> CalendarPublished:
    """The next version of a calendar. Raises CalendarRefused."""
    if len(set(weekend)) > 6:
        raise CalendarRefused("some day of the week is worked")
    if set(holidays) & set(working_days):
        raise CalendarRefused("a day is a holiday or worked, not both")
    return CalendarPublished(
        version=(0 if before is None else before.version) + 1,
        weekend=tuple(sorted(set(weekend))),
        holidays=tuple(sorted(set(holidays))),
        working_days=tuple(sorted(set(working_days))),
        area_id=None if area_id == COMPANY else area_id,
        decided_by=by,
    )
