"""What the company plans: how far its dealers are to distribute, and its own sales by area and year."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal
from uuid import UUID

import msgspec

from shared.contracts.event import Event, registered

PlanMethod = Literal["STATED", "FORMULA", "PROPOSED"]


class Milestone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be reached through a day on the way to a target."""

    by_on: date
    breadth: int | None = None
    depth: Decimal | None = None


@registered
class DistributionTargetSet(Event, frozen=True, kw_only=True, omit_defaults=True):
    """How far a dealer is to distribute from `from_on` through `to_on`; `milestones` are the plan on the way there.

    `breadth`: sub-dealers that buy from it. `depth`: different articles that each of these buys on average. Neither: nothing is
    planned any more from that day on.
    """

    type: ClassVar[str] = "regulars.classification.distribution-target-set.v1"
    customer_id: UUID
    from_on: date
    to_on: date
    breadth: int | None = None
    depth: Decimal | None = None
    milestones: tuple[Milestone, ...] = ()
    decided_by: UUID | None = None


@registered
class SalesPlanned(Event, frozen=True, kw_only=True, omit_defaults=True):
    """The plan of a year for an area, for the company where none is named: net sales of each of the twelve months in one currency.

    `method` says where the months come from: stated, from the formula (dealers kept and new times the average sales of a dealer in
    the year), or as proposed from what was sold before.
    """

    type: ClassVar[str] = "regulars.classification.sales-planned.v1"
    year: int
    currency: str
    months: tuple[Decimal, ...]
    area_id: str | None = None
    method: PlanMethod = "STATED"
    kept_dealers: int | None = None
    new_dealers: int | None = None
    average: Decimal | None = None
    decided_by: UUID | None = None
