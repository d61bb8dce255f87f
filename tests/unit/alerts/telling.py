"""What the engine says to a story, in words that fit a test."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import start_of
from services.alerts.domain.control import Control
from services.alerts.domain.judging import Saying
from services.alerts.engine.step import Stepped, step
from shared.contracts.alerts import AlertOpened, AlertRecovered, AlertReopened, AlertWorsened
from tests.unit.alerts.trade import Trade

ZONE = ZoneInfo("Asia/Shanghai")
Told = tuple[str, str, str | None, date]


def folded(trade: Trade, until: date, zone: ZoneInfo = ZONE) -> Stepped:
    """The story folded, and every timer fired that is due on `until` or before."""
    through = start_of(date.fromordinal(until.toordinal() + 1), zone)
    stepped = step({}, Control(), trade.sorted(), through, zone)
    assert not stepped.parked, stepped.parked
    return stepped


def told(trade: Trade, until: date, rule: str | None = None, zone: ZoneInfo = ZONE) -> list[Told]:
    """(what, rule, level, true_on) in order; of one rule, if one is named."""
    rules: dict[object, str] = {}
    found = []
    for one in sorted(folded(trade, until, zone).sayings, key=lambda saying: saying.at):
        event = one.event
        if isinstance(event, AlertOpened):
            rules[event.alert_id] = event.finding.rule_id
        match event:
            case AlertOpened() | AlertWorsened() | AlertReopened():
                entry = (
                    type(event).__name__.removeprefix("Alert"),
                    rules[event.alert_id],
                    event.finding.level,
                    event.finding.true_on,
                )
            case AlertRecovered():
                entry = ("Recovered", rules[event.alert_id], None, event.true_on)
            case _:
                raise AssertionError(event)
        if rule in (None, entry[1]):
            found.append(entry)
    return found


def sayings(trade: Trade, until: date) -> list[Saying]:
    return sorted(folded(trade, until).sayings, key=lambda saying: saying.at)


def moments(trade: Trade, until: date) -> list[datetime]:
    return [one.at for one in sayings(trade, until)]
