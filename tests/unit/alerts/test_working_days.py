"""Working days: what is due in so many of them, and whose calendar counts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from services.alerts.domain.areas import Area, superiors_over, upwards
from services.alerts.domain.refusals import CalendarRefused
from services.alerts.domain.working_days import BUILT_IN, COMPANY, Calendar, after, calendar_for, calendar_of, publish_calendar

THURSDAY, FRIDAY, SATURDAY, MONDAY, TUESDAY = (date(2026, 10, day) for day in (8, 9, 10, 12, 13))
PERSON = UUID(int=1)


@pytest.mark.parametrize(
    ("since", "days", "due"),
    [(THURSDAY, 0, THURSDAY), (THURSDAY, 1, FRIDAY), (FRIDAY, 1, MONDAY), (SATURDAY, 0, MONDAY), (SATURDAY, 1, MONDAY)],
)
def test_days_without_work_do_not_count(since: date, days: int, due: date) -> None:
    assert after(BUILT_IN, since, days) == due


def test_a_holiday_is_free_and_a_working_saturday_is_not() -> None:
    calendar = Calendar(1, holidays=frozenset({MONDAY}), working_days=frozenset({SATURDAY}))
    assert after(calendar, FRIDAY, 1) == SATURDAY
    assert after(calendar, FRIDAY, 2) == TUESDAY


def test_a_year_of_holidays_makes_nothing_due_never() -> None:
    free = frozenset(date.fromordinal(THURSDAY.toordinal() + n) for n in range(1000))
    assert after(Calendar(1, holidays=free), THURSDAY, 1) == date.fromordinal(THURSDAY.toordinal() + 61)


def test_the_nearest_calendar_counts() -> None:
    near, far, company = Calendar(1), Calendar(2), Calendar(3)
    assert calendar_for({"EAST": near, "CN": far, COMPANY: company}, ("EAST", "CN")) is near
    assert calendar_for({"CN": far, COMPANY: company}, ("EAST", "CN")) is far
    assert calendar_for({COMPANY: company}, ("EAST", "CN")) is company
    assert calendar_for({}, ()) is BUILT_IN


def test_a_calendar_is_published_in_versions_and_leaves_a_day_to_work() -> None:
    first = publish_calendar(None, COMPANY, [7, 6], [MONDAY, MONDAY], [], PERSON)
    assert (first.version, first.area_id, first.weekend, first.holidays) == (1, None, (6, 7), (MONDAY,))
    second = publish_calendar(calendar_of([first]), "EAST", range(1, 7), [], [MONDAY], PERSON)
    assert (second.version, second.area_id) == (2, "EAST")
    with pytest.raises(CalendarRefused):
        publish_calendar(None, COMPANY, range(1, 8), [], [], PERSON)
    with pytest.raises(CalendarRefused):
        publish_calendar(None, COMPANY, [7], [MONDAY], [MONDAY], PERSON)


def test_superiors_go_upwards_and_nobody_is_told_twice() -> None:
    since = date(2026, 1, 1)
    areas = {
        "CN": Area("CN", None, ((since, "E-01"),)),
        "EAST": Area("EAST", "CN", ((since, "E-07"), (MONDAY, "E-01"))),
        "SHANGHAI": Area("SHANGHAI", "EAST"),
    }
    assert upwards(areas, "SHANGHAI") == ["SHANGHAI", "EAST", "CN"]
    assert superiors_over(areas, "SHANGHAI", FRIDAY) == ["E-07", "E-01"]
    assert superiors_over(areas, "SHANGHAI", MONDAY) == ["E-01"]
    assert superiors_over(areas, "SHANGHAI", date(2025, 12, 31)) == []
    assert (upwards(areas, "WEST"), upwards(areas, None)) == (["WEST"], [])
