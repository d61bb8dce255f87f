"""Working time another way: every minute of years is looked up on the wall once, and what is worked is counted in a list."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

Shift = tuple[str, str]
Hold = tuple[datetime, datetime]
QUARTER = 15
"""Clocks are changed at quarters of an hour: within one, minutes on the wall follow each other."""


@dataclass(frozen=True, slots=True)
class WorkedMinutes:
    """The minutes since 1970 that are worked, ascending."""

    minutes: Sequence[int]

    @classmethod
    def of(
        cls, zone: ZoneInfo, weekly: Mapping[str, Sequence[Shift]], holidays: Sequence[date], first: date, last: date
    ) -> WorkedMinutes:
        """Of the days from `first` through `last`."""
        free, found = frozenset(holidays), []
        shifts = {int(day): [(_minute(begin), _minute(end)) for begin, end in several] for day, several in weekly.items()}
        moment = datetime(first.year, first.month, first.day, tzinfo=UTC)
        end = datetime(last.year, last.month, last.day, tzinfo=UTC)
        while moment < end:
            wall = moment.astimezone(zone)
            today = () if wall.date() in free else shifts.get(wall.isoweekday(), ())
            begins, since = wall.hour * 60 + wall.minute, _since_1970(moment)
            found += [since + n for n in range(QUARTER) if any(a <= begins + n < b for a, b in today)]
            moment += timedelta(minutes=QUARTER)
        return cls(found)

    def between(self, start: datetime, end: datetime, holds: Sequence[Hold] = ()) -> int:
        """Worked minutes from `start` to `end`, without those on hold."""
        within = self.minutes[bisect_left(self.minutes, _since_1970(start)) : bisect_left(self.minutes, _since_1970(end))]
        return sum(not _held(minute, holds) for minute in within)

    def due(self, start: datetime, minutes: int, holds: Sequence[Hold]) -> datetime:
        """When so many have passed since `start`."""
        place, left = bisect_left(self.minutes, _since_1970(start)), minutes
        while True:
            left -= not _held(self.minutes[place], holds)
            if left == 0:
                return datetime.fromtimestamp((self.minutes[place] + 1) * 60, UTC)
            place += 1


def _held(minute: int, holds: Sequence[Hold]) -> bool:
    return any(_since_1970(begin) <= minute < _since_1970(end) for begin, end in holds)


def _since_1970(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    return int(hour) * 60 + int(minute)
