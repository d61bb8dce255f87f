"""Events of the service classification about credit: with whom to grow trade, hold, shrink or stop it (S0.10)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.alerts import Reason
from shared.contracts.event import Event, registered
from shared.contracts.money import Money

CreditGrade = Literal["GROW", "HOLD", "SHRINK", "STOP"]
"""From the best to the worst. HOLD: trade goes on as it is. A grade proposes; what is done is a measure that a person decides."""

GRADES: tuple[CreditGrade, ...] = ("GROW", "HOLD", "SHRINK", "STOP")
RAISED_RULE_ID = "credit_grade_raised"
LOWERED_RULE_ID = "credit_grade_lowered"
"""Warnings that follow from a grade: what becomes of them is no evidence for the next one."""


@registered
class CreditStandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The standard that credit grades follow. Each border that is reached is one point, and points add up.

    `late_days`: mean days late, weighted by amount, of what was settled in the `period_days`; `overdue_share`: of what is open, and
    `overdue_days` of the oldest of it; `limit_use`: of the agreed limit; `true_warnings`: warnings about credit that were true, in the
    period; `agency_years`: a POOR report not older than that is two points, a FAIR one is one. SHRINK from `shrink_points`, STOP from
    `stop_points`. GROW without a point, after `grow_settled` invoices settled in the period and `grow_known_days` of trade on credit.
    `grow_by` and `shrink_to` are fractions of the exposure: what is expected of it if the proposal is followed.
    """

    type: ClassVar[str] = "regulars.classification.credit-standard-published.v1"
    version: int
    period_days: int = 365
    late_days: tuple[Decimal, ...] = (Decimal(10), Decimal(30), Decimal(60))
    overdue_share: tuple[Decimal, ...] = (Decimal("0.25"), Decimal("0.50"))
    overdue_days: tuple[Decimal, ...] = (Decimal(30), Decimal(60))
    limit_use: tuple[Decimal, ...] = (Decimal("1.00"), Decimal("1.25"))
    true_warnings: tuple[Decimal, ...] = (Decimal(1), Decimal(2))
    agency_years: int = 2
    shrink_points: int = 3
    stop_points: int = 6
    grow_settled: int = 6
    grow_known_days: int = 180
    grow_by: Decimal = Decimal("0.25")
    shrink_to: Decimal = Decimal("0.50")
    decided_by: UUID | None = None


@registered
class CreditGraded(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The grade of a customer has changed, as of the end of the day `graded_on`. None: nothing is bought on credit any more.

    `exposure` is what was open and not disputed, by currency, credit that was left deducted; `expected_change` how it is expected
    to change if the proposal is followed. A customer's merged cards are graded together, under the card that leads.
    """

    type: ClassVar[str] = "regulars.classification.credit-graded.v1"
    customer_id: UUID
    run_id: UUID
    standard_version: int
    graded_on: date
    grade: CreditGrade | None = None
    previous: CreditGrade | None = None
    points: int = 0
    reasons: tuple[Reason, ...] = ()
    exposure: tuple[Money, ...] = ()
    expected_change: tuple[Money, ...] = ()
