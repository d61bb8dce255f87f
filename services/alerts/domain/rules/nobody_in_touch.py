"""Nobody has been in touch for longer than fits, with a customer that still buys."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from services.alerts.domain.conditions import Condition, at_least, at_most
from services.alerts.domain.rhythm import Purchases, median_gap
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.silence_line import conditions, earliest_day, own_lines, silence, solve
from services.alerts.domain.silence_reasons import CONTACTS_WORDS, silence_reasons
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "nobody_in_touch"
CHANNEL = "contacts"
EARLIEST_UNITS = 2
CONTACT_DAYS = 4


def nobody_in_touch(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch at P(no contact in the next two units) >= 0.6, act at >= 0.8; a unit is the median gap, at least 30 days.

    What a contact is stands in `domain/contacts.py`. Four days of contact make a rhythm; nothing is said before two units.
    A customer that has not bought for `trading_days` is a matter of its silence and not of ours.
    """
    contacts, purchases = customer.contacts, customer.purchases
    if contacts is None or purchases is None or contacts.count < CONTACT_DAYS:
        return ()
    parameters = terms.parameters[RULE_ID]
    unit = _unit(contacts, parameters)
    first_on = earliest_day(contacts, EARLIEST_UNITS * unit)
    gone_on = purchases.last_on + timedelta(days=parameters.whole("trading_days") + 1)
    began = contacts.began
    found = None
    if first_on <= on < gone_on:
        found = silence(own_lines(contacts, terms, parameters, unit, EARLIEST_UNITS * unit, customer.agreed), on)

    def changes_on() -> date | None:
        if on >= gone_on:
            return None
        return first_on if found is None else min(found.changes_on() or gone_on, gone_on)

    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=None if found is None else found.level,
            true_on=None if found is None else found.due_on,
            over=on >= gone_on,
            changes_on=changes_on,
            reasons=lambda: _reasons(customer, contacts, purchases, terms, unit, on),
            evidence=lambda: (began,),
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Four days of contact, a purchase of late, and for each level the days of silence from which it holds."""
    contacts, purchases = customer.contacts, customer.purchases
    days, bought = 0 if contacts is None else contacts.count, 0 if purchases is None else purchases.count
    sentence = f"{days} days of contact; a rhythm of its own needs {CONTACT_DAYS}."
    enough = at_least(CHANNEL, "watch", "CONTACT_DAYS", sentence, days, CONTACT_DAYS)
    buys = at_least(CHANNEL, "watch", "PURCHASE_DAYS", f"{bought} purchase days.", bought, 1)
    if contacts is None or purchases is None or not enough.holds:
        return (enough, buys)
    parameters = terms.parameters[RULE_ID]
    unit = _unit(contacts, parameters)
    since, most = on.toordinal() - purchases.last, parameters.whole("trading_days")
    trades = at_most(CHANNEL, "watch", "DAYS_SINCE_PURCHASE", f"Bought last on {purchases.last_on}.", since, most)
    found = solve(own_lines(contacts, terms, parameters, unit, EARLIEST_UNITS * unit, customer.agreed), date.max)
    first_on = earliest_day(contacts, EARLIEST_UNITS * unit)
    return (enough, buys, trades, *conditions(CHANNEL, contacts, found, first_on, on))


def _unit(contacts: Purchases, parameters: Parameters) -> float:
    return max(parameters.number("unit_days"), median_gap(contacts) or 0.0)


def _reasons(
    customer: WatchedCustomer, contacts: Purchases, purchases: Purchases, terms: Terms, unit: float, on: date
) -> tuple[Reason, ...]:
    forward = terms.parameters[RULE_ID].number("forward_units") * unit
    bought_on = purchases.last_on.isoformat()
    buys = Reason(code="BUYS", sentence=f"Bought last on {bought_on}.", figures={"last_purchase_on": bought_on})
    return (*silence_reasons(CONTACTS_WORDS, contacts, terms, forward, on, customer.agreed), buys)


def _ended(customer: WatchedCustomer, on: date) -> Reason:
    touched_on = "" if customer.contacts is None else customer.contacts.last_on.isoformat()
    return Reason(
        code="CONTACT_OVER",
        sentence=f"On {on} there is no silence of a customer that buys any more; the last contact was on {touched_on}.",
        figures={"as_of": on.isoformat(), "last_contact_on": touched_on},
    )


NOBODY_IN_TOUCH = Rule(
    id=RULE_ID,
    kind="silence",
    title="Nobody has been in touch for longer than usual",
    waits_for=(),
    defaults={
        "watch": Decimal("0.6"),
        "act": Decimal("0.8"),
        "unit_days": Decimal(30),
        "forward_units": Decimal(2),
        "trading_days": Decimal(365),
        "grace_days": Decimal(30),
    },
    judge=nobody_in_touch,
    one_beginning=True,
    ended=_ended,
    why_not=why_not,
)
