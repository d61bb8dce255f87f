"""Which days and moments may enter: nothing before 1990, nothing more than ten years ahead. Slipped digits end here."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

EARLIEST = date(1990, 1, 1)
LONG_AGO = date(1800, 1, 1)
YEARS_AHEAD = 10
_LATEST_WITHOUT_CLOCK = date(2100, 12, 31)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")

_clock: list[Callable[[], date]] = []


def use_today(today: Callable[[], date]) -> None:
    """Give the process its business day, once, from where the clock is wired; before that, days up to 2100 are accepted."""
    _clock[:] = [today]


def latest() -> date:
    """The last day that is accepted."""
    if not _clock:
        return _LATEST_WITHOUT_CLOCK
    today = _clock[0]()
    # 29 February has no counterpart in most years.
    return date(today.year + YEARS_AHEAD, today.month, min(today.day, 28))


def _within(day: date) -> None:
    if not EARLIEST <= day <= latest():
        raise PydanticCustomError("day_out_of_range", "must lie between 1990-01-01 and ten years from now")


def _calendar_day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise PydanticCustomError("day_form", "must be a day as YYYY-MM-DD")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("day_form", "is no day of the calendar") from None


def _day(value: Any) -> date:
    day = _calendar_day(value)
    _within(day)
    return day


def _past(value: Any, kind: str) -> date:
    day = _calendar_day(value)
    if day < LONG_AGO:
        raise PydanticCustomError("day_out_of_range", "must not lie before 1800-01-01")
    if day > (_clock[0]() if _clock else _LATEST_WITHOUT_CLOCK):
        raise PydanticCustomError(kind, "must not lie in the future")
    return day


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("moment_form", "must be a moment as RFC 3339 with its offset")
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PydanticCustomError("moment_form", "is no moment of the calendar") from None
    _within(moment.date())
    return moment


BusinessDay = Annotated[date, BeforeValidator(_day, json_schema_input_type=str), Field(examples=["2026-03-31"])]
"""A day of the company's calendar, `YYYY-MM-DD`."""

PastDay = Annotated[
    date, BeforeValidator(partial(_past, kind="day_in_future"), json_schema_input_type=str), Field(examples=["2026-03-31"])
]
"""A day that has come, of the company's calendar; also long before there was any business."""

Birthday = Annotated[
    date, BeforeValidator(partial(_past, kind="birthday_in_future"), json_schema_input_type=str), Field(examples=["1971-08-02"])
]

Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str), Field(examples=["2026-03-31T08:00:00Z"])]
"""A moment in RFC 3339 with its offset; held in UTC."""
