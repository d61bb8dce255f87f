"""Which visits are planned, and where are the cards that went with them? One row a visit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from services.cards.domain.identity import visits_stream
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue, OfVisit, VisitCancelled, VisitPlanned
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

CardState = Literal["OUT", "OVERDUE", "RETURNED"]
_MOST_OVERDUE = 500


@dataclass(frozen=True, slots=True)
class VisitRow:
    """`card` is OUT, OVERDUE or RETURNED; None: it has not gone out for this visit. `out_at` and `back_at` in UTC."""

    visit_id: UUID
    customer_id: UUID
    salesperson_id: str
    planned_on: date
    cancelled: bool
    card: str | None
    out_at: datetime | None
    back_at: datetime | None


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.visit_id if isinstance(envelope.event, OfVisit) else None


def evolve(row: VisitRow | None, envelope: Envelope) -> VisitRow | None:
    event = envelope.event
    match event:
        case VisitPlanned():
            return VisitRow(
                visit_id=event.visit_id,
                customer_id=event.customer_id,
                salesperson_id=event.salesperson_id,
                planned_on=event.planned_on,
                cancelled=False,
                card=None,
                out_at=None,
                back_at=None,
            )
        case VisitCancelled() if row is not None:
            return replace(row, cancelled=True)
        case CardCheckedOut() if row is not None:
            return replace(row, card="OUT", out_at=envelope.recorded_at, back_at=None)
        case CardReturnOverdue() if row is not None:
            return replace(row, card="OVERDUE")
        case CardReturned() if row is not None:
            return replace(row, card="RETURNED", back_at=envelope.recorded_at)
    return row


VISITS = ReadModel(
    name="visits",
    version=1,
    row=VisitRow,
    columns={
        "visit_id": "uuid",
        "customer_id": "uuid",
        "salesperson_id": "text",
        "planned_on": "date",
        "cancelled": "boolean",
        "card": "text",
        "out_at": "timestamptz",
        "back_at": "timestamptz",
    },
    key_column="visit_id",
    topics={
        CARDS_EVENTS: frozenset(
            cls.type for cls in (VisitPlanned, VisitCancelled, CardCheckedOut, CardReturned, CardReturnOverdue)
        )
    },
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any. Cancelled visits are left out where no card was out for them."""

    day: date | None = None
    salesperson_id: str | None = None
    customer_id: UUID | None = None
    card: str | None = None


class Listed(NamedTuple):
    """A visit, its customer's name (a company's), and when the visitor first opened the card for it, from the day before on."""

    row: VisitRow
    name: str | None
    card_read_at: datetime | None


Place = tuple[date, str, UUID]
_COLUMNS = ", ".join(f"v.{name}" for name in VISITS.columns)
_OPENED = "('customers_get_customer', 'dossier_get_dossier')"
"""The operations that show a card."""
_CONDITIONS = {
    "day": "v.planned_on = {}",
    "salesperson_id": "v.salesperson_id = {}",
    "customer_id": "v.customer_id = {}",
    "card": "v.card = {}",
}
# Joined, so that an erased customer is on nobody's list. Who reads the card in the evening before has read it before the visit.
_PAGE = """
SELECT {columns}, c.name,
       (SELECT min(r.read_at) FROM {schema}.reads r
         WHERE r.customers @> ARRAY[v.customer_id] AND r.operation IN {opened} AND r.person_id = v.salesperson_id
           AND r.read_at >= (v.planned_on - 1)::timestamp AT TIME ZONE {zone}
           AND r.read_at < (v.planned_on + 1)::timestamp AT TIME ZONE {zone}) AS card_read_at
  FROM {table} v JOIN {customers} c USING (customer_id)
 WHERE {conditions} ORDER BY v.planned_on, v.salesperson_id, v.visit_id LIMIT {limit:d}"""
_TAKEN_LAST = "SELECT body->>'salesperson_id' FROM cards.events WHERE stream = $1 AND type = $2 ORDER BY version DESC LIMIT 1"
_OVERDUE = """
SELECT DISTINCT customer_id FROM {table} WHERE card = 'OUT' AND planned_on < $1 ORDER BY customer_id LIMIT {limit:d}"""


async def page(c: Connection, schema: str, filters: Filters, zone: str, after: Place | None, limit: int) -> Sequence[Listed]:
    """Visits by day, then person; `zone` is the company's."""
    where = Conditions([zone])
    where.hold("NOT v.cancelled OR v.card IS NOT NULL")
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("v.planned_on, v.salesperson_id, v.visit_id", after)
    statement = _PAGE.format(
        columns=_COLUMNS,
        schema=schema,
        opened=_OPENED,
        zone="$1::text",
        table=await live_table(c, schema, VISITS),
        customers=await live_table(c, schema, "customers"),
        conditions=where.sql,
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name, card_read_at = record
    return Listed(VisitRow(*values), name, card_read_at)


async def taken_last_by(c: Connection, customer_id: UUID, person: str) -> bool:
    """Whether this person was the last who took the customer's card along; always fresh."""
    found: str | None = await c.fetchval(_TAKEN_LAST, visits_stream(customer_id), CardCheckedOut.type)
    return found == person


async def overdue(c: Connection, schema: str, today: date) -> Sequence[UUID]:
    """Customers whose card is out since before today, and nothing was told of it; some of them where there are many."""
    rows = await c.fetch(_OVERDUE.format(table=await live_table(c, schema, VISITS), limit=_MOST_OVERDUE), today)
    return [row["customer_id"] for row in rows]
