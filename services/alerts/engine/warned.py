"""Warnings of a back-test, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.business_days import business_day
from services.alerts.domain.hindsight import Judged, Loss, Verdict, credit_judged, foretells, silence_judged
from services.alerts.domain.judging import Saying
from services.alerts.domain.signs import Rule, rank
from shared.contracts.alerts import AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, Finding, Level, Reason


class Reached(msgspec.Struct, frozen=True):
    level: Level
    on: date


class Warned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning that would have been raised. `standing`: its condition held before the first day of the window.

    `loss_on` is the day of the loss that it foretold, or came too late for. `reasons` are those of its last level.
    """

    variant: str
    rule_id: str
    alert_id: UUID
    customer_id: UUID
    channel: str
    rule_version: int
    levels: tuple[Reached, ...]
    true_on: date
    standing: bool = False
    recovered_on: date | None = None
    verdict: Verdict | None = None
    loss_on: date | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def opened_on(self) -> date:
        return self.levels[0].on

    @property
    def level(self) -> Level:
        """The highest that it reached."""
        return max((one.level for one in self.levels), key=rank)


class Suffered(msgspec.Struct, frozen=True, kw_only=True):
    """A loss that fell into the window, and which variants had warned of it before."""

    customer_id: UUID
    channel: str
    on: date
    foretold: tuple[str, ...]


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What was found among some customers. `parked`: those whose events could not be folded."""

    customers: int
    events: int
    warned: list[Warned]
    suffered: list[Suffered]
    parked: int = 0


def warned_of(variant: str, sayings: Sequence[Saying], first: date, zone: ZoneInfo) -> list[Warned]:
    """The alerts that these sayings open, by what happens to each. `first`: the first day of the window."""
    found: dict[UUID, Warned] = {}
    for one in sorted(sayings, key=lambda saying: saying.at):
        event, on = one.event, max(business_day(one.at, zone), first)
        match event:
            case AlertOpened():
                found[event.alert_id] = Warned(
                    variant=variant,
                    rule_id=event.finding.rule_id,
                    alert_id=event.alert_id,
                    customer_id=event.customer_id,
                    channel=event.channel,
                    rule_version=event.finding.rule_version,
                    levels=(Reached(event.finding.level, on),),
                    true_on=event.finding.true_on,
                    standing=event.finding.true_on < first,
                    reasons=event.finding.reasons,
                )
            case AlertWorsened() | AlertReopened():
                found[event.alert_id] = _worse(found[event.alert_id], event.finding, on)
            case AlertRecovered():
                found[event.alert_id] = msgspec.structs.replace(found[event.alert_id], recovered_on=on)
    return list(found.values())


def _worse(before: Warned, finding: Finding, on: date) -> Warned:
    levels = (*before.levels, Reached(finding.level, on))
    return msgspec.structs.replace(before, levels=levels, recovered_on=None, reasons=finding.reasons)


def with_verdict(
    one: Warned, rule: Rule, days: Sequence[date], failed: Sequence[Loss], known_until: date, lost_after: int
) -> Warned:
    """With what became of it, as it is known at the end: `days` are the customer's purchase days, `failed` its failed debts."""
    judged: Judged
    match foretells(rule):
        case "LOST":
            judged = silence_judged(one.opened_on, days, one.channel, lost_after, known_until)
        case "FAILED":
            judged = credit_judged(one.opened_on, one.channel if rule.kind == "credit" else None, failed, known_until)
        case _:
            return one
    return msgspec.structs.replace(one, verdict=judged.verdict, loss_on=None if judged.loss is None else judged.loss.on)


def suffered_of(
    losses: Mapping[UUID, Sequence[Loss]], warned: Sequence[Warned], variants: Collection[str], first: date, last: date
) -> list[Suffered]:
    """The losses that began and came within the window, and which variants had foretold them."""
    right = {(one.variant, one.customer_id, one.loss_on) for one in warned if one.verdict == "TRUE"}
    return [
        Suffered(
            customer_id=who,
            channel=loss.channel,
            on=loss.on,
            foretold=tuple(name for name in variants if (name, who, loss.on) in right),
        )
        for who, several in losses.items()
        for loss in several
        if first <= loss.began_on and loss.on <= last
    ]
