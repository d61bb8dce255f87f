"""Which value class did each customer have on a day? One row a change; that of the latest period through the day holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.projections.read_model import ReadModel


@dataclass(frozen=True, slots=True)
class ClassChange:
    """`since` is the end of the period that decided; of one day the greater `version` of the customer's stream stands."""

    change_id: UUID
    customer_id: UUID
    since: date
    version: int
    value_class: str | None


def key(envelope: Envelope) -> UUID | None:
    return envelope.event_id


def evolve(row: ClassChange | None, envelope: Envelope) -> ClassChange | None:
    event = envelope.event
    if not isinstance(event, ValueClassChanged):
        return row
    return ClassChange(envelope.event_id, event.customer_id, event.period_to, envelope.version, event.value_class)


CLASS_CHANGES = ReadModel(
    name="class_changes",
    version=1,
    row=ClassChange,
    columns={"change_id": "uuid", "customer_id": "uuid", "since": "date", "version": "integer", "value_class": "text"},
    key_column="change_id",
    topics={CLASSIFICATION_EVENTS: frozenset({ValueClassChanged.type})},
    key=key,
    evolve=evolve,
)
