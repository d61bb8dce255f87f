"""Rules about no single customer, and their parameters. They are judged by jobs over all that was folded, not by the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from services.alerts.domain.refusals import ParametersRefused
from services.alerts.domain.signs import Parameters
from shared.contracts.company_alerts import CompanyRulePublished
from shared.contracts.event import Event

MOST: Mapping[str, int] = {"_days": 366, "_minutes": 100_000, "_customers": 100_000}
"""Ends of the names of parameters that count, and how far these go."""
FROM_NONE = ("grace_days", "catch_up_minutes")
"""Of these there may be none; of nothing else that counts nothing could be concluded."""


@dataclass(frozen=True, slots=True)
class CompanyRule:
    """Parameters that the company may change; what they mean stands where the rule is judged."""

    id: str
    title: str
    defaults: Mapping[str, Decimal]


SOURCE_SILENT = CompanyRule(
    id="source_silent",
    title="A feeding system has stopped delivering",
    defaults={
        "chance": Decimal("0.001"),
        "rhythm_days": Decimal(56),
        "least_days": Decimal(20),
        "prompt_days": Decimal(10),
        "grace_days": Decimal(30),
        "catch_up_minutes": Decimal(60),
    },
)

COMMON_CAUSE = CompanyRule(
    id="common_cause",
    title="Customers of one area, article or salesperson fall silent or complain together",
    defaults={
        "chance": Decimal("0.001"),
        "window_days": Decimal(14),
        "least_customers": Decimal(5),
        "least_times": Decimal(2),
    },
)

SALESPERSON_BALANCE = CompanyRule(
    id="salesperson_sales_ahead_of_collections",
    title="Sales of a salesperson rise while collections lag",
    defaults={"growth": Decimal("0.25"), "watch": Decimal("0.15"), "act": Decimal("0.3"), "least_customers": Decimal(3)},
)

COMPANY_RULES: tuple[CompanyRule, ...] = (SOURCE_SILENT, COMMON_CAUSE, SALESPERSON_BALANCE)
COMPANY_RULES_BY_ID = {rule.id: rule for rule in COMPANY_RULES}


def company_rule_stream(rule_id: str) -> str:
    return f"company-rule-{rule_id}"


def parameters_in_force(rule: CompanyRule, before: Sequence[Event]) -> Parameters:
    """The last version that was published; the defaults are version 1."""
    published = [event for event in before if isinstance(event, CompanyRulePublished)]
    if not published:
        return Parameters(1, rule.defaults)
    return Parameters(published[-1].version, {**rule.defaults, **published[-1].parameters})


def publish(rule: CompanyRule, before: Sequence[Event], values: Mapping[str, Decimal], by: UUID) -> CompanyRulePublished:
    """A new version; parameters that are not named are as they are by default. Raises ParametersRefused."""
    unknown = values.keys() - rule.defaults.keys()
    if unknown:
        raise ParametersRefused(f"{rule.id} has no parameter {', '.join(sorted(unknown))}")
    merged = {**rule.defaults, **values}
    for name, value in merged.items():
        if not value.is_finite() or not 0 <= value < 10**9:
            raise ParametersRefused("parameters are numbers from 0")
        if name == "chance" and not 0 < value < 1:
            raise ParametersRefused("chance is a probability")
        if name == "watch" and value >= merged["act"]:
            raise ParametersRefused("watch lies below act")
        most = next((most for end, most in MOST.items() if name.endswith(end)), None)
        least = 0 if name in FROM_NONE else 1
        if most is not None and (value % 1 or not least <= value <= most):
            raise ParametersRefused(f"{name} is a whole number from {least} to {most}")
    return CompanyRulePublished(
        rule_id=rule.id, version=parameters_in_force(rule, before).version + 1, parameters=merged, decided_by=by
    )
