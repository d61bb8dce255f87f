"""A customer complains more often than it and the company's customers usually do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.conditions import Condition, at_least
from services.alerts.domain.figures import decimal_text
from services.alerts.domain.grievances import Grievance, improbability, within
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "complaint_burst"
CHANNEL = "complaints"
YEAR = 365.25
COMPANY_YEARS = 1.0
"""How many years of the customer's own the company's usual rate is worth."""
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


class _Burst(NamedTuple):
    """`latest`: the complaints of the window; `expected`: how many are usual in one; `digits`: how improbable so many are."""

    latest: list[Grievance]
    before: int
    a_year: float
    expected: float
    digits: float


def complaint_burst(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Three complaints or more in thirty days, so many being less probable than 1 in 100 (watch: two digits) or 1 in 100,000
    (act: five), by a Poisson law at the usual rate: the customer's own before the window, to which the company's usual
    rate (`usual_a_year`, published) is added as one year's experience."""
    if not customer.grievances.latest:
        return ()
    parameters = terms.parameters[RULE_ID]
    found = _burst(customer, parameters, on)
    level = None
    if len(found.latest) >= parameters.whole("complaints"):
        level = next((one for one in reversed(_RULE_LEVELS) if found.digits >= parameters.number(one)), None)
    first = found.latest[0] if found.latest else customer.grievances.latest[-1]
    leaves_on = date.fromordinal(first.day) + timedelta(days=parameters.whole("within_days"))
    return (
        Sign(
            channel=CHANNEL,
            began=first.event_id,
            level=level,
            true_on=None if level is None else date.fromordinal(found.latest[-1].day),
            over=False,
            changes_on=lambda: None if level is None else leaves_on,
            reasons=lambda: (_reason(found, parameters, on),),
            evidence=lambda: tuple(one.event_id for one in found.latest),
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """Complaints in the window, and for each level how improbable so many are."""
    parameters = terms.parameters[RULE_ID]
    found = _burst(customer, parameters, on)
    count, days = len(found.latest), parameters.whole("within_days")
    sentence = f"{count} complaints in {days} days, {decimal_text(found.expected, 2)} are usual."
    enough = at_least(CHANNEL, "watch", "COMPLAINTS", sentence, count, parameters.whole("complaints"))
    return (
        enough,
        *(at_least(CHANNEL, one, "IMPROBABILITY", sentence, found.digits, parameters.number(one)) for one in _RULE_LEVELS),
    )


def _burst(customer: WatchedCustomer, parameters: Parameters, on: date) -> _Burst:
    grievances, days = customer.grievances, parameters.whole("within_days")
    latest = within(grievances, on, days)
    begins = on.toordinal() - days
    before = grievances.older + sum(one.day <= begins for one in grievances.latest)
    known = [one.day for one in grievances.latest[:1]]
    if customer.purchases is not None:
        known.append(customer.purchases.first)
    years = max(begins - min(known, default=begins), 0) / YEAR
    a_year = (before + COMPANY_YEARS * parameters.number("usual_a_year")) / (years + COMPANY_YEARS)
    expected = a_year * days / YEAR
    return _Burst(latest, before, a_year, expected, improbability(len(latest), expected))


def _reason(found: _Burst, parameters: Parameters, on: date) -> Reason:
    count, days = len(found.latest), parameters.whole("within_days")
    return Reason(
        code="MORE_COMPLAINTS_THAN_USUAL",
        sentence=f"{count} complaints in {days} days, {decimal_text(found.a_year, 1)} a year are usual: less probable than 1 in 10 to the power of {int(found.digits)}.",
        figures={
            "complaints": count,
            "within_days": days,
            "complaints_before": found.before,
            "usual_a_year": decimal_text(found.a_year, 2),
            "expected": decimal_text(found.expected, 4),
            "improbability_digits": decimal_text(found.digits, 2),
            "as_of": on.isoformat(),
        },
    )


COMPLAINT_BURST = Rule(
    id=RULE_ID,
    kind="complaints",
    title="Complains more often than usual",
    waits_for=(),
    defaults={
        "watch": Decimal(2),
        "act": Decimal(5),
        "complaints": Decimal(3),
        "within_days": Decimal(30),
        "usual_a_year": Decimal(1),
        "calm_days": Decimal(30),
    },
    judge=complaint_burst,
    why_not=why_not,
)
