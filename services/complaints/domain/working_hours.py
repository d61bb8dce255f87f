"""Working hours as they are published, for the company and for areas of it, and which of them hold for a customer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from services.complaints.domain.refusals import HoursRefused
from services.complaints.domain.working_time import Hours, Minutes
from shared.contracts.complaint_steps import Shift, WorkingHoursPublished
from shared.contracts.event import Event

COMPANY = "company"
"""Stands for the hours that hold where no area has its own."""
LEAST_A_WEEK = 60
"""Minutes: with less, the longest deadline would lie beyond what a calendar holds."""
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|(24):(00)")
_WEEK = frozenset("1234567")


def hours_stream(area_id: str) -> str:
    return f"working-hours-{area_id}"


def published(events: Iterable[Event]) -> WorkingHoursPublished | None:
    """The hours in force after the events of their stream; None where none were published."""
    found = None
    for event in events:
        if isinstance(event, WorkingHoursPublished):
            found = event
    return found


def publish_hours(before: WorkingHoursPublished | None, wanted: WorkingHoursPublished, by: UUID) -> WorkingHoursPublished:
    """The next version. Raises HoursRefused, which names what cannot be."""
    if wanted.weekly.keys() - _WEEK:
        raise HoursRefused("weekly: the days of the week are 1 (Monday) to 7")
    if len({one.day for one in wanted.special_days}) != len(wanted.special_days):
        raise HoursRefused("special_days: a day is named once")
    hours = hours_of(wanted)
    if sum(end - begin for shifts in hours.weekly.values() for begin, end in shifts) < LEAST_A_WEEK:
        raise HoursRefused("weekly: an hour a week is worked at least")
    holidays = tuple(sorted(set(wanted.holidays)))
    special_days = tuple(sorted(wanted.special_days, key=lambda one: one.day))
    version = 1 if before is None else before.version + 1
    return msgspec.structs.replace(wanted, version=version, holidays=holidays, special_days=special_days, decided_by=by)


def hours_of(event: WorkingHoursPublished) -> Hours:
    """Raises HoursRefused for a zone, a time or shifts that cannot be."""
    try:
        zone = ZoneInfo(event.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise HoursRefused("zone: an IANA name such as Asia/Shanghai") from None
    return Hours(
        zone=zone,
        version=event.version,
        weekly={int(day): _shifts(f"weekly/{day}", shifts) for day, shifts in event.weekly.items()},
        holidays=frozenset(event.holidays),
        special_days={one.day: _shifts(f"special_days/{one.day}", one.shifts) for one in event.special_days},
        area_id=event.area_id,
    )


def _shifts(place: str, shifts: Sequence[Shift]) -> tuple[Minutes, ...]:
    found = tuple(sorted((_minute(place, one.begins), _minute(place, one.ends)) for one in shifts))
    if any(begin >= end for begin, end in found):
        raise HoursRefused(f"{place}: a shift ends later than it begins; one over midnight is two")
    if any(one[1] > other[0] for one, other in pairwise(found)):
        raise HoursRefused(f"{place}: shifts do not overlap")
    return found


def _minute(place: str, text: str) -> int:
    if _TIME.fullmatch(text) is None:
        raise HoursRefused(f"{place}: a time of the day is HH:MM, up to 24:00")
    hour, _, minute = text.partition(":")
    return 60 * int(hour) + int(minute)


def hours_for(published_by_area: Mapping[str, Hours], areas: Sequence[str], zone: ZoneInfo) -> Hours:
    """The hours of the nearest of these areas, the customer's own first; else the company's; else Monday to Friday, nine to
    twelve and one to six, in the company's zone."""
    for area_id in (*areas, COMPANY):
        if area_id in published_by_area:
            return published_by_area[area_id]
    return Hours(zone)
