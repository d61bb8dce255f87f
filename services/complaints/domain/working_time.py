"""Working time of a place: how much lies between two moments, and when so much of it has passed. Pure arithmetic, DST right.

Worked is each moment at which the clock on the wall shows a time within a shift of its day. So an hour that the clock shows
twice is worked twice, and one that it leaves out not at all; lunch lies between two shifts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Minutes = tuple[int, int]
"""A shift: first minute of the day that is worked, and the first one that is not any more."""
Span = tuple[datetime, datetime]
"""From a moment on, up to another one, which is not in it."""
DAY = timedelta(days=1)
ZERO = timedelta()
SECOND = timedelta(seconds=1)
OFFICE: tuple[Minutes, ...] = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))


@dataclass(frozen=True, slots=True)
class Hours:
    """`weekly` by day of the week, 1 is Monday. A special day goes before a holiday, a holiday before the week.

    INVARIANT: some day of the week is worked, else nothing would ever be due; shifts of a day are in order and do not overlap.
    """

    zone: ZoneInfo
    version: int = 0
    weekly: Mapping[int, Sequence[Minutes]] = field(default_factory=lambda: dict.fromkeys(range(1, 6), OFFICE))
    holidays: frozenset[date] = frozenset()
    special_days: Mapping[date, Sequence[Minutes]] = field(default_factory=dict)
    area_id: str | None = None

    def shifts(self, day: date) -> Sequence[Minutes]:
        """What is worked on a day there."""
        if day in self.special_days:
            return self.special_days[day]
        return () if day in self.holidays else self.weekly.get(day.isoweekday(), ())


def worked_between(hours: Hours, start: datetime, end: datetime, holds: Iterable[Span] = ()) -> timedelta:
    """Working time from `start` to `end` (both aware) without what lies in a hold; holds may overlap. Nothing where end <= start."""
    return sum((stop - begin for begin, stop in _without(_worked(hours, start, end), merged(holds))), ZERO)


def due_at(hours: Hours, start: datetime, working: timedelta, holds: Iterable[Span] = ()) -> datetime:
    """The first moment, in UTC, by which so much working time has passed since `start` (aware), holds left out."""
    left, begins, kept_out = working, start.astimezone(UTC), merged(holds)
    if left <= ZERO:
        return begins
    while True:
        ends = begins + 28 * DAY
        for begin, stop in _without(_worked(hours, begins, ends), kept_out):
            if stop - begin >= left:
                return begin + left
            left -= stop - begin
        begins = ends


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same moments as spans in order that do not touch."""
    found: list[Span] = []
    for begin, end in sorted((begin.astimezone(UTC), end.astimezone(UTC)) for begin, end in spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return found


def _worked(hours: Hours, start: datetime, end: datetime) -> Iterator[Span]:
    """The worked spans within these moments, in order, in UTC."""
    for begin, stop, offset in _even(hours.zone, start.astimezone(UTC), end.astimezone(UTC)):
        # Here the clock on the wall runs evenly: it is UTC and the offset.
        first, last = (begin + offset).replace(tzinfo=None), (stop + offset).replace(tzinfo=None)
        day = first.date()
        while datetime.combine(day, time.min) < last:
            midnight = datetime.combine(day, time.min)
            for from_minute, to_minute in hours.shifts(day):
                opens = max(first, midnight + timedelta(minutes=from_minute))
                closes = min(last, midnight + timedelta(minutes=to_minute))
                if opens < closes:
                    yield opens.replace(tzinfo=UTC) - offset, closes.replace(tzinfo=UTC) - offset
            day += DAY


def _even(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Spans within which the zone's offset from UTC stays the same, and that offset."""
    while start < end:
        stop = min(start + DAY, end)
        yield from _pieces(zone, start, stop)
        start = stop


def _pieces(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    before = _offset(zone, start)
    if _offset(zone, end - SECOND) == before or end - start <= SECOND:
        yield start, end, before
        return
    # Clocks are changed at whole seconds; the first second with another offset is found by halving.
    low, high = start, end - SECOND
    while high - low > SECOND:
        middle = low + ((high - low) // 2)
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    change = high.replace(microsecond=0)
    yield start, change, before
    yield from _pieces(zone, change, end)


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    found = moment.astimezone(zone).utcoffset()
    if found is None:
        raise AssertionError(f"{zone.key} has no offset")
    return found


def _without(spans: Iterable[Span], kept_out: Sequence[Span]) -> Iterator[Span]:
    """The spans less those kept out; both in order, the latter apart from each other."""
    for begin, end in spans:
        for out_from, out_to in kept_out:
            if out_to <= begin:
                continue
            if out_from >= end:
                break
            if begin < out_from:
                yield begin, out_from
            begin = max(begin, out_to)
        if begin < end:
            yield begin, end
