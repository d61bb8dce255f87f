"""The lines of silence: on which day which level is reached, and which occasions are passed by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from math import ceil
from typing import NamedTuple

from services.alerts.domain.agreements import NOTHING_AGREED, Agreed, postponed
from services.alerts.domain.business_days import business_day
from services.alerts.domain.conditions import Condition, at_least, out_of_reach
from services.alerts.domain.figures import days_text
from services.alerts.domain.rhythm import Purchases, known_pause, rhythm
from services.alerts.domain.signs import Parameters, Terms
from services.alerts.domain.silence_score import FARTHEST_DAYS, first_day_at, first_day_between, first_look, stays_away
from shared.contracts.alerts import Level

_SILENCE_LEVELS: tuple[Level, ...] = ("watch", "act")


class Line(NamedTuple):
    """`passed`: due so long before anybody could have been warned that nobody is."""

    level: Level
    due_on: date
    passed: bool


def earliest_day(purchases: Purchases, earliest: float) -> date:
    """The first day on which a line may be reached: `earliest` days of silence.

    No line lies before it, so it serves as the next day to judge on, and the lines are solved only when it has come:
    that is dear, and most customers have bought again by then.
    """
    return purchases.last_on + timedelta(days=ceil(earliest))


class Lines(NamedTuple):
    """The lines of a silence, not solved: the first days, `earliest` at least, with P(none in the next `forward` days) at `watch`
    and at `act`, where `chance` is that probability by days of silence.

    `floor_days` of silence are watched in any case; 0: they are not. `moved`: the days of a level (0: watch, 1: act) as what was
    agreed, or a known pause, puts them off, which is never to an earlier day; None: nothing does. `known`: the day since which
    somebody could have been warned. `ahead`: a line that lies ahead is solved, however far.
    """

    last: int
    chance: Callable[[float], float]
    forward: float
    earliest: float
    watch: float
    act: float
    floor_days: int
    moved: Callable[[int, int], int] | None
    known: int
    grace_days: int
    ahead: bool


class Silence(NamedTuple):
    """What a silence amounts to on a day: the highest level that is reached and not passed by, and the day on which it was.

    `changes_on` solves for the next day on which there is more to say, or on which to ask again, `since` for the day of the first
    line, if that is reached.
    """

    level: Level | None
    due_on: date | None
    changes_on: Callable[[], date | None]
    since: Callable[[], date | None]


def known_since(purchases: Purchases, terms: Terms) -> int:
    """The later of the fact's recording and going live: the grace counts from it."""
    return max(business_day(purchases.began_at, terms.zone), terms.live_on).toordinal()


def remembered(chance: Callable[[float], float]) -> Callable[[float], float]:
    """The same function. Lines of several levels, and those looked for again and again, are looked for on the same days."""
    known = dict[float, float]()

    def asked(days: float) -> float:
        found = known.get(days)
        if found is None:
            found = known[days] = chance(days)
        return found

    return asked


def own_lines(
    purchases: Purchases,
    terms: Terms,
    parameters: Parameters,
    unit: float,
    earliest: float,
    agreed: Agreed,
    *,
    floor_days: int = 0,
    orders: bool = False,
) -> Lines:
    """Watch and act of a customer's own rhythm, a unit being its own median gap.

    A pause that was made at the same time of an earlier year is waited for, and what was agreed. `orders`: the rhythm is that of
    orders, for which a next one may be agreed.
    """
    forward = parameters.number("forward_units") * unit
    last, pause = purchases.last, known_pause(purchases)

    def moved(days: int, level: int) -> int:
        if pause is not None:
            days = max(days, pause[1] - last + round((level + 1) * unit))
        return postponed(agreed, last, days, level, orders=orders)

    return Lines(
        last,
        remembered(stays_away(rhythm(purchases, terms.population), terms.population, forward)),
        forward,
        earliest,
        parameters.number("watch"),
        parameters.number("act"),
        floor_days,
        None if pause is None and agreed == NOTHING_AGREED else moved,
        known_since(purchases, terms),
        parameters.whole("grace_days"),
        False,
    )


def silence(lines: Lines, on: date) -> Silence:
    """As of a day on which the earliest of the silence is over."""
    day = on.toordinal()
    found = None if lines.moved is not None else _by_chance(lines, day)
    if found is not None:
        return found
    solved = solve(lines, on)
    line = next((line for line in reversed(solved) if line.due_on <= on and not line.passed), None)
    changes_on = min((line.due_on for line in solved if line.due_on > on), default=None)
    since = solved[0].due_on if solved and solved[0].due_on <= on else None
    return Silence(None if line is None else line.level, None if line is None else line.due_on, lambda: changes_on, lambda: since)


def _by_chance(lines: Lines, day: int) -> Silence | None:
    """The same by the chances on the day and at the end of the grace; None: lines have to be solved. Facts of the past come by the
    thousand, and most lines would be solved only to find that they were passed by long ago.

    A chance that is below a line rises to it once, so the line is reached by a later day exactly where the chance is at it on that
    day. What is at it from the start may fall below it before it rises: then it is solved.
    """
    chance, last, floor = lines.chance, lines.last, lines.floor_days
    silent, behind = day - last, min(lines.known - lines.grace_days - 1, day) - last
    first = max(ceil(lines.earliest), 1)
    look = first_look(first, lines.forward / 2)
    if silent < look or first >= FARTHEST_DAYS:
        return None
    before = min(behind, FARTHEST_DAYS) if behind >= first else first
    then = chance(before)
    if behind >= first and then >= lines.act:
        return _seen(lines, day, 2, None)
    if chance(first) >= lines.watch:
        return None
    at = min(silent, FARTHEST_DAYS)
    now = then if at == before else chance(at)

    def reached(threshold: float) -> int:
        return before if then >= threshold else first_day_between(chance, threshold, (before, then), (at, now))

    if now >= lines.act:
        return _seen(lines, day, 2, reached(lines.act))
    if now < lines.watch and not 0 < floor <= silent:
        return _seen(lines, day, 0, None)
    if 0 < floor <= behind or (behind >= first and then >= lines.watch):
        return _seen(lines, day, 1, None)
    days = reached(lines.watch) if now >= lines.watch else floor
    return _seen(lines, day, 1, min(days, floor) if floor > 0 else days)


def _seen(lines: Lines, day: int, levels: int, days: int | None) -> Silence:
    """So many levels are reached, the highest after `days` of silence; None: all of them were passed by."""

    def on(level: int) -> date | None:
        found = _days(lines, level, day - lines.last)
        return None if found is None else date.fromordinal(lines.last + found)

    return Silence(
        None if days is None else _SILENCE_LEVELS[levels - 1],
        None if days is None else date.fromordinal(lines.last + days),
        lambda: None if levels == len(_SILENCE_LEVELS) else on(levels),
        lambda: None if levels == 0 else on(0),
    )


def solve(lines: Lines, on: date) -> list[Line]:
    """The levels and their days, lowest first, up to the first that lies behind the day `on`: higher ones are not solved yet,
    and of that one perhaps only a day on which to ask again. With the last day that there is, all are solved."""
    day = on.toordinal()
    found: list[Line] = []
    for number, level in enumerate(_SILENCE_LEVELS):
        days = _days(lines, number, day - lines.last)
        if days is not None:
            due = lines.last + days
            found.append(Line(level, date.fromordinal(due), lines.known - due > lines.grace_days))
            if due > day:
                break
    return found


def _days(lines: Lines, level: int, asked: int) -> int | None:
    threshold = lines.act if level else lines.watch
    days = first_day_at(lines.chance, threshold, lines.earliest, lines.forward / 2, FARTHEST_DAYS if lines.ahead else asked)
    if not level and lines.floor_days > 0:
        days = lines.floor_days if days is None else min(days, lines.floor_days)
    return days if days is None or lines.moved is None else lines.moved(days, level)


def conditions(channel: str, purchases: Purchases, found: Sequence[Line], first_on: date, on: date) -> tuple[Condition, ...]:
    """How long the silence has to last for each level; `found` are all lines that there are, `first_on` is the earliest day of any."""
    silent = on.toordinal() - purchases.last
    days = {line.level: max(line.due_on, first_on).toordinal() - purchases.last for line in found}
    sentence = f"Silent for {days_text(silent)} since {purchases.last_on}"
    return tuple(
        at_least(
            channel, level, "SILENT_DAYS", f"{sentence}; {level} is reached with {days_text(days[level])}.", silent, days[level]
        )
        if level in days
        else out_of_reach(channel, level, "SILENT_DAYS", f"{sentence}; {level} is not reached within three years.", silent)
        for level in _SILENCE_LEVELS
    )
