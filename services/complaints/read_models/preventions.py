"""Which measures against complaints are under way, who carries them out, and did they help? One row a measure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.contracts.complaint_facts import (
    OfMeasure,
    PreventionCarriedOut,
    PreventionChecked,
    PreventionDecided,
    PreventionDropped,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import COMPLAINTS_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

FOLDED: tuple[type[Event], ...] = (PreventionDecided, PreventionCarriedOut, PreventionChecked, PreventionDropped)


@dataclass(frozen=True, slots=True)
class PreventionRow:
    """`state` is DECIDED, CARRIED_OUT, CHECKED or DROPPED."""

    measure_id: UUID
    against: str
    value: str
    action: str
    owner: str
    state: str
    decided_on: date
    due_on: date
    check_days: int
    carried_out_on: date | None
    checked_on: date | None
    before: int | None
    after: int | None
    effective: bool | None
    dropped_on: date | None
    reason: str | None
    version: int


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.measure_id if isinstance(envelope.event, OfMeasure) else None


def evolve(row: PreventionRow | None, envelope: Envelope) -> PreventionRow | None:
    event = envelope.event
    if isinstance(event, PreventionDecided):
        return PreventionRow(
            measure_id=event.measure_id,
            against=event.against,
            value=event.value,
            action=event.action,
            owner=event.owner,
            state="DECIDED",
            decided_on=event.decided_on,
            due_on=event.due_on,
            check_days=event.check_days,
            carried_out_on=None,
            checked_on=None,
            before=None,
            after=None,
            effective=None,
            dropped_on=None,
            reason=None,
            version=envelope.version,
        )
    if row is None:
        return None
    row = replace(row, version=envelope.version)
    match event:
        case PreventionCarriedOut():
            return replace(row, state="CARRIED_OUT", carried_out_on=event.carried_out_on)
        case PreventionChecked():
            found = replace(row, state="CHECKED", checked_on=event.checked_on)
            return replace(found, before=event.before, after=event.after, effective=event.effective)
        case PreventionDropped():
            return replace(row, state="DROPPED", dropped_on=event.dropped_on, reason=event.reason)
    return row


def folded(envelopes: Iterable[Envelope]) -> PreventionRow | None:
    """The row of a measure from its own stream."""
    row: PreventionRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    return row


PREVENTIONS = ReadModel(
    name="preventions",
    version=1,
    row=PreventionRow,
    columns={
        "measure_id": "uuid",
        "against": "text",
        "value": "text",
        "action": "text",
        "owner": "text",
        "state": "text",
        "decided_on": "date",
        "due_on": "date",
        "check_days": "integer",
        "carried_out_on": "date",
        "checked_on": "date",
        "before": "integer",
        "after": "integer",
        "effective": "boolean",
        "dropped_on": "date",
        "reason": "text",
        "version": "integer",
    },
    key_column="measure_id",
    topics={COMPLAINTS_EVENTS: frozenset(cls.type for cls in FOLDED)},
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any. `late`: due before that day and not carried out."""

    state: str | None = None
    owner: str | None = None
    against: str | None = None
    late: date | None = None


_CONDITIONS = {
    "state": "state = {}",
    "owner": "owner = {}",
    "against": "against = {}",
    "late": "state = 'DECIDED' AND due_on < {}",
}
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY due_on, measure_id LIMIT {limit:d}"


async def page(
    c: Connection, schema: str, filters: Filters, after: tuple[date, UUID] | None, limit: int
) -> Sequence[PreventionRow]:
    """By the day on which they are due."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("due_on, measure_id", after)
    table = await live_table(c, schema, PREVENTIONS)
    statement = _PAGE.format(columns=", ".join(PREVENTIONS.columns), table=table, conditions=where.sql, limit=limit)
    return [PreventionRow(*row) for row in await c.fetch(statement, *where.values)]
