"""When has a feeding system stopped delivering? Judged by its own rhythm of days, weekday by weekday.

A day counts as spoken when a fact of that business day has been recorded. A source may be usually some days late: its
own lateness is waited for. A pause that it made at the same time of an earlier year is waited for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from services.alerts.domain.figures import days_text
from services.alerts.domain.signs import Parameters
from shared.contracts.alerts import Finding, Reason

PROMPT = 7
"""Days after which a fact counts as loaded later, not as delivered."""
LATENESS_SHARE = 0.9
YEAR = 364
"""Whole weeks, so that weekdays fall on weekdays."""
SEASON_DAYS = 10
YEARS = 3
OTHERS_DAYS = 3
LONGEST = 400
LATELY_DAYS = 160
LOOKED_BACK_DAYS = 370 * YEARS
ONE_DAY = timedelta(days=1)

Spoken = Mapping[date, date]
"""Business days with facts, each with the business day on which the first of them was recorded."""


class Feeding(NamedTuple):
    """One kind of fact of one source. `others_since`: days of which the company's other sources spoke after this one's last day.

    Nothing is expected on `holidays`, which the company's calendar names.
    """

    source: str
    fact_kind: str
    spoken: Spoken
    others_since: int = 0
    holidays: frozenset[date] = frozenset()


class Quiet(NamedTuple):
    """A source past its line. `through`: the last day of which it spoke; `due_on`: the day on which the line was passed."""

    through: date
    due_on: date
    reasons: tuple[Reason, ...]


def judged(feeding: Feeding, parameters: Parameters, today: date) -> Quiet | None:
    """The silence of a source as of the beginning of `today`; None while it speaks, or while its rhythm is not known.

    A rhythm is `least_days` spoken days within `rhythm_days`. The line: by the shares of weekdays on which it used to
    speak, a pause as long as this one has a chance of `chance` at most. Where what it spoke was loaded as history
    (`prompt_days` of the days were not recorded within a week), nobody knows whether it still delivers: then others must
    have gone on since.
    """
    if not feeding.spoken:
        return None
    through = max(feeding.spoken)
    window = [through - timedelta(days=n) for n in range(parameters.whole("rhythm_days"))]
    lateness = sorted((feeding.spoken[day] - day).days for day in window if day in feeding.spoken)
    prompt = [days for days in lateness if days <= PROMPT]
    known_to_deliver = len(prompt) >= max(parameters.whole("prompt_days"), 1)
    if len(lateness) < parameters.whole("least_days") or not (known_to_deliver or feeding.others_since >= OTHERS_DAYS):
        return None
    usual = prompt[int(LATENESS_SHARE * (len(prompt) - 1))] if known_to_deliver else 0
    shares = _shares(feeding, window)
    silent = _days_until(feeding, shares, through, parameters.number("chance"))
    if silent is None:
        return None
    pause = _pause_of_the_season(feeding.spoken, through)
    due_on = through + timedelta(days=max(silent, pause) + 1 + max(usual, 0))
    if due_on > today:
        return None
    return Quiet(through, due_on, _reasons(feeding, shares, window, through, today, pause))


def _shares(feeding: Feeding, window: Sequence[date]) -> Mapping[int, float]:
    """By weekday, the share of days with facts, half a day of each kind added: never quite none, never quite all."""
    found = {}
    for weekday in range(7):
        days = [day for day in window if day.weekday() == weekday and day not in feeding.holidays]
        found[weekday] = (sum(day in feeding.spoken for day in days) + 0.5) / (len(days) + 1)
    return found


def _days_until(feeding: Feeding, shares: Mapping[int, float], through: date, chance: float) -> int | None:
    """Whole days of silence after which the chance of such a pause is reached."""
    left = 1.0
    for days in range(1, LONGEST):
        left *= 1 - _expected(feeding, shares, through + timedelta(days=days))
        if left <= chance:
            return days
    return None


def _expected(feeding: Feeding, shares: Mapping[int, float], day: date) -> float:
    return 0.0 if day in feeding.holidays else shares[day.weekday()]


def _chance(feeding: Feeding, shares: Mapping[int, float], through: date, today: date) -> float:
    left = 1.0
    for days in range(1, (today - through).days):
        left *= 1 - _expected(feeding, shares, through + timedelta(days=days))
    return left


def _pause_of_the_season(spoken: Spoken, through: date) -> int:
    """Silent days of the longest pause that began about this time of an earlier year; 0 where there was none."""
    longest = 0
    days = sorted(spoken)
    for years in range(1, YEARS + 1):
        then = through - timedelta(days=YEAR * years)
        for one, following in pairwise(days):
            if abs((one - then).days) <= SEASON_DAYS:
                longest = max(longest, (following - one).days - 1)
    return longest


def _reasons(
    feeding: Feeding, shares: Mapping[int, float], window: Sequence[date], through: date, today: date, pause: int
) -> tuple[Reason, ...]:
    what, silent = f"{feeding.source} ({feeding.fact_kind})", (today - through).days - 1
    counted = sum(day in feeding.spoken for day in window)
    missed = sum(_expected(feeding, shares, through + timedelta(days=n)) > 0.5 for n in range(1, silent + 1))
    chance = _chance(feeding, shares, through, today)
    found = [
        Reason(
            code="LAST_DELIVERED",
            sentence=f"{what} last delivered facts of {through}; {days_text(silent)} without any since.",
            figures={
                "source": feeding.source,
                "fact_kind": feeding.fact_kind,
                "last_on": through.isoformat(),
                "silent_days": silent,
                "as_of": today.isoformat(),
            },
        ),
        Reason(
            code="OWN_RHYTHM",
            sentence=f"It spoke of {counted} of the {len(window)} days before; of {missed} of the silent days it usually would have.",
            figures={"spoken_days": counted, "rhythm_days": len(window), "missed_days": missed},
        ),
        Reason(
            code="CHANCE_OF_PAUSE",
            sentence=f"By its own weekdays a pause this long has a chance of {chance:.1e}.",
            figures={"probability": f"{chance:.1e}"},
        ),
    ]
    if pause > 0:
        sentence = f"At this time of an earlier year it paused for {days_text(pause)}; that was waited for."
        found.append(Reason(code="KNOWN_PAUSE_OVER", sentence=sentence, figures={"pause_days": pause}))
    return tuple(found)


def finding_of(quiet: Quiet, parameters: Parameters) -> Finding:
    """Level act: whoever runs the feeding system must look, and warnings wait meanwhile."""
    return Finding(
        rule_id="source_silent", rule_version=parameters.version, level="act", true_on=quiet.due_on, reasons=quiet.reasons
    )


def delivers_again(source: str, fact_kind: str, again_on: date) -> Reason:
    return Reason(
        code="DELIVERS_AGAIN",
        sentence=f"{source} ({fact_kind}) delivers again, facts of {again_on}.",
        figures={"source": source, "fact_kind": fact_kind, "again_on": again_on.isoformat()},
    )
