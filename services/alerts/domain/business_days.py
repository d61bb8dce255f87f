"""Business days of the company: the days of its own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


# Facts of one transaction share a moment, and a batch of them asks for it again and again.
@lru_cache(maxsize=1024)
def business_day(at: datetime, zone: ZoneInfo) -> date:
    """The company's day at an aware moment."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=1024)
def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which a business day begins; where midnight does not exist, the first moment after it."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """The moment (UTC) at which the business day ends that has begun at an aware moment."""
    return start_of(business_day(at, zone) + timedelta(days=1), zone)
