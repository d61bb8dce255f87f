"""A customer with a rhythm of its own has not bought for so long that it will probably stay away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from statistics import median, quantiles
from uuid import UUID

from services.alerts.domain.conditions import Condition, at_least
from services.alerts.domain.figures import amount_text, days_text, decimal_text, percent
from services.alerts.domain.rhythm import Purchases, gaps, known_pause, median_gap, rhythm
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.silence_line import Line, conditions, earliest_day, lines, next_change, reached, silent_days_until
from services.alerts.domain.silence_score import Rhythm, stays_away
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

    line, since, all_lines = None, None, list[Line]()
    if on >= first_on:
        all_lines = _lines(purchases, terms, parameters, gap, unit, on)
        line = reached(all_lines, on)
        since = all_lines[0].due_on if all_lines and all_lines[0].due_on <= on else None

    def evidence() -> tuple[UUID, ...]:
        return (began,)

    return (
        Sign(
            channel=CHANNEL,
            began=began,
            level=None if line is None else line.level,
            true_on=None if line is None else line.due_on,
            over=False,
            changes_on=lambda: first_on if on < first_on else next_change(all_lines, on),
            reasons=lambda: _reasons(customer, purchases, terms, unit, on),
            evidence=evidence,
            quiet_since=since,
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
    # With the last day that there is, no line lies ahead of it: all of them are solved.
    found = _lines(purchases, terms, parameters, gap, unit, date.max)
    return (enough, *conditions(CHANNEL, purchases, found, earliest_day(purchases, max(EARLIEST_DAYS, gap)), on))


def _lines(purchases: Purchases, terms: Terms, parameters: Parameters, gap: float, unit: float, on: date) -> list[Line]:
    own = rhythm(purchases)
    forward, earliest = parameters.number("forward_units") * unit, max(EARLIEST_DAYS, gap)
    pause = known_pause(purchases)

    def waited_for(days: int | None, units: int) -> int | None:
        return days if days is None or pause is None else max(days, pause[1] - purchases.last + round(units * unit))

    def watch() -> int | None:
        days = silent_days_until(own, terms.population, forward, parameters.number("watch"), earliest)
        floor = round(parameters.number("floor_units") * unit)
        if terms.population_version == 0 and floor > 0:
            days = floor if days is None else min(days, floor)
        return waited_for(days, 1)

    def act() -> int | None:
        return waited_for(silent_days_until(own, terms.population, forward, parameters.number("act"), earliest), 2)

    return lines(purchases, terms, parameters.whole("grace_days"), on, (("watch", watch), ("act", act)))


def _reasons(customer: WatchedCustomer, purchases: Purchases, terms: Terms, unit: float, on: date) -> tuple[Reason, ...]:
    own = gaps(purchases)
    middle, silent = median(own), on.toordinal() - purchases.last
    low, _, high = quantiles(own, n=4, method="inclusive") if len(own) > 1 else (middle, middle, middle)
    forward = terms.parameters[RULE_ID].number("forward_units") * unit
    chance = stays_away(rhythm(purchases), terms.population, forward)(silent)
    typical = stays_away(Rhythm(0, 0, 0.0, 0.0, 0.0), terms.population, forward)(silent)
    found = [
        Reason(
            code="OWN_RHYTHM",
            sentence=f"Buys every {days_text(middle)} (median of {len(own)} gaps, middle half {decimal_text(low, 1)} to {decimal_text(high, 1)}).",
            figures={
                "median_gap_days": decimal_text(middle, 1),
                "gaps": len(own),
                "lower_quartile_days": decimal_text(low, 1),
                "upper_quartile_days": decimal_text(high, 1),
            },
        ),
        Reason(
            code="SILENT_DAYS",
            sentence=f"Silent for {days_text(silent)} since {purchases.last_on} = {decimal_text(silent / middle, 1)} x; longest pause of these so far {days_text(max(own))}.",
            figures={
                "silent_days": silent,
                "last_purchase_on": purchases.last_on.isoformat(),
                "as_of": on.isoformat(),
                "times_own_gap": decimal_text(silent / middle, 1),
                "longest_gap_days": max(own),
            },
        ),
        Reason(
            code="CHANCE_OF_NO_ORDER",
            sentence=f"Chance of no order within the next {days_text(round(forward))}: {percent(chance)} (a customer of whom nothing is known: {percent(typical)}).",
            figures={
                "forward_days": round(forward),
                "probability": decimal_text(chance, 4),
                "typical_probability": decimal_text(typical, 4),
                "population_version": terms.population_version,
            },
        ),
    ]
    pause = known_pause(purchases)
    if pause is not None:
        back = date.fromordinal(pause[1])
        sentence = f"Made the same pause in an earlier year; it would have been back by {back}."
        found.append(Reason(code="KNOWN_PAUSE_OVER", sentence=sentence, figures={"back_by": back.isoformat()}))
    return (*found, *at_stake(customer, purchases.last_on))


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
)
