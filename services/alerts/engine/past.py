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

from services.alerts.domain.business_days import start_of
from services.alerts.domain.control import Control
from services.alerts.domain.hindsight import Loss, foretells, losses_of, orders_of
from services.alerts.domain.judging import Saying
from services.alerts.domain.rules import RULES_BY_ID, overdue_debt, silent_beyond_own_rhythm
from services.alerts.domain.signs import Rule
from services.alerts.engine.items import Item, item_of
from services.alerts.engine.step import step
from services.alerts.engine.warned import Piece, Warned, suffered_of, warned_of, with_verdict
from shared.contracts.alerts import PopulationRefitted, RulePublished, WentLive
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
    last day of which the log knows what happened; days are the company's. `population`: learnt from what was known before."""

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
    population: PopulationRefitted | None = None


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
    learnt = () if what.population is None else (what.population,)
    for name, published in what.variants.items():
        stepped = _stepped([*told, *around, *_begin((*learnt, *published), what.first, zone)], what.last, zone, rule)
        parked |= stepped[1]
        for one in warned_of(name, stepped[0], what.first, zone):
            customer = customers[one.customer_id]
            warned.append(with_verdict(one, rule, customer.days, customer.losses, what.known_until, what.lost_after_days))
    suffered = suffered_of(
        {who: customer.losses for who, customer in customers.items()}, warned, what.variants, what.first, what.last
    )
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


def _begin(published: Sequence[Event], first: date, zone: ZoneInfo) -> list[Item]:
    """The population is learnt, the versions are published and the installation goes live, before every fact of the first day: what is known by the
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
    if foretells(rule) == "FAILED":
        _failed_debts(what, zone, told, around, customers)
    for item in told:
        record = item.record
        if record.type == SaleRecorded.type and record.customer_id is not None:
            event = opened(record).event
            if isinstance(event, SaleRecorded) and event.net.amount > 0:
                customers[record.customer_id].days.append(min(event.sold_on, what.known_until))
    for one in customers.values():
        one.days = sorted(set(one.days))
        if foretells(rule) == "LOST":
            orders = orders_of(rule, len(one.days))
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
    for one in warned_of(_FAILED, sayings, what.first, zone):
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
