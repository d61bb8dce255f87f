"""Sales rise while collections lag behind: growing into debt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.collected_share import MONTHS, collected_share, compared_months, fell_due_of, first_month
from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.figures import amount_text, percent
from services.alerts.domain.signs import Parameters, Rule, Sign, Terms
from services.alerts.domain.turnover import Month, first_day, month_of
from services.alerts.domain.undisputed import dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "sales_ahead_of_collections"
LEAST = Decimal("0.01")
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


def sales_ahead_of_collections(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Compares the last three whole months with the three before: sales grew by a quarter or more, and the collected share
    of what fell due sank by 15 points (watch) or 30 (act).

    What fell due is what was sold, and what was open and not yet due before these months, less what is so after them: with
    growth more is always not due yet, and nothing of it is late. What is due and in dispute counts as collected. Who has
    not been trading for all six months has not grown yet.
    """
    found = []
    for currency, months in sorted(customer.turnover.items()):
        if currency in customer.moved_by:
            found.append(_sign(customer, currency, months, terms, today, on))
    return tuple(found)


def _sign(customer: WatchedCustomer, currency: str, months: tuple[Month, ...], terms: Terms, today: date, on: date) -> Sign:
    parameters = terms.parameters[RULE_ID]
    last = month_of(on) - 1
    found = compared_months(months, on)
    sold, sold_before, collected, collected_before, growth = found
    level, in_dispute = None, Decimal(0)
    share = share_before = fell_due = fell_due_before = Decimal(0)
    if growth is not None and months[0].number <= first_month(on) and growth >= parameters.values["growth"]:
        fell_due, fell_due_before, in_dispute = fell_due_of(customer, currency, found, today, on)
        share, share_before = (
            collected_share(collected + in_dispute, fell_due),
            collected_share(collected_before, fell_due_before),
        )
        level = next((level for level in reversed(_RULE_LEVELS) if share_before - share >= parameters.values[level]), None)

    def changes_on() -> date | None:
        # Judged at the turn of the month, while the months compared still hold anything.
        return first_day(month_of(on) + 1) if months[-1].number >= month_of(on) - 2 * MONTHS else None

    def reasons() -> tuple[Reason, ...]:
        return (
            Reason(
                code="SALES_ROSE",
                sentence=f"Sales of the last three months {amount_text(sold, currency)}, {percent(float(growth or 0))} more than in the three before.",
                figures={
                    "sold": str(sold),
                    "sold_before": str(sold_before),
                    "growth": f"{growth or 0:.4f}",
                    "currency": currency,
                    "months_through": first_day(last).isoformat()[:7],
                },
            ),
            Reason(
                code="COLLECTIONS_LAG",
                sentence=f"{percent(float(share))} of what fell due was collected, against {percent(float(share_before))} before.",
                figures={
                    "fell_due": str(fell_due),
                    "fell_due_before": str(fell_due_before),
                    "collected": str(collected),
                    "collected_before": str(collected_before),
                    "collected_share": f"{share:.4f}",
                    "collected_share_before": f"{share_before:.4f}",
                },
            ),
            *dispute_reason(in_dispute, currency),
        )

    def evidence() -> tuple[UUID, ...]:
        return (customer.moved_by[currency],)

    return Sign(
        channel=currency,
        began=customer.moved_by[currency],
        level=level,
        true_on=None if level is None else first_day(month_of(on)),
        over=False,
        changes_on=changes_on,
        reasons=reasons,
        evidence=evidence,
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """By currency: six months of trade, growth, and for each level how far the collected share sank."""
    parameters, found = terms.parameters[RULE_ID], list[Condition]()
    for currency, months in sorted(customer.turnover.items()):
        if currency in customer.moved_by:
            found += _conditions(customer, currency, months, parameters, today, on)
    return tuple(found) or (at_least(ALL, "watch", "LEDGER", "No sales with a ledger in the same currency.", 0, 1),)


def _conditions(
    customer: WatchedCustomer, currency: str, months: tuple[Month, ...], parameters: Parameters, today: date, on: date
) -> list[Condition]:
    compared = compared_months(months, on)
    traded = month_of(on) - months[0].number
    found = [
        at_least(currency, "watch", "WHOLE_MONTHS", f"Has been trading for {traded} whole months.", traded, 2 * MONTHS),
        at_least(currency, "watch", "SOLD", "Sales of the last three months.", compared.sold, LEAST),
        at_least(currency, "watch", "SOLD_BEFORE", "Sales of the three months before.", compared.sold_before, LEAST),
        at_least(
            currency, "watch", "COLLECTED_BEFORE", "Collected in the three months before.", compared.collected_before, LEAST
        ),
    ]
    if compared.growth is None:
        return found
    growth, line = compared.growth, parameters.values["growth"]
    sentence = f"Sales of the last three months grew by {percent(float(growth))} against the three before."
    found.append(at_least(currency, "watch", "GROWTH", sentence, growth, line))
    fell_due, fell_due_before, in_dispute = fell_due_of(customer, currency, compared, today, on)
    share = collected_share(compared.collected + in_dispute, fell_due)
    share_before = collected_share(compared.collected_before, fell_due_before)
    sentence = f"{percent(float(share))} of what fell due was collected, against {percent(float(share_before))} before."
    sank = share_before - share
    return found + [at_least(currency, level, "SHARE_SANK", sentence, sank, parameters.values[level]) for level in _RULE_LEVELS]


SALES_AHEAD_OF_COLLECTIONS = Rule(
    id=RULE_ID,
    kind="credit",
    title="Sales rise while collections lag",
    waits_for=("sales", "payments"),
    defaults={"growth": Decimal("0.25"), "watch": Decimal("0.15"), "act": Decimal("0.3"), "calm_days": Decimal(30)},
    judge=sales_ahead_of_collections,
    why_not=why_not,
)
