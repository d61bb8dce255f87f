"""From signs to alerts: what is opened, worsened, recovered or reopened when a customer is judged at a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

import msgspec

from services.alerts.domain.business_days import business_day
from services.alerts.domain.control import complete_through
from services.alerts.domain.rules import ALL_RULES
from services.alerts.domain.scoping import next_start, terms_for
from services.alerts.domain.signs import Rule, Sign, Terms, rank
from services.alerts.domain.watched_customer import Spell, Watch, WatchedCustomer, watch_key
from shared.contracts.alerts import (
    AlertEvent,
    AlertOpened,
    AlertRecovered,
    AlertReopened,
    AlertWorsened,
    Finding,
    Reason,
)

ALERTS = UUID("1b0f4b3e-3a8e-5c55-9d55-7b1b5c2f6f60")
"""Namespace of alert ids. It never changes: an alert's id says what it is about."""
RECOVERED_KEPT = 8
ONE_DAY = timedelta(days=1)
NOTHING_KNOWN = date.min + ONE_DAY
"""As of when a rule judges whose source has delivered nothing yet: a day before everything."""


def alert_id(rule_id: str, customer_id: UUID, channel: str, began: UUID) -> UUID:
    """The same rule, customer, channel and beginning are the same alert, whoever computes it and whenever."""
    return uuid5(ALERTS, f"{rule_id}/{customer_id}/{channel}/{began}")


def stream_of(alert: UUID) -> str:
    return f"alert-{alert}"


class Saying(NamedTuple):
    """An event of an alert that the data make. `opens`: the alert's stream begins with it."""

    event: AlertEvent
    event_id: UUID
    at: datetime
    opens: bool


class Moment(NamedTuple):
    """When and why a customer is judged: an item of the sequence (its event id) or a timer (None).

    `group_id` is shared by alerts that one control item opens together.
    """

    at: datetime
    cause: UUID | None
    group_id: UUID | None = None


class Outlook(NamedTuple):
    """`next_on`: the next day on which to judge if nothing happens, no later than the first on which anything may be said.
    `waiting`: a delivery of facts is waited for. `quiet_since`: the line of silence that was passed."""

    next_on: date | None
    waiting: bool
    quiet_since: date | None


class Judged(NamedTuple):
    """`outlook` solves for what lies ahead if nothing happens, the next day being later than the day of judging. That is dear,
    and not needed of a customer who is judged again on the same day."""

    customer: WatchedCustomer
    sayings: Sequence[Saying]
    outlook: Callable[[], Outlook]


def judge(customer: WatchedCustomer, terms: Terms, moment: Moment, rules: Sequence[Rule] = ALL_RULES) -> Judged:
    """Judge one customer by these rules. Completeness holds back openings and worsenings; facts alone recover."""
    today = business_day(moment.at, terms.zone)
    starts = next_start(terms, today)
    terms = terms_for(terms, customer, today)
    watches = dict(customer.watches)
    watching = {key.partition("/")[0] for key in watches}
    said: list[Saying] = []
    ahead: list[Callable[[], date | None]] = []
    calm_on: list[date] = []
    quiet_since: Callable[[], date | None] | None = None
    waiting = False
    for rule in rules:
        on = day_known(rule, customer, terms, today) if terms.awaited and rule.waits_for else today
        if on <= NOTHING_KNOWN and rule.id not in watching:
            # Nothing can be raised, and the delivery judges again: what a long import costs depends on this.
            waiting = True
            continue
        raising = rule.judge(customer, terms, today, on)
        if rule.id in watching:
            signs = raising if on == today else rule.judge(customer, terms, today, today)
            calm_on += _recover(rule, customer, terms, today, signs, watches, moment, said)
        for sign in raising:
            quiet_since = sign.quiet_since or quiet_since
            key = watch_key(rule.id, sign.channel)
            watch = watches.get(key, Watch())
            if rank(sign.level) > rank(None if watch.open is None else watch.open.level):
                watches[key] = _raise(rule, customer, terms, sign, watch, moment, said)
            ahead.append(sign.changes_on)
    if said or watches != customer.watches:
        customer = msgspec.structs.replace(customer, watches=watches)

    def outlook() -> Outlook:
        pending = [day for changes_on in ahead if (day := changes_on()) is not None]
        later = [day for day in pending if day > today]
        days = later + calm_on + ([] if starts is None else [starts])
        since = None if quiet_since is None else quiet_since()
        return Outlook(min(days, default=None), waiting or len(later) < len(pending), since)

    return Judged(customer, said, outlook)


def day_known(rule: Rule, customer: WatchedCustomer, terms: Terms, today: date) -> date:
    """Today, or the day behind the last one through which all that the rule waits for has been delivered."""
    asked = rule.waits_for, customer.sales_sources
    if asked in terms.horizons:
        horizon = terms.horizons[asked]
    else:
        horizon = terms.horizons[asked] = complete_through(terms.awaited, *asked)
    return today if horizon is None or horizon >= today else horizon + ONE_DAY


def _recover(
    rule: Rule,
    customer: WatchedCustomer,
    terms: Terms,
    today: date,
    signs: tuple[Sign, ...],
    watches: dict[str, Watch],
    moment: Moment,
    said: list[Saying],
) -> list[date]:
    """End spells that are over, and note since when others are calm; the days on which calm spells will have ended."""
    by_channel = {sign.channel: sign for sign in signs}
    calm_days = rule.calm_days(terms.parameters[rule.id])
    found: list[date] = []
    for key in [key for key in watches if key.startswith(f"{rule.id}/")]:
        watch = watches[key]
        spell = watch.open
        if spell is None:
            continue
        sign = by_channel.get(key.partition("/")[2])
        below_since = None
        if sign is None or sign.over or (rule.one_beginning and sign.began != spell.began):
            watches[key] = _end(rule, customer, key, watch, spell, _over(rule, customer, today), today, moment, said)
            continue
        if sign.level is None and calm_days is not None:
            below_since = spell.below_since or today
            ends_on = below_since + timedelta(days=calm_days)
            if ends_on <= today:
                watches[key] = _end(rule, customer, key, watch, spell, _calm(below_since, calm_days), today, moment, said)
                continue
            found.append(ends_on)
        if below_since != spell.below_since:
            watches[key] = Watch(msgspec.structs.replace(spell, below_since=below_since), watch.recovered)
    return found


def _end(
    rule: Rule,
    customer: WatchedCustomer,
    key: str,
    watch: Watch,
    spell: Spell,
    reason: Reason,
    today: date,
    moment: Moment,
    said: list[Saying],
) -> Watch:
    event = AlertRecovered(
        alert_id=spell.alert_id,
        customer_id=customer.customer_id,
        kind=rule.kind,
        reasons=(reason,),
        true_on=today,
        evidence=() if moment.cause is None else (moment.cause,),
    )
    said.append(_saying(event, moment))
    others = tuple(one for one in watch.recovered if one != spell.alert_id)
    return Watch(None, (*others, spell.alert_id)[-RECOVERED_KEPT:])


def _raise(
    rule: Rule, customer: WatchedCustomer, terms: Terms, sign: Sign, watch: Watch, moment: Moment, said: list[Saying]
) -> Watch:
    if sign.level is None or sign.true_on is None:
        return watch
    finding = Finding(
        rule_id=rule.id,
        rule_version=terms.parameters[rule.id].version,
        level=sign.level,
        true_on=sign.true_on,
        reasons=sign.reasons(),
        evidence=sign.evidence(),
    )
    who, kind = customer.customer_id, rule.kind
    if watch.open is not None:
        worse = AlertWorsened(alert_id=watch.open.alert_id, customer_id=who, kind=kind, finding=finding)
        said.append(_saying(worse, moment))
        return Watch(msgspec.structs.replace(watch.open, level=sign.level, below_since=None), watch.recovered)
    alert = alert_id(rule.id, who, sign.channel, sign.began)
    spell = Spell(alert, sign.began, sign.level)
    if alert in watch.recovered:
        said.append(_saying(AlertReopened(alert_id=alert, customer_id=who, kind=kind, finding=finding), moment))
        return Watch(spell, tuple(one for one in watch.recovered if one != alert))
    opened = AlertOpened(
        alert_id=alert,
        customer_id=who,
        kind=kind,
        channel=sign.channel,
        finding=finding,
        began_event_id=sign.began,
        group_id=None if moment.group_id is None else uuid5(moment.group_id, rule.id),
    )
    said.append(_saying(opened, moment))
    return Watch(spell, watch.recovered)


def saying_id(event: AlertEvent, at: datetime, cause: UUID | None) -> UUID:
    """The same thing said of the same alert at the same moment for the same cause is the same event."""
    return uuid5(event.alert_id, f"{event.type}/{at.isoformat()}/{cause}")


def _saying(event: AlertEvent, moment: Moment) -> Saying:
    return Saying(event, saying_id(event, moment.at, moment.cause), moment.at, isinstance(event, AlertOpened))


def _over(rule: Rule, customer: WatchedCustomer, today: date) -> Reason:
    if rule.ended is not None:
        return rule.ended(customer, today)
    sentence = f"On {today} nothing is left that the rule could judge."
    return Reason(code="NOTHING_TO_JUDGE", sentence=sentence, figures={"as_of": today.isoformat()})


def _calm(below_since: date, calm_days: int) -> Reason:
    figures: dict[str, str | int] = {"below_since": below_since.isoformat(), "calm_days": calm_days}
    return Reason(code="CALM", sentence=f"Below the line since {below_since}, for {calm_days} days.", figures=figures)
