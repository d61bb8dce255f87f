"""What the company puts into a customer: money, hours of its people, or both. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal
from uuid import UUID

from services.cards.domain.refusals import DayInFuture, NothingInvested
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded

InvestmentKind = Literal["VISIT", "SUPPORT", "PROMOTION", "TRAINING", "GIFT", "OTHER"]


@dataclass(frozen=True, slots=True)
class RecordInvestment:
    investment_id: UUID
    customer_id: UUID
    kind: InvestmentKind
    spent_on: date
    today: date
    cost: Money | None = None
    hours: Decimal | None = None
    note: str | None = None
    decided_by: UUID | None = None


def investment_stream(customer_id: UUID) -> str:
    """All that was put into one customer."""
    return f"investment-{customer_id}"


def decide(command: RecordInvestment) -> list[Event]:
    """What is spent is spent: it is refused only where it cannot be true. Raises DayInFuture, NothingInvested."""
    if command.spent_on > command.today:
        raise DayInFuture
    if command.cost is None and command.hours is None:
        raise NothingInvested
    return [
        InvestmentRecorded(
            customer_id=command.customer_id,
            investment_id=command.investment_id,
            kind=command.kind,
            spent_on=command.spent_on,
            cost=command.cost,
            hours=command.hours,
            note=command.note,
            decided_by=command.decided_by,
        )
    ]
