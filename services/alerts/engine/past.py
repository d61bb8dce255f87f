"""The past once more, under the present rule and under a draft: the live core over the items of the log, nothing appended.

On each day only what was recorded by then is known. What was recorded before the installation went live is the loaded history:
when it was loaded says nothing about when it was known, so it may be taken as known on its own business day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from services.alerts.domain.business_days import business_day, start_of
from services.alerts.domain.control import Control
from services.alerts.domain.hindsight import Judged, Loss, Verdict, credit_judged, losses_of, silence_judged
from services.alerts.domain.judging import Saying
from services.alerts.domain.rules import RULES_BY_ID, new_customer_quiet, overdue_debt, silent_beyond_own_rhythm
from services.alerts.domain.signs import Rule, rank
from services.alerts.engine.items import Item, item_of
from services.alerts.engine.step import step
from shared.contracts.alerts import (
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    Finding,
    Level,
    Reason,
    RulePublished,
    WentLive,
)
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Record, opened
from shared.contracts.event import Event, encode
from shared.contracts.topics import ALERTS_CONTROL
from shared.contracts.transactions import SaleRecorded, WrittenOff

Known = Literal["AS_RECORDED", "HISTORY_ON_ITS_DAY"]
NAMES = UUID("5e0c8f0d-0c7c-5b6e-9a0b-7a1d2f1c9b11")
_LEFT_OUT = frozenset((WentLive.type, RulePublished.type))
_FAILED = "failed"


class Rerun(msgspec.Struct, frozen=True, kw_only=True):
    """What is run again. `variants` by name: the versions that are in force, and these with a draft on top. `known_until` is the
    last day of which the log knows what happened; days are the company's."""

    rule_id: str
    variants: dict[str, tuple[RulePublished, ...]]
    first: date
    last: date
    known: Known
    lost_after_days: int
    failed_after_days: int
    known_until: date
    live_at: datetime | None
    zone: str


class Reached(msgspec.Struct, frozen=True):
    level: Level
    on: date


class Warned(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A warning that would have been raised. `standing`: its condition held before the first day of the window.

    `loss_on` is the day of the loss that it foretold, or came too late for. `reasons` are those of its last level.
    """

    variant: str
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


@dataclass(slots=True)
class _Customer:
    days: list[date]
    losses: list[Loss]


def rerun(what: Rerun, facts: Sequence[Item], control: Sequence[Item]) -> Piece:
    """Run the rule again over these customers' facts. `control`: what concerned all customers. The same items give the same."""
    zone = ZoneInfo(what.zone)
    rule = RULES_BY_ID[what.rule_id]
    around = [item for item in control if item.record.type not in _LEFT_OUT]
    told = [_known_at(item, what) for item in facts]
    customers = _hindsight(what, rule, zone, told, around)
    warned: list[Warned] = []
    parked: set[UUID] = set()
    for name, published in what.variants.items():
        stepped = _stepped([*told, *around, *_begin(published, what.first, zone)], what.last, zone, rule)
        parked |= stepped[1]
        warned += [
            _with_verdict(one, rule, customers[one.customer_id], what) for one in _warned(name, stepped[0], what.first, zone)
        ]
    right = {(one.variant, one.customer_id, one.channel, one.loss_on) for one in warned if one.verdict == "TRUE"}
    suffered = [
        Suffered(
            customer_id=who,
            channel=loss.channel,
            on=loss.on,
            foretold=tuple(name for name in what.variants if (name, who, loss.channel, loss.on) in right),
        )
        for who, customer in customers.items()
        for loss in customer.losses
        if what.first <= loss.began_on and loss.on <= what.last
    ]
    return Piece(
        customers=len(customers),
        events=len(told),
        warned=sorted(warned, key=lambda one: (one.opened_on, str(one.customer_id), str(one.alert_id), one.variant)),
        suffered=sorted(suffered, key=lambda one: (one.on, str(one.customer_id), one.channel)),
        parked=len(parked),
    )


def _known_at(item: Item, what: Rerun) -> Item:
    record = item.record
    loaded = what.live_at is None or record.recorded_at < what.live_at
    if what.known == "AS_RECORDED" or not loaded or record.occurred_at >= record.recorded_at:
        return item
    return item_of(msgspec.structs.replace(record, recorded_at=record.occurred_at))


def _begin(published: Sequence[RulePublished], first: date, zone: ZoneInfo) -> list[Item]:
    """The versions are published and the installation goes live, before every fact of the first day: what is known by the
    evening before is the past, everything else is the test."""
    events: list[Event] = [*published, WentLive(live_on=first)]
    found = []
    for number, event in enumerate(events):
        at = start_of(first, zone) - timedelta(microseconds=len(events) - number)
        event_id = uuid5(NAMES, f"{event.type}/{first}/{number}")
        cursor = Cursor(1, 1, number + 1)
        record = Record(
            ALERTS_CONTROL, 0, None, cursor, None, event_id, event.type, "back-test", number, None, at, at, encode(event)
        )
        found.append(item_of(record))
    return found


def _stepped(items: Sequence[Item], last: date, zone: ZoneInfo, rule: Rule) -> tuple[Sequence[Saying], set[UUID]]:
    through = start_of(last + timedelta(days=1), zone)
    known = sorted((item for item in items if item.record.recorded_at < through), key=lambda item: item.key)
    stepped = step({}, Control(), known, through, zone, rules=(rule,))
    return stepped.sayings, set(stepped.parked)


def _hindsight(what: Rerun, rule: Rule, zone: ZoneInfo, told: Sequence[Item], around: Sequence[Item]) -> Mapping[UUID, _Customer]:
    """By customer, the purchase days and the losses as they are known at the end of the log."""
    found = {item.record.customer_id: _Customer([], []) for item in told}
    customers = {one: known for one, known in found.items() if one is not None}
    if rule.kind == "credit":
        _failed_debts(what, zone, told, around, customers)
    for item in told:
        record = item.record
        if record.type == SaleRecorded.type and record.customer_id is not None:
            event = opened(record).event
            if isinstance(event, SaleRecorded) and event.net.amount > 0:
                customers[record.customer_id].days.append(min(event.sold_on, what.known_until))
    for one in customers.values():
        one.days = sorted(set(one.days))
        if rule.kind == "silence":
            fewest = silent_beyond_own_rhythm.ORDERS
            orders = range(1, fewest) if rule.id == new_customer_quiet.RULE_ID else range(fewest, len(one.days) + 1)
            one.losses = losses_of(one.days, silent_beyond_own_rhythm.CHANNEL, orders, what.lost_after_days, what.known_until)
    return customers


def _failed_debts(
    what: Rerun, zone: ZoneInfo, told: Sequence[Item], around: Sequence[Item], customers: Mapping[UUID, _Customer]
) -> None:
    # A debt that has failed is found by the rule for overdue debts itself, with one level at the day of failing.
    days = Decimal(what.failed_after_days)
    parameters = {"watch_days": days, "act_days": days + 1, "stop_days": days + 2}
    published = RulePublished(rule_id=overdue_debt.RULE_ID, version=0, parameters=parameters)
    sayings, _ = _stepped(
        [*told, *around, *_begin((published,), what.first, zone)], what.known_until, zone, overdue_debt.OVERDUE_DEBT
    )
    for one in _warned(_FAILED, sayings, what.first, zone):
        began_on = one.true_on - timedelta(days=what.failed_after_days)
        customers[one.customer_id].losses.append(Loss(one.channel, began_on, one.true_on, one.recovered_on))
    for item in told:
        if item.record.type == WrittenOff.type and item.record.customer_id is not None:
            event = opened(item.record).event
            if isinstance(event, WrittenOff):
                losses, day = customers[item.record.customer_id].losses, event.written_off_on
                # Most of what is written off has failed before.
                if not any(one.channel == event.amount.currency and one.on <= day and _lasts(one, day) for one in losses):
                    losses.append(Loss(event.amount.currency, day, day, day))


def _lasts(loss: Loss, day: date) -> bool:
    return loss.over_on is None or loss.over_on >= day


def _warned(variant: str, sayings: Sequence[Saying], first: date, zone: ZoneInfo) -> list[Warned]:
    found: dict[UUID, Warned] = {}
    for one in sorted(sayings, key=lambda saying: saying.at):
        event, on = one.event, max(business_day(one.at, zone), first)
        match event:
            case AlertOpened():
                found[event.alert_id] = Warned(
                    variant=variant,
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


def _with_verdict(one: Warned, rule: Rule, customer: _Customer, what: Rerun) -> Warned:
    judged: Judged
    match rule.kind:
        case "silence":
            judged = silence_judged(one.opened_on, customer.days, one.channel, what.lost_after_days, what.known_until)
        case "credit":
            judged = credit_judged(one.opened_on, one.channel, customer.losses, what.known_until)
        case _:
            return one
    return msgspec.structs.replace(one, verdict=judged.verdict, loss_on=None if judged.loss is None else judged.loss.on)
