"""What publishing a version would do at once: every customer judged as the engine would judge it, nothing appended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.alerts.domain import control as controls
from services.alerts.domain.business_days import business_day
from services.alerts.domain.control import Control, terms_of
from services.alerts.domain.judging import Moment, Saying, day_known, judge
from services.alerts.domain.scoping import terms_for
from services.alerts.domain.signs import Rule, Sign, Terms, rank
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import AlertOpened, AlertRecovered, AlertReopened, AlertWorsened, Level, Reason, RulePublished

Effect = Literal["OPENS", "WORSENS", "REOPENS", "CLOSES", "STAYS"]
NAMES = UUID("c2b3a0de-3c5b-5f2a-8a57-2a4a8a0a7a11")


class Affected(NamedTuple):
    """One alert. `level` is that of the version, `present_level` that which stands. STAYS: open, and the version would not have
    raised it, or not so high; it goes on until it recovers. An alert is never raised twice."""

    effect: Effect
    alert_id: UUID
    customer_id: UUID
    channel: str
    level: Level | None
    present_level: Level | None
    reasons: Sequence[Reason]


def affected(
    customers: Iterable[WatchedCustomer], control: Control, version: RulePublished, rule: Rule, at: datetime, zone: ZoneInfo
) -> list[Affected]:
    """What would happen to these customers' alerts if the version were published at this moment."""
    event_id = uuid5(NAMES, version.rule_id)
    moment = Moment(at, event_id, event_id)
    before, after = terms_of(control, zone), terms_of(controls.evolve(control, version, event_id), zone)
    found: list[Affected] = []
    for customer in customers:
        # What the present version is about to say by itself is no effect of the new one.
        due = {_what(one) for one in judge(customer, before, moment, (rule,)).sayings}
        said = [one for one in judge(customer, after, moment, (rule,)).sayings if _what(one) not in due]
        found += [_effect(one, customer, rule) for one in said]
        ends = {one.event.alert_id for one in said}
        found += [one for one in _staying(customer, before, after, rule, at, zone) if one.alert_id not in ends]
    return found


def _what(one: Saying) -> tuple[str, UUID, Level | None]:
    event = one.event
    level = event.finding.level if isinstance(event, AlertOpened | AlertWorsened | AlertReopened) else None
    return event.type, event.alert_id, level


def _effect(one: Saying, customer: WatchedCustomer, rule: Rule) -> Affected:
    event = one.event
    open_spells = _open_spells(customer, rule)
    channel, level = next(
        ((name, level) for name, (alert_id, level) in open_spells.items() if alert_id == event.alert_id), ("", None)
    )
    match event:
        case AlertOpened():
            return Affected(
                "OPENS", event.alert_id, event.customer_id, event.channel, event.finding.level, None, event.finding.reasons
            )
        case AlertWorsened() | AlertReopened():
            effect: Effect = "WORSENS" if isinstance(event, AlertWorsened) else "REOPENS"
            channel = channel or _recovered_channel(customer, rule, event.alert_id)
            return Affected(effect, event.alert_id, event.customer_id, channel, event.finding.level, level, event.finding.reasons)
        case AlertRecovered():
            return Affected("CLOSES", event.alert_id, event.customer_id, channel, None, level, event.reasons)
    raise AssertionError(f"a rule does not say {event.type}")


def _staying(customer: WatchedCustomer, before: Terms, after: Terms, rule: Rule, at: datetime, zone: ZoneInfo) -> list[Affected]:
    spells = _open_spells(customer, rule)
    if not spells:
        return []
    today = business_day(at, zone)
    present, signs = _signs(customer, before, rule, today), _signs(customer, after, rule, today)
    found = []
    for channel, (alert_id, level) in spells.items():
        sign, as_it_is = signs.get(channel), present.get(channel)
        new = None if sign is None else sign.level
        # Where the present version would not raise it any more either, that is no effect of the new one.
        if rank(new) < rank(level) and rank(new) < rank(None if as_it_is is None else as_it_is.level):
            reasons = () if sign is None else sign.reasons()
            found.append(Affected("STAYS", alert_id, customer.customer_id, channel, new, level, reasons))
    return found


def _signs(customer: WatchedCustomer, terms: Terms, rule: Rule, today: date) -> dict[str, Sign]:
    own = terms_for(terms, customer, today)
    return {sign.channel: sign for sign in rule.judge(customer, own, today, day_known(rule, customer, own, today))}


def _open_spells(customer: WatchedCustomer, rule: Rule) -> dict[str, tuple[UUID, Level]]:
    """By channel."""
    return {
        key.partition("/")[2]: (watch.open.alert_id, watch.open.level)
        for key, watch in customer.watches.items()
        if watch.open is not None and key.startswith(f"{rule.id}/")
    }


def _recovered_channel(customer: WatchedCustomer, rule: Rule, alert_id: UUID) -> str:
    keys = (key for key, watch in customer.watches.items() if alert_id in watch.recovered and key.startswith(f"{rule.id}/"))
    return next(keys, "").partition("/")[2]
