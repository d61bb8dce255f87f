"""The next order of a new customer is overdue against how new customers usually go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from services.alerts.domain.agreements import NOTHING_AGREED, closed_days, postponed, reason_of_pause
from services.alerts.domain.conditions import Condition, at_least, at_most
from services.alerts.domain.figures import days_text, decimal_text, percent
from services.alerts.domain.rhythm import Purchases, rhythm
from services.alerts.domain.rules.silent_beyond_own_rhythm import CHANNEL, EARLIEST_DAYS, ORDERS, at_stake, bought_again
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.silence_line import Lines, conditions, earliest_day, known_since, remembered, silence, solve
from services.alerts.domain.silence_score import Population, Rhythm, stays_away
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason

RULE_ID = "new_customer_quiet"


def new_customer_quiet(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """For customers with one or two purchase days, scored from the population; those who never bought are left out."""
    purchases = customer.purchases
    if purchases is None or purchases.count >= ORDERS:
        return ()
    parameters = terms.parameters[RULE_ID]
    unit = max(parameters.number("unit_days"), terms.population.typical_gap)
    first_on = earliest_day(purchases, EARLIEST_DAYS)
    began = purchases.began

    found = None
    if on >= first_on:
        found = silence(_lines(customer, purchases, terms, parameters, unit), on)

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
    """One or two purchase days, and for each level the days of silence from which it holds."""
    purchases = customer.purchases
    count = 0 if purchases is None else purchases.count
    asked = (
        at_least(CHANNEL, "watch", "PURCHASE_DAYS", f"{count} purchase days; a first one is needed.", count, 1),
        at_most(CHANNEL, "watch", "STILL_NEW", f"{count} purchase days; from {ORDERS} on it has a rhythm.", count, ORDERS - 1),
    )
    if purchases is None or purchases.count >= ORDERS:
        return asked
    parameters = terms.parameters[RULE_ID]
    unit = max(parameters.number("unit_days"), terms.population.typical_gap)
    found = solve(_lines(customer, purchases, terms, parameters, unit), date.max)
    return (*asked, *conditions(CHANNEL, purchases, found, earliest_day(purchases, EARLIEST_DAYS), on))


def _lines(customer: WatchedCustomer, purchases: Purchases, terms: Terms, parameters: Parameters, unit: float) -> Lines:
    forward = parameters.number("forward_units") * unit

    def moved(days: int, level: int) -> int:
        return postponed(customer.agreed, purchases.last, days, level, orders=True)

    return Lines(
        last=purchases.last,
        chance=_chance(rhythm(purchases, terms.population), terms.population, forward),
        forward=forward,
        earliest=EARLIEST_DAYS,
        watch=parameters.number("watch"),
        act=parameters.number("act"),
        floor_days=0,
        moved=None if customer.agreed == NOTHING_AGREED else moved,
        known=known_since(purchases, terms),
        grace_days=parameters.whole("grace_days"),
        ahead=True,
    )


@lru_cache(maxsize=1000)
def _chance(own: Rhythm, population: Population, forward: float) -> Callable[[float], float]:
    # Customers without a rhythm of their own are alike but for one gap.
    return remembered(stays_away(own, population, forward))


def _reasons(customer: WatchedCustomer, purchases: Purchases, terms: Terms, unit: float, on: date) -> tuple[Reason, ...]:
    silent, usual = on.toordinal() - purchases.last, terms.population.typical_gap
    forward = terms.parameters[RULE_ID].number("forward_units") * unit
    closed = closed_days(customer.agreed.closures, purchases.last, on.toordinal())
    chance = stays_away(rhythm(purchases, terms.population), terms.population, forward)(silent - closed)
    which = "First order" if purchases.count == 1 else "Second order"
    return (
        Reason(
            code="NEW_CUSTOMER_SILENT_DAYS",
            sentence=f"{which} on {purchases.last_on}, none in the {days_text(silent)} since.",
            figures={
                "orders": purchases.count,
                "silent_days": silent,
                "last_purchase_on": purchases.last_on.isoformat(),
                "as_of": on.isoformat(),
            },
        ),
        Reason(
            code="NEW_CUSTOMERS_GO_ON",
            sentence=f"New customers usually order again within {days_text(round(usual))}; chance of no order within the next {days_text(round(forward))}: {percent(chance)}.",
            figures={
                "typical_gap_days": decimal_text(usual, 1),
                "forward_days": round(forward),
                "probability": decimal_text(chance, 4),
                "population_version": terms.population_version,
            },
        ),
        *at_stake(customer, purchases.last_on),
    )


NEW_CUSTOMER_QUIET = Rule(
    id=RULE_ID,
    kind="silence",
    title="A new customer has not ordered again",
    waits_for=("sales",),
    defaults={
        "watch": Decimal("0.75"),
        "act": Decimal("0.9"),
        "unit_days": Decimal(14),
        "forward_units": Decimal(2),
        "grace_days": Decimal(30),
    },
    judge=new_customer_quiet,
    why_not=why_not,
    one_beginning=True,
    ended=bought_again,
)
