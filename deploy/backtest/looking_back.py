"""What became of a customer of the files, and which of its losses the warnings had foretold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from deploy.backtest.files import Trader
from deploy.backtest.items import CURRENCY, Dated, customer_id
from services.alerts.domain.business_days import start_of
from services.alerts.domain.control import Control
from services.alerts.domain.hindsight import FAILED_AFTER_DAYS, LOST_AFTER_DAYS, Loss, foretells, losses_of, orders_of
from services.alerts.domain.judging import Saying
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.rules.overdue_debt import OVERDUE_DEBT
from services.alerts.domain.rules.silent_beyond_own_rhythm import CHANNEL, SILENT_BEYOND_OWN_RHYTHM
from services.alerts.engine.backtest_summary import DRAFT, PRESENT
from services.alerts.engine.items import Item
from services.alerts.engine.step import step
from services.alerts.engine.warned import Suffered, Warned, suffered_of, warned_of, with_verdict

ZONE = ZoneInfo("UTC")


class CustomerFailed(Exception):
    """A customer of the files whose events could not be folded or judged."""


def look_back(
    trader: Trader,
    items: Sequence[Dated],
    said: Sequence[Saying],
    learn_until: date,
    until: date,
    rule_id: str | None,
    draft: Sequence[Item],
) -> tuple[list[Warned], list[Suffered]]:
    """The warnings of the rules as they are (`said`; of one rule, if it is named) and of the draft, with what became of them;
    and the customer's losses. `draft`: the items by which the draft would have come to hold. Raises CustomerFailed."""
    who, first = customer_id(trader.name), learn_until + timedelta(days=1)
    days = sorted({one.on for one in trader.purchases if one.on <= until and (one.amount or 0) >= 0})
    failed = failed_debts(trader, until)
    warned = [one for one in warned_of(PRESENT, said, first, ZONE) if rule_id in (None, one.rule_id)]
    if rule_id is not None and draft:
        known = sorted([*(one.item for one in items), *draft], key=lambda one: one.key)
        stepped = step({}, Control(), known, start_of(until + timedelta(days=1), ZONE), ZONE, rules=(RULES_BY_ID[rule_id],))
        for one in stepped.parked.values():
            raise CustomerFailed(one.cause)
        warned += warned_of(DRAFT, stepped.sayings, first, ZONE)
    judged = [with_verdict(one, RULES_BY_ID[one.rule_id], days, failed, until, LOST_AFTER_DAYS) for one in warned]
    looked_at = [RULES_BY_ID[rule_id]] if rule_id is not None else [SILENT_BEYOND_OWN_RHYTHM, OVERDUE_DEBT]
    losses: list[Loss] = []
    for rule in looked_at:
        match foretells(rule):
            case "LOST":
                losses += losses_of(days, CHANNEL, orders_of(rule, len(days)), LOST_AFTER_DAYS, until)
            case "FAILED":
                losses += failed
    return judged, suffered_of({who: losses}, judged, (PRESENT, DRAFT), first, until)


def failed_debts(trader: Trader, until: date) -> list[Loss]:
    """Invoices of the files that were still open so many days after they were due."""
    days = timedelta(days=FAILED_AFTER_DAYS)
    return [
        Loss(CURRENCY, bill.due_on, bill.due_on + days, bill.settled_on)
        for bill in trader.bills
        if bill.due_on + days <= until and (bill.settled_on is None or bill.settled_on > bill.due_on + days)
    ]
