"""Working time in every zone that is known here, at every change of its clock from 2000 to 2050, against a walk by minutes.

    python -m tests.simulation.every_zone

Zones with the same rules under several names are walked once. Prints what was compared; ends with 1 at the first difference.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo, available_timezones

from services.complaints.domain.working_time import Hours, Minutes, due_at, worked_between

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2051, 1, 1, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """Days of UTC within which the clock of the zone is changed."""
    day, offset = FIRST, FIRST.astimezone(zone).utcoffset()
    while day < LAST:
        after = (day + DAY).astimezone(zone).utcoffset()
        if after != offset:
            yield day
        day, offset = day + DAY, after


def hours_of(zone: ZoneInfo, random: Random) -> Hours:
    def shifts() -> tuple[Minutes, ...]:
        edges = sorted(random.sample(range(24 * 60 + 1), 2 * random.randint(1, 3)))
        return tuple(zip(edges[::2], edges[1::2], strict=True))

    return Hours(zone, weekly={day: shifts() for day in range(1, 8)})


def walked(hours: Hours, start: datetime, end: datetime) -> int:
    """Worked minutes, each minute looked up on the wall."""
    found, moment = 0, start
    while moment < end:
        wall = moment.astimezone(hours.zone)
        minute = wall.hour * 60 + wall.minute
        found += any(begin <= minute < stop for begin, stop in hours.shifts(wall.date()))
        moment += MINUTE
    return found


def main() -> int:
    began, random = time.monotonic(), Random(1)
    by_rules: dict[tuple[tuple[datetime, timedelta | None], ...], str] = {}
    for name in sorted(available_timezones() - {"Factory"}):
        zone = ZoneInfo(name)
        rules = tuple((day, (day + DAY).astimezone(zone).utcoffset()) for day in changes(zone))
        by_rules.setdefault(((FIRST, FIRST.astimezone(zone).utcoffset()), *rules), name)
    spans = minutes = 0
    for rules_, name in by_rules.items():
        zone = ZoneInfo(name)
        days = [day for day, _ in rules_[1:]] or [FIRST + random.randrange(18_000) * DAY]
        for day in days:
            hours = hours_of(zone, random)
            start, end = day - random.randrange(720) * MINUTE, day + DAY + random.randrange(720) * MINUTE
            worked = worked_between(hours, start, end)
            found = walked(hours, start, end)
            spans, minutes = spans + 1, minutes + (end - start) // MINUTE
            due = due_at(hours, start, worked)
            if worked != found * MINUTE or worked_between(hours, start, due) != worked or (found and due > end):
                print(f"{name}: {worked} from {start} to {end}, {found} minutes walked, {hours}")
                return 1
    names = len(available_timezones())
    print(
        f"{names} names, {len(by_rules)} zones with rules of their own: {spans} spans over every change of the clock from 2000 to 2050"
    )
    print(f"{minutes} minutes walked in {time.monotonic() - began:.0f} s: none differs")
    return 0


if __name__ == "__main__":
    sys.exit(main())
