"""One customer after the other through the engine, day by day: alerts, weekly scores and the odds of each invoice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from deploy.backtest.files import Bill, Trader
from deploy.backtest.items import CURRENCY, customer_id, items_of
from deploy.backtest.looking_back import CustomerFailed, look_back
from services.alerts.domain.business_days import business_day
from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.judging import Saying
from services.alerts.domain.late_odds import Odds, Outcome, Paid, chance_late
from services.alerts.domain.late_payment import Payers, probability_late
from services.alerts.domain.payment_habit import Habit
from services.alerts.domain.rules import sales_ahead_of_collections
from services.alerts.domain.scores import silence_on, worsening_on
from services.alerts.domain.signs import Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from services.alerts.engine.items import Item
from services.alerts.engine.step import Stepped, Watched, step
from services.alerts.engine.warned import Suffered, Warned
from shared.contracts.alerts import AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, Finding
from shared.contracts.open_items import items_of as items_of_account

ZONE = ZoneInfo("UTC")
_COMPARED = ("probability", "points", "score", "days_overdue")
"""Figures that are held against a line; a rule gives one of them."""
WEEK = timedelta(days=7)


class Rules(NamedTuple):
    """What holds from the end of `learn_until`: the items by which it came to hold, and what is folded from them.

    `rule`: the one that is looked at in hindsight; None: all. `draft`: the items by which a draft of it would have come to hold.
    """

    control: Control
    going_live: Sequence[Item]
    payers: Payers
    late_odds: Odds | None
    learn_until: date
    until: date
    rule: str | None = None
    draft: Sequence[Item] = ()


class AlertRow(NamedTuple):
    alert_id: UUID
    kind: str
    level: str
    customer: str
    opened_on: date
    resolved_on: date | None
    score: str
    threshold: str
    rule_version: int
    reasons: str
    rule_id: str


class ScoreRow(NamedTuple):
    day: date
    customer: str
    kind: str
    score: float
    probability: float


class InvoiceRow(NamedTuple):
    invoice: str
    customer: str
    issued_on: date
    probability_late: float


@dataclass(slots=True)
class Found:
    alerts: list[AlertRow] = field(default_factory=list)
    scores: list[ScoreRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    warned: list[Warned] = field(default_factory=list)
    suffered: list[Suffered] = field(default_factory=list)


def replay(traders: Iterable[Trader], rules: Rules) -> Found:
    """What would have been said about these customers from the end of `learn_until` to the end of `until`.

    Raises CustomerFailed.
    """
    found, terms = Found(), terms_of(rules.control, ZONE)
    for trader in traders:
        _replay(trader, rules, terms, found)
    return found


def payments_of(traders: Iterable[Trader], learn_until: date) -> tuple[list[Habit], list[Outcome]]:
    """What was known by the end of `learn_until`: how these customers paid, and which of their invoices were late.

    An invoice that is open on its due day is late; one that is neither settled nor due teaches nothing yet.
    """
    habits: list[Habit] = []
    outcomes: list[Outcome] = []
    for trader in traders:
        if not trader.bills:
            continue
        row = Watched(WatchedCustomer(customer_id(trader.name)))
        items, place = items_of(trader, learn_until), 0
        for at, one in enumerate(items):
            if one.bill is not None:
                row = _folded(row, [one.item for one in items[place:at]])
                place = at
                late = _late(one.bill, learn_until)
                if late is not None:
                    outcomes.append(Outcome(*_standing(row.customer, one.bill.issued_on), late))
        row = _folded(row, [one.item for one in items[place:]])
        habits += [habit for habit in [row.customer.habits.get(CURRENCY)] if habit is not None]
    return habits, outcomes


def _folded(row: Watched, items: Sequence[Item]) -> Watched:
    if not items:
        return row
    stepped = step({row.customer.customer_id: row}, Control(), items, items[-1].record.recorded_at, ZONE)
    return _row(stepped, row, [])


def _late(bill: Bill, learn_until: date) -> bool | None:
    if bill.settled_on is not None and bill.settled_on <= learn_until:
        return bill.settled_on > bill.due_on
    return True if bill.due_on < learn_until else None


def _standing(customer: WatchedCustomer, on: date) -> tuple[Paid, int]:
    """What the chance of an invoice that is issued on a day rests on."""
    overdue = [(on - item.due_on).days for item in items_of_account(customer.account, on, CURRENCY)]
    return customer.paid.get(CURRENCY, Paid()), max(0, max(overdue, default=0))


def _chance_late(customer: WatchedCustomer, on: date, rules: Rules) -> float:
    if rules.late_odds is None:
        return probability_late(customer.habits.get(CURRENCY, Habit()), rules.payers)
    return chance_late(*_standing(customer, on), rules.payers, rules.late_odds)


def _replay(trader: Trader, rules: Rules, terms: Terms, found: Found) -> None:
    items = items_of(trader, rules.until)
    if not items:
        return
    who = customer_id(trader.name)
    row = Watched(WatchedCustomer(who))
    said: list[Saying] = []
    place, week = 0, rules.learn_until
    while week <= rules.until:
        # Steps end where something is to be known: before each new invoice, and at the end of each week with an event.
        start = place
        while place < len(items) and items[place].on <= week:
            bill = items[place].bill
            if bill is not None and bill.issued_on > rules.learn_until:
                row = _stepped(row, [one.item for one in items[start:place]], rules, said, items[place].item.record.recorded_at)
                start = place
                chance = _chance_late(row.customer, bill.issued_on, rules)
                found.invoices.append(InvoiceRow(bill.number, trader.name, bill.issued_on, chance))
            place += 1
        fresh = [one.item for one in items[start:place]]
        if week == rules.learn_until:
            row = _gone_live(row, fresh, rules, said)
        else:
            row = _stepped(row, fresh, rules, said, _end_of(week))
            _score(trader.name, row.customer, rules, terms, week, found)
        if week == rules.until:
            break
        week = min(week + WEEK, rules.until)
    warned, suffered = look_back(trader, items, said, rules.learn_until, rules.until, rules.rule, rules.draft)
    found.warned += warned
    found.suffered += suffered
    # Without amounts, what is at stake is not known.
    unknown = () if any(one.amount for one in trader.purchases) else ("AT_STAKE",)
    found.alerts += _rows(trader.name, said, terms, unknown)


def _stepped(row: Watched, items: Sequence[Item], rules: Rules, said: list[Saying], through: datetime) -> Watched:
    if not items and (row.next_due_at is None or row.next_due_at >= through):
        return row
    stepped = step({row.customer.customer_id: row}, rules.control, items, through, ZONE)
    return _row(stepped, row, said)


def _gone_live(row: Watched, items: Sequence[Item], rules: Rules, said: list[Saying]) -> Watched:
    stepped = step({row.customer.customer_id: row}, Control(), [*items, *rules.going_live], _end_of(rules.learn_until), ZONE)
    return _row(stepped, row, said)


def _row(stepped: Stepped, row: Watched, said: list[Saying]) -> Watched:
    for one in stepped.parked.values():
        raise CustomerFailed(one.cause)
    said += stepped.sayings
    return stepped.rows.get(row.customer.customer_id, row)


def _rows(name: str, said: Sequence[Saying], terms: Terms, unknown: Collection[str]) -> list[AlertRow]:
    found: list[AlertRow] = []
    for one in said:
        event, on = one.event, business_day(one.at, ZONE)
        match event:
            case AlertOpened() | AlertWorsened() | AlertReopened():
                finding = event.finding
                score, threshold = _compared(finding, terms)
                reasons = msgspec.json.encode([one for one in finding.reasons if one.code not in unknown]).decode()
                found.append(
                    AlertRow(
                        event.alert_id, event.kind, finding.level, name, on, None, score, threshold, finding.rule_version, reasons,
                        finding.rule_id,
                    )
                )  # fmt: skip
            case AlertRecovered():
                found = [
                    row._replace(resolved_on=on) if row.alert_id == event.alert_id and row.resolved_on is None else row
                    for row in found
                ]
    return found


def _compared(finding: Finding, terms: Terms) -> tuple[str, str]:
    """The figure that reached the line, and the line."""
    figures = {name: value for reason in finding.reasons for name, value in reason.figures.items()}
    values = terms.parameters[finding.rule_id].values
    threshold = values.get(finding.level, values.get(f"{finding.level}_days"))
    if finding.rule_id == sales_ahead_of_collections.RULE_ID:
        fell = Decimal(figures["collected_share_before"]) - Decimal(figures["collected_share"])
        return str(fell), str(threshold)
    name = next((name for name in _COMPARED if name in figures), None)
    return "" if name is None else str(figures[name]), "" if threshold is None else str(threshold)


def _score(name: str, customer: WatchedCustomer, rules: Rules, terms: Terms, day: date, found: Found) -> None:
    silence = silence_on(customer, terms, day)
    if silence is not None:
        found.scores.append(ScoreRow(day, name, "silence", *silence))
    credit = worsening_on(customer, CURRENCY, rules.payers, day)
    if credit is not None:
        found.scores.append(ScoreRow(day, name, "credit", *credit))


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
