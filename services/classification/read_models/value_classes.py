"""Which value class does each customer have, since when, and which did it have before? One row a customer who ever had one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel, Totals


@dataclass(frozen=True, slots=True)
class ValueClassRow:
    """`value_class` None: no longer a buyer. Figures are those of the run that changed the class; `since` is its period's end."""

    customer_id: UUID
    value_class: str | None
    previous: str | None
    reason: str
    since: date
    standard_version: int
    currency: str | None
    net: Decimal | None
    run_id: UUID


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: ValueClassRow | None, envelope: Envelope) -> ValueClassRow | None:
    event = envelope.event
    if not isinstance(event, ValueClassChanged):
        return row
    return ValueClassRow(
        customer_id=event.customer_id,
        value_class=event.value_class,
        previous=event.previous,
        reason=event.reason,
        since=event.period_to,
        standard_version=event.standard_version,
        currency=None if event.net is None else event.net.currency,
        net=None if event.net is None else event.net.amount,
        run_id=event.run_id,
    )


def totals(row: ValueClassRow) -> Totals:
    """How many customers each class has."""
    return {} if row.value_class is None else {row.value_class: {"customers": 1}}


VALUE_CLASSES = ReadModel(
    name="value_classes",
    version=1,
    row=ValueClassRow,
    columns={
        "customer_id": "uuid",
        "value_class": "text",
        "previous": "text",
        "reason": "text",
        "since": "date",
        "standard_version": "integer",
        "currency": "text",
        "net": "numeric",
        "run_id": "uuid",
    },
    key_column="customer_id",
    topics={CLASSIFICATION_EVENTS: frozenset({ValueClassChanged.type})},
    key=key,
    evolve=evolve,
    totals=totals,
)
