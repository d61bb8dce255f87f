"""What a rule promises, and whether it keeps it: the share of its warnings that were right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, TypedDict
from uuid import UUID

from shared.contracts.event import Event
from shared.contracts.usefulness import RulePutOnProbation, RuleTakenOffProbation

PROMISED = "promised_precision"
LEAST = "promise_outcomes"
RIGHT = frozenset(("TRUE", "TOO_LATE"))
WRONG = frozenset(("FALSE",))
"""Duplicates, and alerts that closed themselves, say nothing about whether the rule was right."""


class Promise(NamedTuple):
    """Of a version in force: the share of right warnings, judged from `least` outcomes on, and who published it."""

    version: int
    promised: Decimal
    least: int
    owner: UUID | None = None


class Tally(NamedTuple):
    """Outcomes of the alerts that a version of a rule opened."""

    right: int = 0
    wrong: int = 0

    @property
    def judged(self) -> int:
        return self.right + self.wrong

    @property
    def precision(self) -> Decimal | None:
        return Decimal(self.right) / self.judged if self.judged else None


def probation_stream(rule_id: str) -> str:
    return f"probation-{rule_id}"


def on_probation(before: Iterable[Event]) -> dict[int, RulePutOnProbation]:
    """The versions that are on probation after these events of a rule's stream."""
    found: dict[int, RulePutOnProbation] = {}
    for event in before:
        match event:
            case RulePutOnProbation():
                found[event.rule_version] = event
            case RuleTakenOffProbation():
                found.pop(event.rule_version, None)
    return found


def decide(
    rule_id: str, before: Sequence[Event], promises: Sequence[Promise], tallies: Mapping[int, Tally]
) -> list[RulePutOnProbation | RuleTakenOffProbation]:
    """What is to be said of a rule after these events of its stream: `promises` are those of the versions in force, `tallies`
    the outcomes of what each version opened."""
    standing = on_probation(before)
    in_force = {promise.version for promise in promises}
    found: list[RulePutOnProbation | RuleTakenOffProbation] = []
    for version, put_on in standing.items():
        if version not in in_force:
            tally = tallies.get(version, Tally())
            over = Promise(version, put_on.promised, 0, put_on.owner)
            found.append(RuleTakenOffProbation(**_about(rule_id, over, tally), because="NOT_IN_FORCE"))
    for promise in promises:
        tally = tallies.get(promise.version, Tally())
        kept = tally.judged < promise.least or tally.right >= promise.promised * tally.judged
        about = _about(rule_id, promise, tally)
        if not kept and promise.version not in standing:
            found.append(RulePutOnProbation(**about))
        if kept and promise.version in standing:
            found.append(RuleTakenOffProbation(**about, because="PROMISE_KEPT"))
    return found


class _About(TypedDict):
    rule_id: str
    rule_version: int
    promised: Decimal
    right: int
    wrong: int
    owner: UUID | None


def _about(rule_id: str, promise: Promise, tally: Tally) -> _About:
    return {
        "rule_id": rule_id,
        "rule_version": promise.version,
        "promised": promise.promised,
        "right": tally.right,
        "wrong": tally.wrong,
        "owner": promise.owner,
    }
