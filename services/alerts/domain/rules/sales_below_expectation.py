"""A customer buys less than the company expects of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.expectations import Expected, expectation_in
from services.alerts.domain.figures import amount_text, percent
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.turnover import first_day, month_of, sums
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "sales_below_expectation"
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


class _Compared(NamedTuple):
    """The last whole months: what was expected and sold, and the share that is missing. `latest`: the expectation of the last."""

    latest: Expected
    expected: Decimal
    sold: Decimal
    missing: Decimal


def sales_below_expectation(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """The last three whole months, all of them with an expectation: net sales 20 % below it (watch) or 40 % (act).

    Judged at the turn of each month, in the currency of the expectation. A share of the company's sales that is expected is
    compared where it was set, in classification: no customer alone knows what all others bought.
    """
    if not customer.expected:
        return ()
    parameters = terms.parameters[RULE_ID]
    return tuple(_sign(customer, currency, entries, parameters, on) for currency, entries in sorted(customer.expected.items()))


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """By currency: an expectation of all months compared, and for each level the share that is missing."""
    parameters, found = terms.parameters[RULE_ID], list[Condition]()
    for currency, entries in sorted(customer.expected.items()):
        compared = _compared(customer, currency, entries, parameters, on)
        months = parameters.whole("months")
        sentence = f"An expectation of each of the last {months} whole months."
        found.append(at_least(currency, "watch", "MONTHS_EXPECTED", sentence, int(compared is not None), 1))
        if compared is not None:
            sentence = f"{amount_text(compared.sold, currency)} of {amount_text(compared.expected, currency)} that were expected."
            found += [
                at_least(currency, level, "SHARE_MISSING", sentence, compared.missing, parameters.values[level])
                for level in _RULE_LEVELS
            ]
    return tuple(found) or (at_least(ALL, "watch", "EXPECTATION", "Nothing is expected of this customer.", 0, 1),)


def _compared(
    customer: WatchedCustomer, currency: str, entries: tuple[Expected, ...], parameters: Parameters, on: date
) -> _Compared | None:
    last, months = month_of(on) - 1, parameters.whole("months")
    found = [expectation_in(entries, number) for number in range(last - months + 1, last + 1)]
    amounts = [one.monthly for one in found if one is not None and one.monthly is not None]
    latest, total = found[-1], sum(amounts, Decimal(0))
    if latest is None or len(amounts) < months or total <= 0:
        return None
    sold, _ = sums(customer.turnover.get(currency, ()), last - months + 1, last)
    return _Compared(latest, total, sold, 1 - sold / total)


def _sign(customer: WatchedCustomer, currency: str, entries: tuple[Expected, ...], parameters: Parameters, on: date) -> Sign:
    compared = _compared(customer, currency, entries, parameters, on)
    level = None
    if compared is not None:
        level = next((one for one in reversed(_RULE_LEVELS) if compared.missing >= parameters.values[one]), None)
    began = entries[-1].event_id if compared is None else compared.latest.event_id
    goes_on = compared is not None or entries[-1].monthly is not None

    def reasons() -> tuple[Reason, ...]:
        return () if compared is None else (_reason(compared, currency, parameters, on),)

    return Sign(
        channel=currency,
        began=began,
        level=level,
        true_on=None if level is None else first_day(month_of(on)),
        over=compared is None,
        changes_on=lambda: first_day(month_of(on) + 1) if goes_on else None,
        reasons=reasons,
        evidence=lambda: (began,),
    )


def _reason(compared: _Compared, currency: str, parameters: Parameters, on: date) -> Reason:
    months = parameters.whole("months")
    sold, wanted = amount_text(compared.sold, currency), amount_text(compared.expected, currency)
    return Reason(
        code="BELOW_EXPECTATION",
        sentence=f"Net sales of the last {months} months {sold}, expected {wanted}: {percent(float(compared.missing))} are missing.",
        figures={
            "sold": str(compared.sold),
            "expected": str(compared.expected),
            "share_missing": f"{compared.missing:.4f}",
            "currency": currency,
            "months": months,
            "months_through": first_day(month_of(on) - 1).isoformat()[:7],
        },
    )


def _ended(_customer: WatchedCustomer, on: date) -> Reason:
    sentence = f"On {on} nothing is expected of all months compared."
    return Reason(code="NOTHING_EXPECTED", sentence=sentence, figures={"as_of": on.isoformat()})


SALES_BELOW_EXPECTATION = Rule(
    id=RULE_ID,
    kind="sales",
    title="Buys less than is expected of it",
    waits_for=("sales",),
    defaults={"watch": Decimal("0.2"), "act": Decimal("0.4"), "months": Decimal(3), "calm_days": Decimal(30)},
    judge=sales_below_expectation,
    ended=_ended,
    why_not=why_not,
)
