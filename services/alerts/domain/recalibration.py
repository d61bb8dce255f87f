"""How the stated chances of silence have to be moved for what was stated to have come true in the company's last half year.

log odds = level + slope * log odds as the models say (Platt 1999). It moves all customers alike and leaves their order as it
is. It is learnt from weeks of silence of customers with a rhythm, as far as their outcome is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, exp, log

from services.alerts.domain.return_odds import FEWEST_GAPS, own
from services.alerts.domain.rhythm import FORGET
from services.alerts.domain.silence_score import Calibration, Population, Rhythm, stays_away

UNIT_DAYS, FORWARD_UNITS, EARLIEST_DAYS = 14.0, 2.0, 7.0
"""As the rule `silent_beyond_own_rhythm` has them by default."""
LOOKED_BACK_DAYS = 180
LONGEST_DAYS = 120
"""Longer silences are left out: most of the customers who are away for so long would be counted week after week."""
FEWEST_WEEKS = 500
MOST_HISTORIES = 2_500
RIDGE = 10.0
"""Weight of the prior, which is that nothing is moved."""
ROUNDS = 30


def calibrated(histories: Sequence[tuple[Sequence[int], int]], population: Population) -> Calibration | None:
    """From purchase days (ordinals, in order) and the last day of watching of each customer; None: too little is known."""
    regulars = [one for one in histories if len(one[0]) > FEWEST_GAPS]
    chosen = regulars[:: len(regulars) // MOST_HISTORIES + 1]
    weeks = [week for days, until in chosen for week in _weeks(days, until, population)]
    right = sum(answer for _, answer in weeks)
    if len(weeks) < FEWEST_WEEKS or right in (0, len(weeks)):
        return None
    level, slope = _map([(log(chance / (1.0 - chance)), answer) for chance, answer in weeks])
    return Calibration(level, slope) if 0.0 < slope < 10.0 else None


def _weeks(days: Sequence[int], until: int, population: Population) -> list[tuple[float, bool]]:
    """What was stated week by week of silence, and whether the customer stayed away."""
    found = []
    gaps = [later - earlier for earlier, later in pairwise(days)]
    n = s1 = s2 = 0.0
    for at, day in enumerate(days):
        if at > 0:
            logarithm = log(gaps[at - 1])
            n, s1, s2 = FORGET * n + 1.0, FORGET * s1 + logarithm, FORGET * s2 + logarithm * logarithm
        if at < FEWEST_GAPS or day + LONGEST_DAYS <= until - LOOKED_BACK_DAYS:
            continue
        known = own(gaps[:at], day - days[0], at)
        forward = FORWARD_UNITS * max(UNIT_DAYS, known.middle)
        back = gaps[at] if at < len(gaps) else None
        chance = stays_away(Rhythm(at, day - days[0], n, s1, s2, known), population, forward)
        # A customer is back on the day itself: what is asked is asked at the end of a day without a purchase.
        for silent in range(ceil(max(EARLIEST_DAYS, known.middle)), min(LONGEST_DAYS, until - day) + 1, 7):
            if (back is not None and silent >= back) or day + silent + forward > until:
                break
            if day + silent > until - LOOKED_BACK_DAYS:
                stated = min(max(chance(silent), 1e-6), 1.0 - 1e-6)
                found.append((stated, back is None or back - silent > forward))
    return found


def _map(rows: Sequence[tuple[float, bool]]) -> tuple[float, float]:
    """Level and slope by Newton's method, with a normal prior around 0 and 1."""
    level, slope = 0.0, 1.0
    for _ in range(ROUNDS):
        up, along = -RIDGE * level, -RIDGE * (slope - 1.0)
        a, b, c = RIDGE, 0.0, RIDGE
        for value, answer in rows:
            chance = 1.0 / (1.0 + exp(-level - slope * value))
            away, heavy = answer - chance, chance * (1.0 - chance)
            up, along = up + away, along + away * value
            a, b, c = a + heavy, b + heavy * value, c + heavy * value * value
        room = a * c - b * b
        higher, steeper = (c * up - b * along) / room, (a * along - b * up) / room
        level, slope = level + higher, slope + steeper
        if max(abs(higher), abs(steeper)) < 1e-9:
            break
    return level, slope
