"""What is sent, and one example of each."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi.openapi.models import Example
from pydantic import Field, StringConstraints

from services.classification.domain.standard import PublishStandard
from shared.contracts.credit_grades import CreditStandardPublished
from shared.web.fields import Body, BusinessDay, Currency, DecimalString, Whole

Fraction = Annotated[
    str, StringConstraints(pattern=r"^[01](\.[0-9]{1,6})?$", strict=True), Field(description="A decimal fraction as a string")
]


class RunBody(Body):
    """`period_to` is the period's last day, yesterday when left out. Sales in other currencies than `currency` are left aside;
    when it is left out, it is the currency in which the company made the most sales in the period.
    """

    period_to: BusinessDay | None = None
    currency: Currency | None = None


class StandardBody(Body):
    """A below `a_below` of the cumulated share before the customer, B below `b_below`, else C. Who has a class keeps it until that
    share reaches the bound and the `margin`."""

    a_below: Annotated[Fraction, Field(examples=["0.80"])] = "0.80"
    b_below: Annotated[Fraction, Field(examples=["0.95"])] = "0.95"
    period_days: Annotated[Whole, Field(examples=[365], description="Length of the period, 1 to 731 days")] = 365
    margin: Annotated[Fraction, Field(examples=["0.02"])] = "0"

    def command(self, decided_by: UUID) -> PublishStandard:
        return PublishStandard(Decimal(self.a_below), Decimal(self.b_below), self.period_days, Decimal(self.margin), decided_by)


Borders = Annotated[tuple[DecimalString, ...], Field(max_length=5, description="Each border that is reached is one point")]
_BUILT_IN = CreditStandardPublished(version=0)


class CreditRunBody(Body):
    """Grades are as of the end of `graded_on`, yesterday when left out."""

    graded_on: BusinessDay | None = None


class CreditStandardBody(Body):
    """`late_days`: mean days late of what was settled in the period. `overdue_share` of what is open, `overdue_days` of the oldest,
    `limit_use` of the agreed limit, `true_warnings` in the period. SHRINK from `shrink_points`, STOP from `stop_points`; GROW without a
    point, after `grow_settled` invoices settled in the period and `grow_known_days` on credit. `grow_by` and `shrink_to`: what is
    expected of the exposure if the proposal is followed."""

    period_days: Whole = _BUILT_IN.period_days
    late_days: Borders = _BUILT_IN.late_days
    overdue_share: Borders = _BUILT_IN.overdue_share
    overdue_days: Borders = _BUILT_IN.overdue_days
    limit_use: Borders = _BUILT_IN.limit_use
    true_warnings: Borders = _BUILT_IN.true_warnings
    agency_years: Whole = _BUILT_IN.agency_years
    shrink_points: Whole = _BUILT_IN.shrink_points
    stop_points: Whole = _BUILT_IN.stop_points
    grow_settled: Whole = _BUILT_IN.grow_settled
    grow_known_days: Whole = _BUILT_IN.grow_known_days
    grow_by: DecimalString = _BUILT_IN.grow_by
    shrink_to: DecimalString = _BUILT_IN.shrink_to

    def standard(self, decided_by: UUID) -> CreditStandardPublished:
        """As it is to be published, without its number."""
        return CreditStandardPublished(version=0, decided_by=decided_by, **self.model_dump())


def example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


RUN = example({"period_to": "2026-03-31"})
STANDARD = example({"a_below": "0.75", "b_below": "0.90", "period_days": 180, "margin": "0.02"})
CREDIT_RUN = example({"graded_on": "2026-03-31"})
CREDIT_STANDARD = example({"late_days": ["15", "45"], "shrink_points": 2, "stop_points": 5})
