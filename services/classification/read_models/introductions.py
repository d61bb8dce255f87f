"""Who brought whom? One row a customer whom another customer has introduced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.cards import CustomerRegistered
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Introduction:
    customer_id: UUID
    introduced_by: UUID
    since: datetime


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Introduction | None, envelope: Envelope) -> Introduction | None:
    event = envelope.event
    if not isinstance(event, CustomerRegistered) or event.introduced_by is None:
        return row
    return Introduction(event.customer_id, event.introduced_by, envelope.occurred_at)


INTRODUCTIONS = ReadModel(
    name="introductions",
    version=1,
    row=Introduction,
    columns={"customer_id": "uuid", "introduced_by": "uuid", "since": "timestamptz"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CustomerRegistered.type})},
    key=key,
    evolve=evolve,
)
