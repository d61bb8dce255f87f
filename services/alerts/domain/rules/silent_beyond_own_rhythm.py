"""A customer with a rhythm of its own has not bought for so long that it will probably stay away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.agreements import reason_of_pause
from services.alerts.domain.conditions import Condition, at_least
from services.alerts.domain.figures import amount_text
from services.alerts.domain.rhythm import Purchases, median_gap
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.silence_line import Lines, conditions, earliest_day, own_lines, silence, solve
from services.alerts.domain.silence_reasons import ORDERS_WORDS, silence_reasons
from services.alerts.domain.turnover import month_of, sums
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "silent_beyond_own_rhythm"
CHANNEL = "purchases"
EARLIEST_DAYS = 7
ORDERS = 3


def silent_beyond_own_rhythm(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch at P(no purchase in the next two units) >= 0.6, act at >= 0.8; a unit is the own median gap, at least 14 days.

    Until the company's own population is known, three units of silence are watched in any case. A pause that the customer
    made at the same time of an earlier year is waited for. Three purchase days make a rhythm.
    """
    purchases = customer.purchases
    if purchases is None or purchases.count < ORDERS:
        return ()
    parameters = terms.parameters[RULE_ID]
    gap = median_gap(purchases) or 0.0
    unit = max(parameters.number("unit_days"), gap)
    first_on = earliest_day(purchases, max(EARLIEST_DAYS, gap))
    began = purchases.began

    found = None
    if on >= first_on:
        found = silence(_lines(customer, purchases, terms, parameters, gap, unit), on)

    def evidence() -> tuple[UUID, ...]:
        return (began,)

    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=None if found is None else found.level,
            true_on=None if found is None else found.due_on,
            over=found is not None and found.level is None and reason_of_pause(customer.agreed, purchases.last, on) is not None,
            changes_on=(lambda: first_on) if found is None else found.changes_on,
            reasons=lambda: _reasons(customer, purchases, terms, unit, on),
            evidence=evidence,
            quiet_since=None if found is None else found.since,
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Three purchase days, and for each level the days of silence from which it holds."""
    purchases = customer.purchases
    count = 0 if purchases is None else purchases.count
    enough = at_least(
        CHANNEL, "watch", "PURCHASE_DAYS", f"{count} purchase days; a rhythm of its own needs {ORDERS}.", count, ORDERS
    )
    if purchases is None or not enough.holds:
        return (enough,)
    parameters = terms.parameters[RULE_ID]
    gap = median_gap(purchases) or 0.0
    unit = max(parameters.number("unit_days"), gap)
    found = solve(_lines(customer, purchases, terms, parameters, gap, unit), date.max)
    return (enough, *conditions(CHANNEL, purchases, found, earliest_day(purchases, max(EARLIEST_DAYS, gap)), on))


def _lines(
    customer: WatchedCustomer, purchases: Purchases, terms: Terms, parameters: Parameters, gap: float, unit: float
) -> Lines:
    floor = round(parameters.number("floor_units") * unit) if terms.population_version == 0 else 0
    earliest = max(EARLIEST_DAYS, gap)
    return own_lines(purchases, terms, parameters, unit, earliest, customer.agreed, floor_days=floor, orders=True)


def _reasons(customer: WatchedCustomer, purchases: Purchases, terms: Terms, unit: float, on: date) -> tuple[Reason, ...]:
    forward = terms.parameters[RULE_ID].number("forward_units") * unit
    return (
        *silence_reasons(ORDERS_WORDS, purchases, terms, forward, on, customer.agreed),
        *at_stake(customer, purchases.last_on),
    )


def bought_again(customer: WatchedCustomer, on: date) -> Reason:
    """Why a silence of orders is over: what was agreed since, or else a purchase."""
    purchases = customer.purchases
    if purchases is None:
        return Reason(code="BOUGHT_AGAIN", sentence="Bought again.", figures={})
    agreed = reason_of_pause(customer.agreed, purchases.last, on)
    if agreed is not None and (on - purchases.last_on).days >= EARLIEST_DAYS:
        return Reason(code=agreed[0], sentence=agreed[1], figures=agreed[2])
    bought_on = purchases.last_on.isoformat()
    return Reason(code="BOUGHT_AGAIN", sentence=f"Bought again on {bought_on}.", figures={"last_purchase_on": bought_on})


def at_stake(customer: WatchedCustomer, last_on: date) -> tuple[Reason, ...]:
    """What the customer bought a month, in the twelve months up to its last purchase."""
    found, last = [], month_of(last_on)
    for currency, months in sorted(customer.turnover.items()):
        sold, _ = sums(months, last - 11, last)
        span = last - max(months[0].number, last - 11) + 1
        if sold > 0:
            monthly = (sold / span).quantize(Decimal("0.01"))
            figures: dict[str, str | int] = {"monthly_sales": str(monthly), "currency": currency, "months": span}
            sentence = f"At stake: {amount_text(monthly, currency)} a month (mean of {span} months)."
            found.append(Reason(code="AT_STAKE", sentence=sentence, figures=figures))
    return tuple(found)


SILENT_BEYOND_OWN_RHYTHM = Rule(
    id=RULE_ID,
    kind="silence",
    title="Silent for longer than fits the customer's own rhythm",
    waits_for=("sales",),
    defaults={
        "watch": Decimal("0.6"),
        "act": Decimal("0.8"),
        "unit_days": Decimal(14),
        "forward_units": Decimal(2),
        "floor_units": Decimal(3),
        "grace_days": Decimal(30),
    },
    judge=silent_beyond_own_rhythm,
    why_not=why_not,
    one_beginning=True,
    ended=bought_again,
)
