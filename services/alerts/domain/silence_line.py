"""The lines of silence: on which day which level is reached, and which occasions are passed by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from services.alerts.domain.agreements import Agreed, postponed
from services.alerts.domain.business_days import business_day
from services.alerts.domain.conditions import Condition, at_least, out_of_reach
from services.alerts.domain.figures import days_text
from services.alerts.domain.rhythm import Purchases, known_pause, rhythm
from services.alerts.domain.signs import Parameters, Terms
from services.alerts.domain.silence_score import FARTHEST_DAYS, Population, Rhythm, first_day_at, stays_away
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


def silent_days_until(
    own: Rhythm, population: Population, forward: float, threshold: float, earliest: float, asked: int = FARTHEST_DAYS
) -> int | None:
    """Silent days from which P(no purchase in the next `forward` days) is at least the threshold; where that lies behind
    `asked` days, some day behind these on which to ask again. None: never."""
    return first_day_at(_curve(own, population, forward), threshold, earliest, forward / 2, asked)


@lru_cache(maxsize=20_000)
def _curve(own: Rhythm, population: Population, forward: float) -> Callable[[float], float]:
    # Lines of several levels, and those looked for again and again, are looked for on the same days.
    probability, known = stays_away(own, population, forward), dict[float, float]()

    def remembered(days: float) -> float:
        found = known.get(days)
        if found is None:
            found = known[days] = probability(days)
        return found

    return remembered


def lines(
    purchases: Purchases, terms: Terms, grace_days: int, on: date, due: Sequence[tuple[Level, Callable[[], int | None]]]
) -> list[Line]:
    """The levels and their days, lowest first, up to the first that lies behind the day `on`: higher ones are not solved yet,
    and of that one perhaps only a day on which to ask again.

    The grace counts from the later of the fact's recording and going live.
    """
    known = max(business_day(purchases.began_at, terms.zone), terms.live_on)
    found: list[Line] = []
    for level, solve in due:
        days = solve()
        if days is not None:
            due_on = purchases.last_on + timedelta(days=days)
            found.append(Line(level, due_on, (known - due_on).days > grace_days))
            if due_on > on:
                break
    return found


def own_lines(
    purchases: Purchases,
    terms: Terms,
    parameters: Parameters,
    unit: float,
    earliest: float,
    on: date,
    known: Agreed,
    *,
    floor_days: int = 0,
    orders: bool = False,
) -> list[Line]:
    """Watch and act of a customer's own rhythm, a unit being its own median gap.

    A pause that was made at the same time of an earlier year is waited for, and what was agreed. `floor_days` of silence are
    watched in any case. `orders`: the rhythm is that of orders, for which a next one may be agreed.
    """
    own, forward = rhythm(purchases), parameters.number("forward_units") * unit
    asked = on.toordinal() - purchases.last
    pause = known_pause(purchases)

    def waited_for(days: int | None, units: int) -> int | None:
        if days is not None and pause is not None:
            days = max(days, pause[1] - purchases.last + round(units * unit))
        return postponed(known, purchases.last, days, units - 1, orders=orders)

    def watch() -> int | None:
        days = silent_days_until(own, terms.population, forward, parameters.number("watch"), earliest, asked)
        if floor_days > 0:
            days = floor_days if days is None else min(days, floor_days)
        return waited_for(days, 1)

    def act() -> int | None:
        return waited_for(silent_days_until(own, terms.population, forward, parameters.number("act"), earliest, asked), 2)

    return lines(purchases, terms, parameters.whole("grace_days"), on, (("watch", watch), ("act", act)))


def reached(found: Sequence[Line], on: date) -> Line | None:
    """The highest line that is reached and not passed by."""
    return next((line for line in reversed(found) if line.due_on <= on and not line.passed), None)


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


def next_change(found: Sequence[Line], on: date) -> date | None:
    return min((line.due_on for line in found if line.due_on > on), default=None)


def forget_solved() -> None:
    """What was computed before is computed again when it is asked for: for measuring."""
    _curve.cache_clear()
    rhythm.cache_clear()
