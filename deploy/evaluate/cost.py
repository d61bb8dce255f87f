"""What the scores cost: processor time for every event of real streams, with all deadlines that they lead to."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from deploy.backtest.files import Trader
from deploy.backtest.items import customer_id, items_of
from deploy.backtest.replay import ZONE, Rules
from services.alerts.domain import watched_customer
from services.alerts.domain.control import terms_of
from services.alerts.domain.rules import RULES_BY_ID, new_customer_quiet, payments_getting_worse, silent_beyond_own_rhythm
from services.alerts.domain.signs import Rule, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.envelope import Envelope, opened

SCORES = (silent_beyond_own_rhythm.RULE_ID, new_customer_quiet.RULE_ID, payments_getting_worse.RULE_ID)
RUNS = 3


class Cost(NamedTuple):
    """`seconds` for all events, the fold of the customer not counted; `timers` are days on which was judged without an event."""

    seconds: float
    events: int
    timers: int

    @property
    def microseconds(self) -> float:
        return 1e6 * self.seconds / self.events


def cost_of_scores(traders: Sequence[Trader], rules: Rules) -> Cost:
    """The customers are gone through three times, and for each the least time counts: others work on the machine too."""
    terms, scores = terms_of(rules.control, ZONE), [RULES_BY_ID[name] for name in SCORES]
    streams = [
        (customer_id(one.name), [(item.on, opened(item.item.record)) for item in items_of(one, rules.until)]) for one in traders
    ]
    runs: list[list[tuple[float, int]]] = []
    for _ in range(RUNS):
        runs.append([_one(who, facts, terms, scores, rules.until) for who, facts in streams])
    seconds = sum(min(spent for spent, _ in several) for several in zip(*runs, strict=True))
    return Cost(seconds, sum(len(facts) for _, facts in streams), sum(timers for _, timers in runs[0]))


def _one(
    who: UUID, facts: Sequence[tuple[date, Envelope]], terms: Terms, scores: Sequence[Rule], until: date
) -> tuple[float, int]:
    customer, due, spent, timers = WatchedCustomer(who), None, 0.0, 0
    for on, envelope in [*facts, (until, None)]:
        while due is not None and due < on:
            timers += 1
            took, due = _judged(customer, terms, scores, due)
            spent += took
        if envelope is not None:
            customer = watched_customer.evolve(customer, envelope, on)
            took, due = _judged(customer, terms, scores, on)
            spent += took
    return spent, timers


def _judged(customer: WatchedCustomer, terms: Terms, scores: Sequence[Rule], on: date) -> tuple[float, date | None]:
    began = time.process_time()
    changes = [sign.changes_on() for rule in scores for sign in rule.judge(customer, terms, on, on)]
    due = min((day for day in changes if day is not None and day > on), default=None)
    return time.process_time() - began, due
