"""What is to be sold of which article, and how far is it? One row a task: article, period and scope."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.classification.domain.sales_task import last_day
from shared.contracts.envelope import Envelope
from shared.contracts.products import SalesTaskSet
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Task:
    """`wanted` is in `currency`, or in the article's unit where that is None. What is not to be sold any more has no row."""

    task_id: UUID
    article: str
    period: str
    first_on: date
    last_on: date
    currency: str | None
    wanted: Decimal
    area_id: str | None
    salesperson_id: str | None


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return event.task_id if isinstance(event, SalesTaskSet) else None


def evolve(row: Task | None, envelope: Envelope) -> Task | None:
    event = envelope.event
    if not isinstance(event, SalesTaskSet):
        return row
    wanted = event.quantity if event.amount is None else event.amount.amount
    if wanted is None:
        return None
    return Task(
        task_id=event.task_id,
        article=event.article,
        period=event.period,
        first_on=event.first_on,
        last_on=last_day(event.period, event.first_on),
        currency=None if event.amount is None else event.amount.currency,
        wanted=wanted,
        area_id=event.area_id,
        salesperson_id=event.salesperson_id,
    )


SALES_TASKS = ReadModel(
    name="sales_tasks",
    version=1,
    row=Task,
    columns={
        "task_id": "uuid",
        "article": "text",
        "period": "text",
        "first_on": "date",
        "last_on": "date",
        "currency": "text",
        "wanted": "numeric",
        "area_id": "text",
        "salesperson_id": "text",
    },
    key_column="task_id",
    topics={CLASSIFICATION_EVENTS: frozenset({SalesTaskSet.type})},
    key=key,
    evolve=evolve,
)
