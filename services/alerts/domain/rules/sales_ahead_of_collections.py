"""Sales rise while collections lag behind: growing into debt."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.figures import amount_text, percent
from services.alerts.domain.signs import Rule, Sign, Terms
from services.alerts.domain.turnover import Month, first_day, month_of, sums
from services.alerts.domain.undisputed import debts_of, dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Level, Reason

RULE_ID = "sales_ahead_of_collections"
MONTHS = 3
_RULE_LEVELS: tuple[Level, ...] = ("watch", "act")


def sales_ahead_of_collections(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Compares the last three whole months with the three before: sales grew by a quarter or more, and the share of
    sales that was collected fell by 15 points (watch) or 30 (act). Amounts in dispute count as collected. Who has not been
    trading for all six months has not grown yet."""
    found = []
    for currency, months in sorted(customer.turnover.items()):
        if currency in customer.moved_by:
            found.append(_sign(customer, currency, months, terms, today, on))
    return tuple(found)


def _sign(customer: WatchedCustomer, currency: str, months: tuple[Month, ...], terms: Terms, today: date, on: date) -> Sign:
    parameters = terms.parameters[RULE_ID]
    last = month_of(on) - 1
    first = last - 2 * MONTHS + 1
    sold, collected = sums(months, last - MONTHS + 1, last)
    sold_before, collected_before = sums(months, first, last - MONTHS)
    level, disputed = None, Decimal(0)
    growth = share = share_before = Decimal(0)
    if months[0].number <= first and sold > 0 and sold_before > 0 and collected_before > 0:
        growth = sold / sold_before - 1
        if growth >= parameters.values["growth"]:
            disputed = debts_of(customer, currency, today)[1]
            share, share_before = min((collected + disputed) / sold, Decimal(1)), min(collected_before / sold_before, Decimal(1))
            level = next((level for level in reversed(_RULE_LEVELS) if share_before - share >= parameters.values[level]), None)

    def changes_on() -> date | None:
        # Judged at the turn of the month, while the months compared still hold anything.
        return first_day(month_of(on) + 1) if months[-1].number >= month_of(on) - 2 * MONTHS else None

    def reasons() -> tuple[Reason, ...]:
        return (
            Reason(
                code="SALES_ROSE",
                sentence=f"Sales of the last three months {amount_text(sold, currency)}, {percent(float(growth))} more than in the three before.",
                figures={
                    "sold": str(sold),
                    "sold_before": str(sold_before),
                    "growth": f"{growth:.4f}",
                    "currency": currency,
                    "months_through": first_day(last).isoformat()[:7],
                },
            ),
            Reason(
                code="COLLECTIONS_LAG",
                sentence=f"{percent(float(share))} of sales was collected, against {percent(float(share_before))} before.",
                figures={
                    "collected": str(collected),
                    "collected_before": str(collected_before),
                    "collected_share": f"{share:.4f}",
                    "collected_share_before": f"{share_before:.4f}",
                },
            ),
            *dispute_reason(disputed, currency),
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


SALES_AHEAD_OF_COLLECTIONS = Rule(
    id=RULE_ID,
    kind="credit",
    title="Sales rise while collections lag",
    waits_for=("sales", "payments"),
    defaults={"growth": Decimal("0.25"), "watch": Decimal("0.15"), "act": Decimal("0.3"), "calm_days": Decimal(30)},
    judge=sales_ahead_of_collections,
)
