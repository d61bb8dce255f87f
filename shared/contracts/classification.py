"""Events of the service classification."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.event import Event, registered
from shared.contracts.money import Money

ValueClass = Literal["A", "B", "C"]


@registered
class StandardPublished(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The standard that value classes follow: A below `a_below` of the cumulated share before the customer, B below `b_below`.

    `period_days` is the length of the period that a run covers, ending on its last day. Who has a class keeps it until the share
    before it reaches the bound and the `margin`.
    """

    type: ClassVar[str] = "regulars.classification.standard-published.v1"
    name: str
    version: int
    a_below: Decimal = Decimal("0.80")
    b_below: Decimal = Decimal("0.95")
    period_days: int = 365
    decided_by: UUID | None = None
    margin: Decimal = Decimal(0)


@registered
class ValueClassChanged(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The class by value of sales in a period; None: no longer a buyer in the period. Shares are fractions of the company's net sales.

    `to_next` is the amount of net sales in the period that was missing to the next better class, as things stood then.
    """

    type: ClassVar[str] = "regulars.classification.value-class-changed.v1"
    customer_id: UUID
    run_id: UUID
    standard: str
    standard_version: int
    period_from: date
    period_to: date
    value_class: ValueClass | None = None
    previous: ValueClass | None = None
    net: Money | None = None
    share: Decimal | None = None
    cumulated_share: Decimal | None = None
    rank: int | None = None
    to_next: Decimal | None = None
    reason: Literal["SALES", "RETURNS", "NO_SALES"] = "SALES"
