"""Working time of a place: how much lies between two moments, and when so much of it has passed. Pure arithmetic, DST right.

Worked is each moment at which the clock on the wall shows a time within a shift of its day. So an hour that the clock shows
twice is worked twice, and one that it leaves out not at all; lunch lies between two shifts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Minutes = tuple[int, int]
"""A shift: first minute of the day that is worked, and the first one that is not any more."""
Span = tuple[datetime, datetime]
"""From a moment on, up to another one, which is not in it."""
Micros = tuple[int, int]
"""A span in microseconds since 1970: whole numbers, as there are many of them."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND, SECOND, MINUTE, DAY = timedelta(microseconds=1), 1_000_000, 60_000_000, 86_400_000_000
FIRST_ORDINAL = date(1970, 1, 1).toordinal()
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
    worked = _without(_worked(hours, _micros(start), _micros(end)), merged(holds))
    return timedelta(microseconds=sum(stop - begin for begin, stop in worked))


def due_at(hours: Hours, start: datetime, working: timedelta, holds: Iterable[Span] = ()) -> datetime:
    """The first moment, in UTC, by which so much working time has passed since `start` (aware), holds left out."""
    left, begins, kept_out = working // MICROSECOND, _micros(start), merged(holds)
    if left <= 0:
        return start.astimezone(UTC)
    while True:
        ends = begins + 28 * DAY
        for begin, stop in _without(_worked(hours, begins, ends), kept_out):
            if stop - begin >= left:
                return EPOCH + timedelta(microseconds=begin + left)
            left -= stop - begin
        begins = ends


def merged(spans: Iterable[Span]) -> list[Micros]:
    """The same moments as spans in order that do not touch."""
    found: list[Micros] = []
    for begin, end in sorted((_micros(begin), _micros(end)) for begin, end in spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return found


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // MICROSECOND


def _worked(hours: Hours, start: int, end: int) -> Iterator[Micros]:
    """The worked spans within these moments, in order."""
    for begin, stop, offset in _even(hours.zone, start, end):
        # Here the clock on the wall runs evenly: it is UTC and the offset.
        first, last = begin + offset, stop + offset
        for day in range(first // DAY, -(-last // DAY)):
            for from_minute, to_minute in hours.shifts(date.fromordinal(FIRST_ORDINAL + day)):
                opens, closes = max(first, day * DAY + from_minute * MINUTE), min(last, day * DAY + to_minute * MINUTE)
                if opens < closes:
                    yield opens - offset, closes - offset


def _even(zone: ZoneInfo, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Spans within which the zone's offset from UTC stays the same, and that offset."""
    if start >= end:
        return
    for year in range(_year(start), _year(end) + 1):
        changes = _changes(zone, year)
        for (begin, offset), (stop, _) in zip(changes, [*changes[1:], _changes(zone, year + 1)[0]], strict=True):
            if begin < end and stop > start:
                yield max(begin, start), min(stop, end), offset


def _year(moment: int) -> int:
    return (EPOCH + timedelta(microseconds=moment)).year


@lru_cache(maxsize=4096)
def _changes(zone: ZoneInfo, year: int) -> tuple[tuple[int, int], ...]:
    """The beginning of a year of UTC and each change of the clock within it, with the offset from then on."""
    begins = _micros(datetime(year, 1, 1, tzinfo=UTC))
    found = [(begins, _offset(zone, begins))]
    for day in range(begins, _micros(datetime(year + 1, 1, 1, tzinfo=UTC)), DAY):
        low = day
        while _offset(zone, day + DAY - SECOND) != found[-1][1]:
            # Clocks are changed at whole seconds; the first second with another offset is found by halving.
            high = day + DAY - SECOND
            while high - low > SECOND:
                middle = (low + high) // 2 // SECOND * SECOND
                low, high = (middle, high) if _offset(zone, middle) == found[-1][1] else (low, middle)
            if _offset(zone, low) != found[-1][1]:
                high = low
            found.append((high, _offset(zone, high)))
            low = high
    return tuple(found)


def _offset(zone: ZoneInfo, moment: int) -> int:
    found = (EPOCH + timedelta(microseconds=moment)).astimezone(zone).utcoffset()
    if found is None:
        raise AssertionError(f"{zone.key} has no offset")
    return found // MICROSECOND


def _without(spans: Iterable[Micros], kept_out: Sequence[Micros]) -> Iterator[Micros]:
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
