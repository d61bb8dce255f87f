"""Whose personal data were erased? One row a customer: what it thought of buying is on nobody's list any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.cards import CustomerErased
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class Erasure:
    customer_id: UUID
    erased_at: datetime


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Erasure | None, envelope: Envelope) -> Erasure | None:
    if row is not None or not isinstance(envelope.event, CustomerErased):
        return row
    return Erasure(envelope.event.customer_id, envelope.recorded_at)


ERASURES = ReadModel(
    name="erasures",
    version=1,
    row=Erasure,
    columns={"customer_id": "uuid", "erased_at": "timestamptz"},
    key_column="customer_id",
    topics={CARDS_EVENTS: frozenset({CustomerErased.type})},
    key=key,
    evolve=evolve,
)
