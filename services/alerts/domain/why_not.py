"""Why a rule says nothing about a customer: which condition is missing and by how much, and what holds the rule back.

What holds it back is found by asking the rule again without it: whatever makes the level rise by being left out was it.
So no rule has to tell of it, and the answer cannot differ from what the rule does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from services.alerts.domain.agreements import NOTHING_AGREED, reason_of_pause
from services.alerts.domain.conditions import ALL, Condition
from services.alerts.domain.control import complete_through
from services.alerts.domain.figures import amount_text
from services.alerts.domain.judging import day_known
from services.alerts.domain.rhythm import Purchases, known_pause
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms, rank
from services.alerts.domain.watched_customer import Spell, Watch, WatchedCustomer, watch_key
from shared.contracts.alert_steps import AlertInhibited, AlertMuted, AlertUninhibited, AlertUnmuted
from shared.contracts.alerts import Level, Reason
from shared.contracts.event import Event
from shared.contracts.open_items import Claims, disputed

GRACE = "grace_days"
ENDLESS_DAYS = Decimal(10**6)
STEPS = 40
RHYTHMS = ("purchases", "payments", "contacts")
"""Rhythms of a watched customer; a silence has the name of its own for a channel."""


class Given(NamedTuple):
    """What a rule is asked with."""

    customer: WatchedCustomer
    terms: Terms
    today: date
    on: date


class Hold(NamedTuple):
    """Something that may hold a rule back: the question without it, and how it is told."""

    without: Callable[[Given], Given]
    told: Callable[[Rule, str, Given], Reason]


class WhyNot(NamedTuple):
    """The answer for one channel of a rule. `level` is what the rule says now, `spell` the open alert, if there is one.

    `held_back` says what keeps the level from being higher, `held_level` what it would be. `changes_on` is the day on which
    the level rises if nothing happens and everything is delivered; None: not within the days looked at.
    """

    channel: str
    level: Level | None
    spell: Spell | None
    conditions: Sequence[Condition]
    held_back: Sequence[Reason]
    held_level: Level | None
    changes_on: date | None


def why_not(rule: Rule, customer: WatchedCustomer, terms: Terms, today: date) -> list[WhyNot]:
    """One answer for each channel that the rule judges or would judge; at least one. `terms` are those of a live installation."""
    given = Given(customer, terms, today, day_known(rule, customer, terms, today))
    told = rule.why_not(*given)
    signs = _signs(rule, given)
    lifted = _held_back(rule, given)
    channels = sorted({*signs, *(one.channel for one in told), *lifted, *_open(rule, customer)} - {ALL}) or [ALL]
    answers = []
    for channel in channels:
        sign = signs.get(channel)
        watch = customer.watches.get(watch_key(rule.id, channel), Watch())
        held_level, reasons = lifted.get(channel, (None, ()))
        conditions = [one for one in told if one.channel in (channel, ALL)]
        level = None if sign is None else sign.level
        answers.append(
            WhyNot(channel, level, watch.open, conditions, reasons, held_level, _rises_on(rule, given, channel, level))
        )
    return answers


def alert_held(events: Iterable[Event]) -> tuple[Reason, ...]:
    """What keeps an open alert, whose events these are, from asking anybody: mutes and other alerts."""
    muted: dict[UUID, Reason] = {}
    inhibited: dict[UUID, Reason] = {}
    for event in events:
        match event:
            case AlertMuted():
                figures: dict[str, str | int] = {"mute_id": str(event.mute_id), "until": event.until.isoformat()}
                sentence = f"A mute holds it through {event.until}: {event.reason}."
                muted[event.mute_id] = Reason(code="MUTED", sentence=sentence, figures=figures)
            case AlertUnmuted():
                muted.pop(event.mute_id, None)
            case AlertInhibited():
                figures = {"by_alert_id": str(event.by_alert_id), "because": event.because}
                inhibited[event.by_alert_id] = Reason(
                    code="INHIBITED", sentence="Another alert says the same and more.", figures=figures
                )
            case AlertUninhibited():
                inhibited.pop(event.by_alert_id, None)
    return (*muted.values(), *inhibited.values())


def _signs(rule: Rule, given: Given) -> Mapping[str, Sign]:
    return {sign.channel: sign for sign in rule.judge(*given)}


def _open(rule: Rule, customer: WatchedCustomer) -> set[str]:
    return {
        key.partition("/")[2]
        for key, watch in customer.watches.items()
        if watch.open is not None and key.startswith(f"{rule.id}/")
    }


def _held_back(rule: Rule, given: Given) -> dict[str, tuple[Level, tuple[Reason, ...]]]:
    """By channel, the level that the rule would say if nothing held it back, and each thing that does."""
    base = _levels(rule, given)
    every = given
    for hold in HOLDS:
        every = hold.without(every)
    free = _levels(rule, every)
    raised = {channel: level for channel, level in free.items() if level is not None and rank(level) > rank(base.get(channel))}
    if not raised:
        return {}
    found: dict[str, list[Reason]] = {channel: [] for channel in raised}
    for hold in HOLDS:
        alone = _levels(rule, hold.without(given))
        others = given
        for other in HOLDS:
            others = others if other is hold else other.without(others)
        with_it = _levels(rule, others)
        for channel, level in raised.items():
            # It matters where it is enough to leave it out, or where leaving out all others is not.
            if rank(alone.get(channel)) > rank(base.get(channel)) or rank(with_it.get(channel)) < rank(level):
                found[channel].append(hold.told(rule, channel, given))
    return {channel: (level, tuple(found[channel])) for channel, level in raised.items()}


def _levels(rule: Rule, given: Given) -> dict[str, Level | None]:
    return {channel: sign.level for channel, sign in _signs(rule, given).items()}


def _rises_on(rule: Rule, given: Given, channel: str, level: Level | None) -> date | None:
    """The first day on which the level is higher if nothing happens: from one day on which the rule looks to the next."""
    day = given.today
    for _ in range(STEPS):
        sign = _signs(rule, Given(given.customer, given.terms, day, day)).get(channel)
        if sign is None:
            return None
        if rank(sign.level) > rank(level):
            # Today already: then it is a delivery that is waited for, not a day.
            return day if day > given.today else None
        following = sign.changes_on()
        if following is None or following <= day:
            return None
        day = following
    return None


def _delivered(given: Given) -> Given:
    return given._replace(on=given.today)


def _undelivered(rule: Rule, channel: str, given: Given) -> Reason:
    waited = [
        one for one in given.terms.awaited if complete_through([one], rule.waits_for, given.customer.sales_sources) is not None
    ]
    first = min(waited, key=lambda one: (one.through, one.source))
    return Reason(
        code="SOURCE_INCOMPLETE",
        sentence=f"Waits for {first.kind} of {first.source}, delivered through {first.through}.",
        figures={"source": first.source, "fact_kind": first.kind, "complete_through": first.through.isoformat()},
    )


def _undisputed(given: Given) -> Given:
    return given._replace(customer=msgspec.structs.replace(given.customer, claims=Claims()))


def _disputed(rule: Rule, channel: str, given: Given) -> Reason:
    found = disputed(given.customer.account, given.customer.claims, given.today)
    # Some channels are a currency, others all of them.
    amounts = {one: sum(found[one].values(), Decimal(0)) for one in ([channel] if channel in found else sorted(found))}
    figures: dict[str, str | int] = {f"disputed_{currency}": str(amount) for currency, amount in amounts.items()}
    if len(amounts) == 1:
        figures = {"disputed_amount": str(*amounts.values()), "currency": str(*amounts)}
    told = " and ".join(amount_text(amount, currency) for currency, amount in amounts.items())
    return Reason(code="DISPUTED", sentence=f"{told} is disputed by complaints and not counted.", figures=figures)


def _without_pauses(given: Given) -> Given:
    customer = given.customer
    unpaused = {
        name: msgspec.structs.replace(days, pauses=())
        for name in RHYTHMS
        for days in [getattr(customer, name)]
        if days is not None
    }
    return given._replace(customer=msgspec.structs.replace(customer, **unpaused))


def _rhythm(customer: WatchedCustomer, channel: str) -> Purchases | None:
    """The rhythm that a channel is about: its own, or else that of the orders."""
    days: Purchases | None = getattr(customer, channel if channel in RHYTHMS else "purchases")
    return days


def _paused(rule: Rule, channel: str, given: Given) -> Reason:
    days = _rhythm(given.customer, channel)
    pause = None if days is None else known_pause(days)
    if pause is None:
        return Reason(code="PAUSED", sentence="A long pause lately is no sign of its own: there was less to choose.")
    back = date.fromordinal(pause[1])
    return Reason(
        code="KNOWN_PAUSE",
        sentence=f"Made the same pause in an earlier year, and would be back by {back}.",
        figures={"back_by": back.isoformat()},
    )


def _without_agreements(given: Given) -> Given:
    return given._replace(customer=msgspec.structs.replace(given.customer, agreed=NOTHING_AGREED))


def _agreed(rule: Rule, channel: str, given: Given) -> Reason:
    days = _rhythm(given.customer, channel)
    found = None if days is None else reason_of_pause(given.customer.agreed, days.last, given.on)
    code, sentence, figures = found or ("AGREED", "A pause or a next order was agreed.", {})
    return Reason(code=code, sentence=sentence, figures=figures)


def without_grace(given: Given) -> Given:
    parameters = {
        rule_id: Parameters(one.version, {**one.values, GRACE: ENDLESS_DAYS}) if GRACE in one.values else one
        for rule_id, one in given.terms.parameters.items()
    }
    return given._replace(terms=replace(given.terms, parameters=parameters))


def _passed_by(rule: Rule, channel: str, given: Given) -> Reason:
    grace = int(given.terms.parameters[rule.id].values[GRACE])
    return Reason(
        code="PASSED_BY",
        sentence=f"Was due more than {grace} days before anybody could be warned: it stands on the dormant list instead.",
        figures={GRACE: grace, "live_on": given.terms.live_on.isoformat()},
    )


HOLDS = (
    Hold(_delivered, _undelivered),
    Hold(_undisputed, _disputed),
    Hold(_without_pauses, _paused),
    Hold(_without_agreements, _agreed),
    Hold(without_grace, _passed_by),
)
