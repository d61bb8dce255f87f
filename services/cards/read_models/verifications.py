"""Which stated figures wait to be verified? One row a figure; it goes when somebody has looked into it. No row holds anything personal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from shared.contracts.card_parts import FieldVerified, VerificationRequested
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Waiting:
    """`currency` of figures of money. `source` and what follows it: who said it, and when it was seen or heard."""

    task_id: UUID
    customer_id: UUID
    field: str
    stated: Decimal
    known: Decimal
    known_from: str
    currency: str | None
    source: str
    observed_on: date | None
    reference: str | None
    entered_at: datetime
    entered_by: UUID | None


def key(envelope: Envelope) -> UUID | None:
    match envelope.event:
        case VerificationRequested(task_id=task) | FieldVerified(task_id=task):
            return task
    return None


def evolve(row: Waiting | None, envelope: Envelope) -> Waiting | None:
    match envelope.event:
        case VerificationRequested() as event:
            return Waiting(
                task_id=event.task_id,
                customer_id=event.customer_id,
                field=event.field,
                stated=event.stated,
                known=event.known,
                known_from=event.known_from,
                currency=event.currency,
                source=event.provenance.source,
                observed_on=event.provenance.observed_on,
                reference=event.provenance.reference,
                entered_at=envelope.recorded_at,
                entered_by=event.decided_by,
            )
        case FieldVerified():
            return None
    return row


VERIFICATIONS = ReadModel(
    name="verifications",
    version=1,
    row=Waiting,
    columns={
        "task_id": "uuid",
        "customer_id": "uuid",
        "field": "text",
        "stated": "numeric",
        "known": "numeric",
        "known_from": "text",
        "currency": "text",
        "source": "text",
        "observed_on": "date",
        "reference": "text",
        "entered_at": "timestamptz",
        "entered_by": "uuid",
    },
    key_column="task_id",
    topics={CARDS_EVENTS: frozenset({VerificationRequested.type, FieldVerified.type})},
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any."""

    salesperson_id: str | None = None
    customer_id: UUID | None = None
    field: str | None = None


class Listed(NamedTuple):
    """A figure, and its customer's name (a company's) and salesperson."""

    row: Waiting
    name: str | None
    salesperson_id: str | None


_COLUMNS = ", ".join(f"v.{name}" for name in VERIFICATIONS.columns)
_CONDITIONS = {"salesperson_id": "c.salesperson_id = {}", "customer_id": "v.customer_id = {}", "field": "v.field = {}"}
# Erased customers are not in the list of customers, and merged cards take no changes: nobody can look into their figures any more.
_PAGE = """
SELECT {columns}, c.name, c.salesperson_id FROM {table} v JOIN {customers} c USING (customer_id)
 WHERE c.merged_into IS NULL AND {conditions} ORDER BY v.entered_at, v.task_id LIMIT {limit:d}"""


async def page(c: Connection, schema: str, filters: Filters, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Listed]:
    """Figures that wait, the longest waiting first."""
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("v.entered_at, v.task_id", after)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, schema, VERIFICATIONS),
        customers=await live_table(c, schema, "customers"),
        conditions=where.sql,
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name, salesperson = record
    return Listed(Waiting(*values), name, salesperson)
