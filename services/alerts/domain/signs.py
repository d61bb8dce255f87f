"""What a rule is, what it is given, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.conditions import Condition
from services.alerts.domain.grievances import KEPT as GRIEVANCES_KEPT
from services.alerts.domain.promise import LEAST, PROMISED
from services.alerts.domain.silence_score import Population
from services.alerts.domain.turnover import MONTHS_KEPT
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason, RuleScope
from shared.contracts.cards import FactKind

LEVELS: tuple[Level, ...] = ("watch", "act", "stop")


def rank(level: Level | None) -> int:
    """0 for none, then watch, act, stop."""
    return 0 if level is None else LEVELS.index(level) + 1


@dataclass(frozen=True, slots=True)
class Parameters:
    """One published version of a rule's parameters."""

    version: int
    values: Mapping[str, Decimal]

    def number(self, name: str) -> float:
        return float(self.values[name])

    def whole(self, name: str) -> int:
        return int(self.values[name])


@dataclass(frozen=True, slots=True)
class Version:
    """A published version beside the one that is for everybody at once: for some customers, or from a day on, or both."""

    parameters: Parameters
    scope: RuleScope
    live_from: date | None


class Awaited(NamedTuple):
    """A source that delivers in batches and has not ended. `through`: its last delivered day."""

    kind: str
    source: str
    through: date


@dataclass(frozen=True, slots=True)
class Terms:
    """What rules may know beside the customer: the company's zone, the day of going live, rule and population versions,
    and the sources that are waited for. `versions` are further ones by rule, out of which `scoping` chooses for a customer.
    `horizons` keeps what follows from `awaited`, by kinds of fact and the customer's sources of sales, once it was computed."""

    zone: ZoneInfo
    live_on: date
    population: Population
    population_version: int
    parameters: Mapping[str, Parameters]
    awaited: Sequence[Awaited] = ()
    versions: Mapping[str, Sequence[Version]] = field(default_factory=dict)
    horizons: dict[tuple[tuple[FactKind, ...], tuple[str, ...]], date | None] = field(
        default_factory=dict, compare=False, repr=False
    )


class Sign(NamedTuple):
    """What a rule says about one customer and channel as of a day.

    `level` is None where nothing is to be warned of; `true_on` is the business day on which the level's condition became
    true. `over` says that the spell has ended, if there was one. `began` is the event that began it. `changes_on` solves
    for the next day on which the answer changes if nothing happens; None: never. `quiet_since` solves for the day on which
    the customer passed the first line of silence, whether or not that was warned of; it is there where silence is judged.
    """

    channel: str
    began: UUID
    level: Level | None
    true_on: date | None
    over: bool
    changes_on: Callable[[], date | None]
    reasons: Callable[[], tuple[Reason, ...]]
    evidence: Callable[[], tuple[UUID, ...]]
    quiet_since: Callable[[], date | None] | None = None


Judge = Callable[[WatchedCustomer, Terms, date, date], tuple[Sign, ...]]
"""(customer, terms, today, on): all facts known today, aged as of the day `on`, which is earlier while a source is incomplete."""

WhyNot = Callable[[WatchedCustomer, Terms, date, date], tuple[Condition, ...]]
"""Given what a Judge is given: the conditions of the rule's levels, those that hold and those that do not, by channel.

A level of a channel is reached exactly where all conditions of that level and of those below it hold; what holds a rule back all the same
(an incomplete source, a dispute, a known pause, an occasion passed by) is found by asking the Judge without it.
A customer of whom there is nothing to judge gets one condition of channel ALL that says what is missing for that.
"""

PROMISE: Mapping[str, Decimal] = {PROMISED: Decimal("0.5"), LEAST: Decimal(20)}
"""Parameters of every rule: the share of its warnings that is to be right, and from how many outcomes on that is judged."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A warning. `waits_for`: kinds of fact that must be complete before it opens or worsens an alert.

    `one_beginning`: the spell is over as soon as another event has begun a new one. `ended` tells why a spell is over; without
    it, because nothing is left that could be judged. `why_not` tells the conditions of its levels.
    """

    id: str
    kind: Literal["silence", "credit", "sales", "complaints"]
    title: str
    waits_for: tuple[FactKind, ...]
    defaults: Mapping[str, Decimal]
    judge: Judge
    why_not: WhyNot
    one_beginning: bool = False
    ended: Callable[[WatchedCustomer, date], Reason] | None = None

    def __post_init__(self) -> None:
        # A rule may promise otherwise than all.
        object.__setattr__(self, "defaults", {**PROMISE, **self.defaults})

    def calm_days(self, parameters: Parameters) -> int | None:
        """Days below its lowest level after which an alert recovers; None: only the end of the spell does that."""
        return int(parameters.values["calm_days"]) if "calm_days" in self.defaults else None


MOST: Mapping[str, int] = {"months": MONTHS_KEPT - 1, "complaints": GRIEVANCES_KEPT, "signs": 100, LEAST: 10**9}
"""Parameters that count, from 1 to as many as are remembered or could ever be."""


def checked_parameters(rule: Rule, values: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """All parameters of a rule, those not given as they are by default. Raises ValueError for one that cannot be."""
    unknown = values.keys() - rule.defaults.keys()
    if unknown:
        raise ValueError(f"{rule.id} has no parameter {', '.join(sorted(unknown))}")
    merged = {**rule.defaults, **values}
    if any(not value.is_finite() or not 0 <= value < 10**12 for value in merged.values()):
        raise ValueError("parameters are numbers from 0")
    for lower, higher in pairwise(LEVELS):
        for suffix in ("", "_days", "_spreads", "_share"):
            if lower + suffix in merged and higher + suffix in merged and merged[lower + suffix] >= merged[higher + suffix]:
                raise ValueError(f"{lower + suffix} lies below {higher + suffix}")
    for name, value in merged.items():
        if name in ("watch", "act") and rule.kind == "silence" and not 0 < value < 1:
            raise ValueError(f"{name} is a probability")
        if name == PROMISED and value > 1:
            raise ValueError(f"{name} is a share")
        if name in MOST and (value % 1 or not 1 <= value <= MOST[name]):
            raise ValueError(f"{name} is a whole number from 1 to {MOST[name]}")
        if name.endswith("_days") and (value % 1 or value > 3650):
            raise ValueError(f"{name} is a whole number of days")
        if name == "watch_days" and not value:
            raise ValueError(f"{name} is 1 at least: on the day on which it is due, money is not overdue")
    return merged
