"""The agreed credit limit is nearly or wholly used."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.conditions import ALL, Condition, at_least
from services.alerts.domain.figures import amount_text, decimal_text
from services.alerts.domain.signs import LEVELS, Rule, Sign, Terms
from services.alerts.domain.undisputed import ZERO, debts_of, dispute_reason
from services.alerts.domain.watched_customer import WatchedCustomer
from shared.contracts.alerts import Reason
from shared.contracts.money import Money
from shared.contracts.open_items import open_items

RULE_ID = "credit_limit_nearly_used"


def credit_limit_nearly_used(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Sign, ...]:
    """Watch at 90 % of the limit, act at 100 %, stop at 125 %. What is disputed does not use it; a limit of nothing is
    used up by any debt. Where no limit was agreed there is nothing to warn of."""
    limit = customer.limit
    if limit is None or customer.limit_by is None:
        return ()
    currency = limit.currency
    parameters = terms.parameters[RULE_ID]
    used, use, disputed = _use(customer, limit, today)
    level = next((level for level in reversed(LEVELS) if use >= parameters.values[level]), None)
    began = customer.moved_by.get(currency, customer.limit_by)

    def reasons() -> tuple[Reason, ...]:
        sentence = f"{amount_text(used, currency)} of the limit of {amount_text(limit.amount, currency)} is used"
        share = f", {decimal_text(use * 100, 1)} %." if limit.amount > 0 else "."
        figures: dict[str, str | int] = {
            "exposure": str(used),
            "credit_limit": str(limit.amount),
            "currency": currency,
            "as_of": today.isoformat(),
        }
        if limit.amount > 0:
            figures["use_percent"] = decimal_text(use * 100, 1)
        return (Reason(code="LIMIT_USE", sentence=sentence + share, figures=figures), *dispute_reason(disputed, currency))

    def evidence() -> tuple[UUID, ...]:
        return (began,)

    return (
        Sign(
            channel=currency,
            began=began,
            level=level if on == today else None,
            true_on=None if level is None else today,
            over=False,
            changes_on=lambda: None if on == today or level is None else today,
            reasons=reasons,
            evidence=evidence,
        ),
    )


def why_not(customer: WatchedCustomer, terms: Terms, today: date, on: date) -> tuple[Condition, ...]:
    """An agreed limit, and for each level the share of it that is used."""
    limit, parameters = customer.limit, terms.parameters[RULE_ID]
    if limit is None or customer.limit_by is None:
        return (at_least(ALL, "watch", "LIMIT_AGREED", "No credit limit was agreed.", 0, 1),)
    used, use, _ = _use(customer, limit, today)
    sentence = f"{amount_text(used, limit.currency)} of the limit of {amount_text(limit.amount, limit.currency)} is used."
    return tuple(at_least(limit.currency, level, "LIMIT_USE", sentence, use, parameters.values[level]) for level in LEVELS)


def _use(customer: WatchedCustomer, limit: Money, today: date) -> tuple[Decimal, Decimal, Decimal]:
    """What is used of the limit, as an amount and as a share, and what is disputed beside it."""
    debts, disputed = debts_of(customer, limit.currency, today)
    standing = open_items(customer.account, today).get(limit.currency) if debts else None
    used = ZERO if standing is None else max(sum((debt.undisputed for debt in debts), ZERO) - standing.unallocated, ZERO)
    return used, used / limit.amount if limit.amount > 0 else Decimal(1000 if used > 0 else 0), disputed


CREDIT_LIMIT_NEARLY_USED = Rule(
    id=RULE_ID,
    kind="credit",
    title="The credit limit is nearly used",
    waits_for=("payments",),
    defaults={"watch": Decimal("0.9"), "act": Decimal(1), "stop": Decimal("1.25"), "calm_days": Decimal(30)},
    judge=credit_limit_nearly_used,
    why_not=why_not,
)
