"""Whether a line is reached is told by a few chances; it must be what solving the lines says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerts.domain.rhythm import Purchases, bought, median_gap, rhythm
from services.alerts.domain.silence_line import Lines, remembered, silence
from services.alerts.domain.silence_score import Population, stays_away

BEGIN = date(2024, 1, 1)
AT = datetime(2024, 1, 1, tzinfo=UTC)


@st.composite
def purchases(draw: st.DrawFn) -> Purchases:
    """Up to a dozen purchase days, about as far from each other, or not at all."""
    usual, spread = draw(st.integers(1, 200)), draw(st.floats(0.0, 1.5))
    steps = draw(st.lists(st.floats(-1.0, 1.0), max_size=12))
    found = bought(None, BEGIN, UUID(int=0), AT)
    day = 0
    for number, step in enumerate(steps):
        day += max(1, round(usual * 2.718 ** (spread * step)))
        found = bought(found, BEGIN + timedelta(days=day), UUID(int=number + 1), AT)
    return found


@given(
    own=purchases(),
    watch=st.floats(0.3, 0.9),
    above=st.floats(0.01, 0.5),
    floor=st.one_of(st.just(0), st.integers(1, 400)),
    silent=st.integers(0, 1500),
    known=st.integers(0, 1500),
    grace=st.integers(0, 40),
    ahead=st.booleans(),
)
@settings(max_examples=1000, deadline=None)
def test_what_few_chances_say_is_what_the_solved_lines_say(
    own: Purchases, watch: float, above: float, floor: int, silent: int, known: int, grace: int, ahead: bool
) -> None:
    gap = median_gap(own) or 0.0
    earliest, forward = max(7.0, gap), 2.0 * max(14.0, gap)
    on = own.last_on + timedelta(days=max(silent, int(earliest) + 1))
    # Nobody knows of a fact before its day, or after the day on which it is judged.
    since = min(own.last + known, on.toordinal())
    chance = remembered(stays_away(rhythm(own, Population()), Population(), forward))
    lines = Lines(own.last, chance, forward, earliest, watch, min(watch + above, 0.99), floor, None, since, grace, ahead)
    short, solved = silence(lines, on), silence(lines._replace(moved=lambda days, _level: days), on)
    assert (short.level, short.due_on, short.since()) == (solved.level, solved.due_on, solved.since())
    assert short.changes_on() == solved.changes_on()
