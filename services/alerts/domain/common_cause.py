"""What do customers have in common who fall silent, or complain, at the same time?

A mark (an area, an article, a salesperson) is the common cause where so many of its customers within so few days are not
what chance gives: the binomial tail against the share among all who do not have the mark, times the number of marks of its
kind and of kinds of mark. One cause is named for a customer: the most unlikely one first, the others by what it does not explain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from math import exp, lgamma, log
from typing import Literal, NamedTuple
from uuid import UUID

from services.alerts.domain.signs import Parameters
from shared.contracts.alerts import Finding, Reason
from shared.contracts.company_alerts import Child, Subject

Together = Literal["silence", "complaints"]
LEAST_OUTSIDE = 10
"""Fewer customers without the mark say nothing about what is usual."""
MOST_CAUSES = 20


class Member(NamedTuple):
    """A customer that could have fallen silent, or complained. `alert_id`: it did; of a complaint None where no alert is open.

    `named` are the articles that its complaints name; None where an article counts for whoever buys it.
    """

    customer_id: UUID
    marks: frozenset[Subject]
    fell: bool
    alert_id: UUID | None = None
    named: frozenset[str] | None = None


class Cause(NamedTuple):
    """A mark, how many customers have it and how many of them fell, the same of all others, and the chance of that."""

    subject: Subject
    customers: int
    fell: tuple[Member, ...]
    others: int
    others_fell: int
    chance: float
    looked_at: int

    @property
    def children(self) -> tuple[Child, ...]:
        return tuple(
            Child(alert_id=one.alert_id, customer_id=one.customer_id)
            for one in sorted(self.fell, key=lambda one: one.customer_id)
            if one.alert_id is not None
        )


def common_causes(members: Collection[Member], parameters: Parameters) -> list[Cause]:
    """The causes named, the least likely first. `least_customers` of a mark must have fallen, at least `least_times` as many
    as expected, and the chance of any mark to look like this at most `chance`."""
    left = list(members)
    found: list[Cause] = []
    while len(found) < MOST_CAUSES:
        causes = _tested(left, parameters)
        if not causes:
            return found
        best = min(causes, key=lambda one: (one.chance, -len(one.fell), one.subject.kind, one.subject.id))
        found.append(best)
        left = without(left, best.subject, {one.customer_id for one in best.fell})
    return found


def without(members: Sequence[Member], subject: Subject, explained: Collection[UUID]) -> list[Member]:
    """Who is left when a cause is known: of whoever has the mark nobody says what is usual elsewhere."""
    return [one for one in members if one.customer_id not in explained and (subject not in one.marks or _names(one, subject))]


def _names(one: Member, subject: Subject) -> bool:
    """Whether the article counts for those only who name it in a complaint: buying it is no mark then."""
    return subject.kind == "article" and one.named is not None


def _tested(members: Sequence[Member], parameters: Parameters) -> list[Cause]:
    having: dict[Subject, int] = {}
    fallen: dict[Subject, list[Member]] = {}
    having_fell: dict[Subject, int] = {}
    total_fell = 0
    for one in members:
        total_fell += one.fell
        for mark in one.marks:
            having[mark] = having.get(mark, 0) + 1
            if one.fell:
                having_fell[mark] = having_fell.get(mark, 0) + 1
                if counts(one, mark):
                    fallen.setdefault(mark, []).append(one)
    least = parameters.whole("least_customers")
    # Every mark that could have been found counts, not those that come near: whoever looks at more finds more by chance.
    of_kind = Counter(mark.kind for mark, customers in having.items() if customers >= least)
    found = []
    for mark, several in fallen.items():
        if len(several) < least:
            continue
        of_all = _names(several[0], mark)
        # Who complains names the article: the share of those who complain about something else is what is usual.
        customers = len(members) if of_all else having[mark]
        others = len(members) if of_all else len(members) - customers
        others_fell = total_fell - len(several) if of_all else total_fell - having_fell[mark]
        if others < LEAST_OUTSIDE:
            continue
        expected = (others_fell + 0.5) / (others + 1)
        if len(several) < parameters.number("least_times") * expected * customers:
            continue
        looked_at = of_kind[mark.kind] * len(of_kind)
        chance = min(1.0, at_least(len(several), customers, expected) * looked_at)
        if chance <= parameters.number("chance"):
            found.append(Cause(mark, customers, tuple(several), others, others_fell, chance, looked_at))
    return found


def counts(one: Member, mark: Subject) -> bool:
    """Whether a customer that fell does so under this mark."""
    return mark in one.marks and (not _names(one, mark) or mark.id in (one.named or ()))


def at_least(k: int, n: int, p: float) -> float:
    """P(X >= k) of the binomial distribution of n trials."""
    if k <= 0:
        return 1.0
    if p >= 1 or k > n:
        return 1.0 if k <= n else 0.0
    term = exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))
    total, odds = 0.0, p / (1 - p)
    for i in range(k, n + 1):
        total += term
        term *= (n - i) / (i + 1) * odds
        if term < total * 1e-15:
            break
    return min(total, 1.0)


_NAMES: Mapping[str, str] = {"area": "area", "salesperson": "salesperson", "article": "article", "source": "source"}
_DID: Mapping[Together, str] = {"silence": "fell silent", "complaints": "complained"}


def finding_of(cause: Cause, together: Together, parameters: Parameters, days: Sequence[str]) -> Finding:
    """Level act. `days`: first and last day of the window, as ISO dates."""
    subject, did = cause.subject, _DID[together]
    whose = f"{_NAMES[subject.kind]} {subject.id}"
    return Finding(
        rule_id="common_cause",
        rule_version=parameters.version,
        level="act",
        true_on=date.fromisoformat(days[1]),
        reasons=(
            Reason(
                code=f"{together.upper()}_TOGETHER",
                sentence=f"{len(cause.fell)} of {cause.customers} customers of {whose} {did} from {days[0]} to {days[1]};"
                f" of {cause.others} others {cause.others_fell} did.",
                figures={
                    "customers": cause.customers,
                    "fell": len(cause.fell),
                    "others": cause.others,
                    "others_fell": cause.others_fell,
                    "from": days[0],
                    "to": days[1],
                },
            ),
            Reason(
                code="CHANCE_OF_THAT_MANY",
                sentence=f"By chance one of the {cause.looked_at} marks looked at would show that many in {cause.chance:.1e} of all cases.",
                figures={"probability": f"{cause.chance:.1e}", "marks_looked_at": cause.looked_at},
            ),
        ),
    )
