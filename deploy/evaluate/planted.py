"""Planted deterioration: real invoice streams in which a customer begins to pay worse on a known day.

Drift: each further invoice 4 days later, at most 45; step: 15 days later; shrink: 3 days more an invoice and 40 % fewer
orders; stop: drift, then unpaid from the fourth affected invoice on. The onset comes after eight invoices or more, with
five or more to come. Weekly runs from the sixth settlement on, one alert a customer; alerts on untouched streams or
before the onset are false. Delays run from the day on which the first affected invoice was issued.

With disputes told, as a company with a complaints desk has them, a disputed invoice stops being late on its due day, as
it does in the live fold; without, all lateness counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from random import Random
from statistics import median
from typing import NamedTuple

from deploy.backtest.files import Bill
from services.alerts.domain.payment_habit import STARTS_AFTER, Habit, settled, worsening

KINDS = ("drift", "step", "shrink", "stop")
FEWEST_BEFORE, FEWEST_AFTER = 8, 5
FALSE_A_YEAR = 0.10
UNPAID_OF_STOP = 3


class Stream(NamedTuple):
    """`onset` is the day of issue of the first affected invoice; None: untouched."""

    bills: Sequence[Bill]
    onset: date | None


class Run(NamedTuple):
    """Weekly scores of one stream from its sixth settlement on."""

    weeks: Sequence[tuple[date, float]]
    onset: date | None


class Reached(NamedTuple):
    line: float
    false_a_year: float
    median_delay: float
    within_120: float


def streams(by_customer: Mapping[str, Sequence[Bill]], seed: int) -> list[Stream]:
    """Every stream untouched, and once with each kind of deterioration where it is long enough."""
    random = Random(seed)
    found = []
    for _, bills in sorted(by_customer.items()):
        found.append(Stream(bills, None))
        if len(bills) >= FEWEST_BEFORE + FEWEST_AFTER:
            for kind in KINDS:
                at = random.randint(FEWEST_BEFORE, len(bills) - FEWEST_AFTER)
                found.append(Stream(_worse(bills, at, kind, random), bills[at].issued_on))
    return found


def runs(
    found: Sequence[Stream], score: Callable[[Habit, Sequence[int]], float], until: date, *, disputes_told: bool = False
) -> list[Run]:
    """Weekly scores of streams from (habit, days overdue of the open invoices)."""
    return [Run(_weekly(stream.bills, score, until, disputes_told), stream.onset) for stream in found]


def live_score(habit: Habit, overdue: Sequence[int]) -> float:
    return worsening(habit, overdue).score


def oldest_open(_: Habit, overdue: Sequence[int]) -> float:
    """The usual rule: days past due of the oldest open invoice."""
    return float(max(overdue, default=0))


def reached(found: Sequence[Run]) -> Reached:
    """The lowest line with at most 0.10 false alarms a customer-year, and what it notices how soon."""
    lines = sorted({round(score, 2) for run in found for _, score in run.weeks})
    low, high = 0, len(lines) - 1
    # Higher lines have fewer false alarms.
    while low < high:
        middle = (low + high) // 2
        if _false_a_year(found, lines[middle]) <= FALSE_A_YEAR:
            high = middle
        else:
            low = middle + 1
    delays = [_delay(run, lines[low]) for run in found if run.onset is not None and _alert(run, lines[low]) != "before"]
    return Reached(
        lines[low], _false_a_year(found, lines[low]), median(delays), sum(delay <= 120 for delay in delays) / len(delays)
    )


def _worse(bills: Sequence[Bill], at: int, kind: str, random: Random) -> list[Bill]:
    found = list(bills[:at])
    for i, bill in enumerate(bills[at:]):
        if kind == "shrink" and i > 0 and random.random() < 0.4:
            continue
        later = {"drift": min(4 * (i + 1), 45), "step": 15, "shrink": 3 * (i + 1), "stop": min(4 * (i + 1), 45)}[kind]
        paid = None if bill.settled_on is None else bill.settled_on + timedelta(days=later)
        found.append(bill._replace(settled_on=None if kind == "stop" and i >= UNPAID_OF_STOP else paid))
    return found


def _weekly(
    bills: Sequence[Bill], score: Callable[[Habit, Sequence[int]], float], until: date, disputes_told: bool
) -> list[tuple[date, float]]:
    silenced = {bill.number for bill in bills if bill.disputed and disputes_told}
    paid = sorted((bill.settled_on, bill.due_on, bill.number) for bill in bills if bill.settled_on is not None)
    found, habit, place = [], Habit(), 0
    day = bills[0].issued_on
    while day <= until:
        while place < len(paid) and paid[place][0] <= day:
            late = (paid[place][0] - paid[place][1]).days
            habit = settled(habit, min(late, 0) if paid[place][2] in silenced else late)
            place += 1
        if habit.n > STARTS_AFTER:
            overdue = [
                (day - bill.due_on).days
                for bill in bills
                if bill.issued_on <= day < (bill.settled_on or date.max) and bill.due_on < day and bill.number not in silenced
            ]
            found.append((day, score(habit, overdue)))
        day += timedelta(days=7)
    return found


def _alert(run: Run, line: float) -> date | str | None:
    """The day of the alert; "before" the onset; None: never."""
    for day, score in run.weeks:
        if score >= line:
            return "before" if run.onset is not None and day < run.onset else day
    return None


def _delay(run: Run, line: float) -> float:
    alert = _alert(run, line)
    return (alert - run.onset).days if isinstance(alert, date) and run.onset is not None else float("inf")


def _false_a_year(found: Sequence[Run], line: float) -> float:
    # Watched until the alert, the onset or the end.
    false, weeks = 0, 0
    for run in found:
        for day, score in run.weeks:
            if run.onset is not None and day >= run.onset:
                break
            weeks += 1
            if score >= line:
                false += 1
                break
    return false / (weeks * 7 / 365.25) if weeks else 0.0
