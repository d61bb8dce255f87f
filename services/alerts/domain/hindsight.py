"""What became of it: looking back, was a warning right, for nothing, or too late, and which losses had none.

A customer is lost on the day on which it has stayed away for `lost_after_days`, or for four of its own units where that is
longer (a unit is the median gap, at least 14 days). A debt has failed on the day on which an undisputed part has been overdue
for `failed_after_days`, or was written off. Ninety days are what banks count as default (Basel framework, CRE36.68).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Literal, NamedTuple

from services.alerts.domain.rules import new_customer_quiet, payments_fell_silent, silent_beyond_own_rhythm
from services.alerts.domain.signs import Rule

Verdict = Literal["TRUE", "FALSE", "TOO_LATE", "UNDECIDED"]
LOST_AFTER_DAYS = 120
FAILED_AFTER_DAYS = 90
HORIZON_DAYS = 180
"""A warning of credit is for nothing when no debt has failed so many days later."""
UNIT_DAYS = 14
UNITS = 4
GAPS = 15


Foretold = Literal["LOST", "FAILED"]


def foretells(rule: Rule) -> Foretold | None:
    """What follows where a rule is right; None: the data do not tell, persons do when they close an alert."""
    if rule.kind == "credit" or rule.id == payments_fell_silent.RULE_ID:
        return "FAILED"
    return "LOST" if rule.kind == "silence" else None


def orders_of(rule: Rule, most: int) -> range:
    """Of how many purchase days the customers have whose loss the rule is to foretell. `most`: how many a customer has."""
    fewest = silent_beyond_own_rhythm.ORDERS
    return range(1, fewest) if rule.id == new_customer_quiet.RULE_ID else range(fewest, most + 1)


class Loss(NamedTuple):
    """`began_on`: the last purchase, or the day on which the debt was due. `over_on`: it bought or paid again; None: not yet."""

    channel: str
    began_on: date
    on: date
    over_on: date | None = None


class Judged(NamedTuple):
    """`loss`: what the warning foretold, or came too late for."""

    verdict: Verdict
    loss: Loss | None = None


def loss_day(days: Sequence[date], place: int, lost_after: int) -> date:
    """The day on which a customer is lost that never comes back after the purchase at this place of its purchase days."""
    gaps = [(b - a).days for a, b in pairwise(days[max(place - GAPS, 0) : place + 1])]
    unit = max(UNIT_DAYS, median(gaps)) if gaps else UNIT_DAYS
    return days[place] + timedelta(days=max(lost_after, ceil(UNITS * unit)))


def losses_of(days: Sequence[date], channel: str, orders: range, lost_after: int, known_until: date) -> list[Loss]:
    """The days on which a customer with these purchase days (in order, each once) was lost, by what is known at the end.

    `orders`: how many purchase days it had by then.
    """
    found = []
    for place, day in enumerate(days):
        lost_on = loss_day(days, place, lost_after)
        back_on = days[place + 1] if place + 1 < len(days) else None
        if place + 1 in orders and lost_on <= known_until and (back_on is None or back_on >= lost_on):
            found.append(Loss(channel, day, lost_on, back_on))
    return found


def silence_judged(opened_on: date, days: Sequence[date], channel: str, lost_after: int, known_until: date) -> Judged:
    """A warning of silence is right when the customer is then lost; for nothing when it bought before that."""
    place = bisect_right(days, opened_on) - 1
    if place < 0:
        return Judged("UNDECIDED")
    lost_on = loss_day(days, place, lost_after)
    back_on = days[place + 1] if place + 1 < len(days) else None
    if back_on is not None and back_on < lost_on:
        return Judged("FALSE")
    if lost_on > known_until:
        return Judged("UNDECIDED")
    return Judged("TRUE" if opened_on < lost_on else "TOO_LATE", Loss(channel, days[place], lost_on, back_on))


def credit_judged(opened_on: date, channel: str | None, losses: Sequence[Loss], known_until: date) -> Judged:
    """A warning of credit is right when a debt fails within `HORIZON_DAYS`; too late while one has failed already.

    `channel`: the currency of the debt; None: any.
    """
    own = sorted((one for one in losses if channel in (None, one.channel)), key=lambda one: one.on)
    for one in own:
        if one.on <= opened_on and (one.over_on is None or one.over_on > opened_on):
            return Judged("TOO_LATE", one)
    last = opened_on + timedelta(days=HORIZON_DAYS)
    ahead = next((one for one in own if opened_on < one.on <= last), None)
    if ahead is not None:
        return Judged("TRUE", ahead)
    return Judged("UNDECIDED" if last > known_until else "FALSE")
