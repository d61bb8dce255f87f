"""Which cards of each salesperson has the superior looked at, week by week, and what was found? One row a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.prospects import CardsSampled, SampledCardChecked
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class SampleRow:
    """`cards` as drawn; `checked`: those that were looked at. What was found is in the sample's stream."""

    sample_id: UUID
    salesperson_id: str
    supervisor_id: str
    week_from: date
    drawn_on: date
    cards: tuple[str, ...]
    checked: tuple[str, ...]


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.sample_id if isinstance(envelope.event, CardsSampled | SampledCardChecked) else None


def evolve(row: SampleRow | None, envelope: Envelope) -> SampleRow | None:
    event = envelope.event
    match event:
        case CardsSampled():
            cards = tuple(str(one) for one in event.customer_ids)
            return SampleRow(
                event.sample_id, event.salesperson_id, event.supervisor_id, event.week_from, event.drawn_on, cards, ()
            )
        case SampledCardChecked() if row is not None and str(event.checked_id) not in row.checked:
            return replace(row, checked=(*row.checked, str(event.checked_id)))
    return row


SAMPLES = ReadModel(
    name="card_samples",
    version=1,
    row=SampleRow,
    columns={
        "sample_id": "uuid",
        "salesperson_id": "text",
        "supervisor_id": "text",
        "week_from": "date",
        "drawn_on": "date",
        "cards": "text[]",
        "checked": "text[]",
    },
    key_column="sample_id",
    topics={CLASSIFICATION_EVENTS: frozenset({CardsSampled.type, SampledCardChecked.type})},
    key=key,
    evolve=evolve,
)

_OF_WEEK = "SELECT {columns} FROM {table} WHERE week_from = $1"


async def samples_of(c: Connection, schema: str, week_from: date) -> Sequence[SampleRow]:
    """The samples of the week that begins on this Monday."""
    statement = _OF_WEEK.format(columns=", ".join(SAMPLES.columns), table=await live_table(c, schema, SAMPLES))
    rows = [dict(row) for row in await c.fetch(statement, week_from)]
    return [SampleRow(**{**row, "cards": tuple(row["cards"]), "checked": tuple(row["checked"])}) for row in rows]
