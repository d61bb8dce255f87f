"""What did each customer have in stock of which article, and when? One row a customer, article and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.classification.domain.article import id_of
from shared.contracts.envelope import Envelope
from shared.contracts.products import StockCounted
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class StockCount:
    row_id: UUID
    customer_id: UUID
    article: str
    counted_on: date
    quantity: Decimal
    unit: str
    source: str


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return id_of(event.customer_id, event.article, event.counted_on) if isinstance(event, StockCounted) else None


def evolve(row: StockCount | None, envelope: Envelope) -> StockCount | None:
    event = envelope.event
    if not isinstance(event, StockCounted):
        return row
    return StockCount(
        row_id=id_of(event.customer_id, event.article, event.counted_on),
        customer_id=event.customer_id,
        article=event.article,
        counted_on=event.counted_on,
        quantity=event.quantity,
        unit=event.unit,
        source=event.source,
    )


STOCK_COUNTS = ReadModel(
    name="stock_counts",
    version=1,
    row=StockCount,
    columns={
        "row_id": "uuid",
        "customer_id": "uuid",
        "article": "text",
        "counted_on": "date",
        "quantity": "numeric",
        "unit": "text",
        "source": "text",
    },
    key_column="row_id",
    topics={CLASSIFICATION_EVENTS: frozenset({StockCounted.type})},
    key=key,
    evolve=evolve,
)
