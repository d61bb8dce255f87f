"""Working time against a reference that walks minute by minute through the clock on the wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.complaints.domain.procedure import LONGEST
from services.complaints.domain.working_time import Hours, Minutes, Span, due_at, worked_between

MINUTE = timedelta(minutes=1)
ZONES = sorted(name for name in available_timezones() if name != "Factory")
BERLIN, SHANGHAI = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Shanghai")
OFFICE = dict.fromkeys(range(1, 6), ((9 * 60, 12 * 60), (13 * 60, 17 * 60)))


def walked(hours: Hours, start: datetime, end: datetime, holds: tuple[Span, ...] = ()) -> int:
    """Worked minutes: each minute of UTC is looked up on the wall."""
    found, moment = 0, start
    while moment < end:
        wall = moment.astimezone(hours.zone)
        minute = wall.hour * 60 + wall.minute
        if any(begin <= minute < stop for begin, stop in hours.shifts(wall.date())):
            found += not any(begin <= moment < stop for begin, stop in holds)
        moment += MINUTE
    return found


def at(zone: ZoneInfo, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@st.composite
def shifts(draw: st.DrawFn) -> tuple[Minutes, ...]:
    edges = draw(st.lists(st.integers(0, 24 * 60), max_size=6, unique=True).map(sorted))
    return tuple(zip(edges[::2], edges[1::2], strict=False))


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime, datetime, tuple[Span, ...]]:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    start = datetime(2000, 1, 1, tzinfo=UTC) + draw(st.integers(0, 50 * 365 * 1440)) * MINUTE
    # Half of the cases lie where the clock is changed, if it is within the year that follows.
    if draw(st.booleans()):
        days = (start + timedelta(days=n) for n in range(366))
        changes = (
            day for day in days if day.astimezone(zone).utcoffset() != (day + timedelta(days=1)).astimezone(zone).utcoffset()
        )
        start = next(changes, start) - draw(st.integers(0, 2 * 1440)) * MINUTE
    end = start + draw(st.integers(0, 4 * 1440)) * MINUTE
    days = [start.date() + timedelta(days=n) for n in range(-1, 6)]
    hours = Hours(
        zone=zone,
        weekly={day: draw(shifts()) for day in range(1, 8)} | {draw(st.integers(1, 7)): ((0, 1440),)},
        holidays=frozenset(draw(st.lists(st.sampled_from(days), max_size=2))),
        special_days=draw(st.dictionaries(st.sampled_from(days), shifts(), max_size=2)),
    )
    minute = st.integers(-600, 5 * 1440)
    holds = draw(st.lists(st.tuples(minute, minute).map(sorted), max_size=3))
    return hours, start, end, tuple((start + a * MINUTE, start + b * MINUTE) for a, b in holds)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_worked_is_what_the_clock_on_the_wall_shows(case: tuple[Hours, datetime, datetime, tuple[Span, ...]]) -> None:
    hours, start, end, holds = case
    worked = worked_between(hours, start, end, holds)
    assert worked == walked(hours, start, end, holds) * MINUTE
    if worked:
        due = due_at(hours, start, worked, holds)
        assert due <= end
        assert worked_between(hours, start, due, holds) == worked
        assert worked_between(hours, start, due - MINUTE, holds) == worked - MINUTE


def test_a_short_week_by_hand() -> None:
    hours = Hours(BERLIN, weekly=OFFICE, holidays=frozenset({date(2026, 5, 1)}))
    friday = at(BERLIN, "2026-04-30T16:00")  # a Thursday; Friday is a holiday
    assert due_at(hours, friday, timedelta(hours=2)) == at(BERLIN, "2026-05-04T10:00")
    assert worked_between(hours, friday, at(BERLIN, "2026-05-04T10:00")) == timedelta(hours=2)
    assert due_at(hours, friday, timedelta(hours=1)) == at(BERLIN, "2026-04-30T17:00")
    assert due_at(hours, at(BERLIN, "2026-05-04T11:30"), timedelta(hours=1)) == at(BERLIN, "2026-05-04T13:30")
    assert due_at(hours, friday, timedelta()) == friday


def test_a_night_shift_of_the_night_on_which_the_clock_is_changed() -> None:
    night = Hours(BERLIN, weekly={6: ((22 * 60, 1440),), 7: ((0, 6 * 60),)})
    spring, autumn = at(BERLIN, "2026-03-28T22:00"), at(BERLIN, "2026-10-24T22:00")
    assert worked_between(night, spring, spring.astimezone(UTC) + timedelta(days=1)) == timedelta(hours=7)
    assert worked_between(night, autumn, autumn.astimezone(UTC) + timedelta(days=1)) == timedelta(hours=9)
    assert due_at(night, autumn, timedelta(hours=9)) == at(BERLIN, "2026-10-25T06:00")


def test_the_longest_deadline_in_the_shortest_week_has_an_end() -> None:
    sundays = Hours(BERLIN, weekly={7: ((2 * 60, 3 * 60),)})
    due = due_at(sundays, at(BERLIN, "2026-01-01T00:00"), LONGEST * MINUTE)
    # 8784 hours, one of them each Sunday: what spring leaves out autumn gives twice.
    assert due.year == 2194


def test_a_day_that_a_country_left_out() -> None:
    always = Hours(ZoneInfo("Pacific/Apia"), weekly=dict.fromkeys(range(1, 8), ((0, 1440),)))
    start = at(always.zone, "2011-12-29T00:00")
    assert due_at(always, start, timedelta(days=2)) == at(always.zone, "2012-01-01T00:00")


def test_a_hold_over_the_weekend_stops_the_clock_once() -> None:
    hours = Hours(SHANGHAI, weekly=OFFICE)
    start = at(SHANGHAI, "2026-03-06T09:00")  # a Friday
    monday = at(SHANGHAI, "2026-03-09T10:00")
    holds = [(at(SHANGHAI, "2026-03-06T16:00"), monday), (at(SHANGHAI, "2026-03-06T18:00"), at(SHANGHAI, "2026-03-08T12:00"))]
    # Six hours before the hold, one hour held on Friday and one on Monday, six on Monday after it.
    assert worked_between(hours, start, at(SHANGHAI, "2026-03-09T17:00"), holds) == timedelta(hours=12)
    assert due_at(hours, start, timedelta(hours=8), holds) == at(SHANGHAI, "2026-03-09T12:00")


@pytest.mark.parametrize("zone", ZONES)
def test_the_change_of_the_clock_in_every_zone(zone: str) -> None:
    hours = Hours(ZoneInfo(zone), weekly=dict.fromkeys(range(1, 8), ((1 * 60 + 17, 2 * 60 + 41), (23 * 60, 1440))))
    start = datetime(2024, 1, 1, tzinfo=UTC)
    changes = [
        day
        for day in (start + timedelta(days=n) for n in range(366))
        if day.astimezone(hours.zone).utcoffset() != (day + timedelta(days=1)).astimezone(hours.zone).utcoffset()
    ]
    for change in changes or [start]:
        begin, end = change - timedelta(hours=14), change + timedelta(hours=38)
        assert worked_between(hours, begin, end) == walked(hours, begin, end) * MINUTE
