"""What did cards say of each customer's marks, and from which day on? One row a customer and moment.

So the marks can be asked for as of any day: those of the latest statement that holds from its end or before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from shared.contracts.cards import CustomerRegistered, MarksAssigned
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class MarkStatement:
    """`said_at`: from when it holds; of one moment the last statement stands."""

    statement_id: UUID
    customer_id: UUID
    said_at: datetime
    nature: str | None
    ownership: str | None
    shop_kind: str | None
    location: str | None
    industry: str | None


def key(envelope: Envelope) -> UUID | None:
    if envelope.customer_id is None:
        return None
    return uuid5(envelope.customer_id, envelope.occurred_at.isoformat())


def evolve(row: MarkStatement | None, envelope: Envelope) -> MarkStatement | None:
    event = envelope.event
    if not isinstance(event, CustomerRegistered | MarksAssigned):
        return row
    marks = event.marks
    return MarkStatement(
        statement_id=uuid5(event.customer_id, envelope.occurred_at.isoformat()),
        customer_id=event.customer_id,
        said_at=envelope.occurred_at,
        nature=marks.nature,
        ownership=marks.ownership,
        shop_kind=marks.shop_kind,
        location=marks.location,
        industry=marks.industry,
    )


MARK_STATEMENTS = ReadModel(
    name="mark_statements",
    version=1,
    row=MarkStatement,
    columns={
        "statement_id": "uuid",
        "customer_id": "uuid",
        "said_at": "timestamptz",
        "nature": "text",
        "ownership": "text",
        "shop_kind": "text",
        "location": "text",
        "industry": "text",
    },
    key_column="statement_id",
    topics={CARDS_EVENTS: frozenset({CustomerRegistered.type, MarksAssigned.type})},
    key=key,
    evolve=evolve,
)
