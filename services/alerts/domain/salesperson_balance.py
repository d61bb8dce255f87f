"""A salesperson's sales rise while the collections from the same customers lag behind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from services.alerts.domain.collected_share import collected_share, compared_months, fell_due_of, growth_of
from services.alerts.domain.figures import amount_text, percent
from services.alerts.domain.signs import Parameters
from services.alerts.domain.turnover import first_day, month_of
from services.alerts.domain.undisputed import dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Finding, Level, Reason

RULE_ID = "salesperson_sales_ahead_of_collections"
_LEVELS: tuple[Level, ...] = ("act", "watch")
ZERO = Decimal(0)


class Balance(NamedTuple):
    """Of some customers together, in one currency: the last three whole months and the three before."""

    customers: int = 0
    sold: Decimal = ZERO
    sold_before: Decimal = ZERO
    collected: Decimal = ZERO
    collected_before: Decimal = ZERO
    fell_due: Decimal = ZERO
    fell_due_before: Decimal = ZERO
    in_dispute: Decimal = ZERO

    def plus(self, other: Balance) -> Balance:
        customers, *amounts = self
        more, *others = other
        return Balance(customers + more, *(a + b for a, b in zip(amounts, others, strict=True)))


def balances_of(customer: WatchedCustomer, today: date) -> dict[str, Balance]:
    """What one customer adds, by currency; nothing where it neither bought nor paid in these months."""
    found = {}
    for currency, months in customer.turnover.items():
        compared = compared_months(months, today)
        if currency not in customer.moved_by or not any(compared[:4]):
            continue
        fell_due, fell_due_before, in_dispute = fell_due_of(customer, currency, compared, today, today)
        found[currency] = Balance(1, *compared[:4], fell_due, fell_due_before, in_dispute)
    return found


class Lag(NamedTuple):
    """Growth of sales and the collected shares; `level` None where nothing is to be warned of."""

    level: Level | None
    growth: Decimal
    share: Decimal
    share_before: Decimal


def judged(balance: Balance, parameters: Parameters) -> Lag:
    """As of a customer, over all customers of a salesperson, of whom there are `least_customers`: sales grew by `growth` or
    more, and the collected share of what fell due sank by `watch` or `act`. What is in dispute counts as collected."""
    growth = growth_of(balance.sold, balance.sold_before, balance.collected_before)
    share = collected_share(balance.collected + balance.in_dispute, balance.fell_due)
    share_before = collected_share(balance.collected_before, balance.fell_due_before)
    level: Level | None = None
    if growth is not None and growth >= parameters.values["growth"] and balance.customers >= parameters.whole("least_customers"):
        level = next((level for level in _LEVELS if share_before - share >= parameters.values[level]), None)
    return Lag(level, growth or ZERO, share, share_before)


def finding_of(balance: Balance, lag: Lag, level: Level, currency: str, parameters: Parameters, today: date) -> Finding:
    return Finding(
        rule_id=RULE_ID,
        rule_version=parameters.version,
        level=level,
        true_on=first_day(month_of(today)),
        reasons=(
            Reason(
                code="SALES_ROSE",
                sentence=f"Sales to {balance.customers} customers in the last three months {amount_text(balance.sold, currency)},"
                f" {percent(float(lag.growth))} more than in the three before.",
                figures={
                    "customers": balance.customers,
                    "sold": str(balance.sold),
                    "sold_before": str(balance.sold_before),
                    "growth": f"{lag.growth:.4f}",
                    "currency": currency,
                    "months_through": first_day(month_of(today) - 1).isoformat()[:7],
                },
            ),
            Reason(
                code="COLLECTIONS_LAG",
                sentence=f"{percent(float(lag.share))} of what fell due was collected, against {percent(float(lag.share_before))} before.",
                figures={
                    "fell_due": str(balance.fell_due),
                    "fell_due_before": str(balance.fell_due_before),
                    "collected": str(balance.collected),
                    "collected_before": str(balance.collected_before),
                    "collected_share": f"{lag.share:.4f}",
                    "collected_share_before": f"{lag.share_before:.4f}",
                },
            ),
            *dispute_reason(balance.in_dispute, currency),
        ),
    )


def caught_up(balance: Balance, lag: Lag, currency: str, today: date) -> Reason:
    return Reason(
        code="BALANCED",
        sentence=f"{percent(float(lag.share))} of what fell due was collected, against {percent(float(lag.share_before))} before;"
        f" sales changed by {float(lag.growth) * 100:.0f} %.",
        figures={
            "collected_share": f"{lag.share:.4f}",
            "collected_share_before": f"{lag.share_before:.4f}",
            "growth": f"{lag.growth:.4f}",
            "customers": balance.customers,
            "currency": currency,
            "as_of": today.isoformat(),
        },
    )
