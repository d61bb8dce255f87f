"""What do customers think of buying, and how near is it? One row an intent. The words of it are in its stream only, sealed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.intents import IntentGraded, IntentLost, IntentOpened, IntentWon, OfIntent
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

IntentState = Literal["OPEN", "WON", "LOST"]


@dataclass(frozen=True, slots=True)
class IntentRow:
    """`graded_at` is when it was graded last, `outcome` the order's number or the reason why it was lost."""

    intent_id: UUID
    customer_id: UUID
    number: str
    intent_class: str
    grade: str
    state: str
    opened_on: date
    expected_on: date | None
    expected: Decimal | None
    currency: str | None
    graded_at: datetime
    ended_on: date | None
    outcome: str | None
    version: int


def key(envelope: Envelope) -> UUID | None:
    return envelope.event.intent_id if isinstance(envelope.event, OfIntent) else None


def evolve(row: IntentRow | None, envelope: Envelope) -> IntentRow | None:
    event = envelope.event
    match event:
        case IntentOpened():
            return IntentRow(
                intent_id=event.intent_id,
                customer_id=event.customer_id,
                number=event.number,
                intent_class=event.intent_class,
                grade=event.grade,
                state="OPEN",
                opened_on=event.opened_on,
                expected_on=event.expected_on,
                expected=None if event.expected is None else event.expected.amount,
                currency=None if event.expected is None else event.expected.currency,
                graded_at=envelope.recorded_at,
                ended_on=None,
                outcome=None,
                version=envelope.version,
            )
        case IntentGraded() if row is not None:
            return replace(
                row,
                intent_class=event.intent_class,
                grade=event.grade,
                graded_at=envelope.recorded_at,
                version=envelope.version,
            )
        case IntentWon() if row is not None:
            return replace(row, state="WON", ended_on=event.won_on, outcome=event.order_number, version=envelope.version)
        case IntentLost() if row is not None:
            return replace(row, state="LOST", ended_on=event.lost_on, outcome=event.reason, version=envelope.version)
    return row


def folded(envelopes: Iterable[Envelope]) -> IntentRow | None:
    """The row of an intent from its own stream."""
    row: IntentRow | None = None
    for envelope in envelopes:
        row = evolve(row, envelope)
    return row


INTENTS = ReadModel(
    name="intents",
    version=1,
    row=IntentRow,
    columns={
        "intent_id": "uuid",
        "customer_id": "uuid",
        "number": "text",
        "intent_class": "text",
        "grade": "text",
        "state": "text",
        "opened_on": "date",
        "expected_on": "date",
        "expected": "numeric",
        "currency": "text",
        "graded_at": "timestamptz",
        "ended_on": "date",
        "outcome": "text",
        "version": "integer",
    },
    key_column="intent_id",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in (IntentOpened, IntentGraded, IntentWon, IntentLost))},
    key=key,
    evolve=evolve,
)


class Filters(NamedTuple):
    """What a page is narrowed to; None for any."""

    customer_id: UUID | None = None
    salesperson_id: str | None = None
    grade: str | None = None
    intent_class: str | None = None
    state: str | None = None


class Listed(NamedTuple):
    """An intent, and its customer's name (a company's) and salesperson."""

    row: IntentRow
    name: str | None
    salesperson_id: str | None


Place = tuple[str, date, UUID]
_COLUMNS = ", ".join(f"i.{name}" for name in INTENTS.columns)
_CONDITIONS = {
    # What was opened on a merged card is asked for with the one that leads it.
    "customer_id": "i.customer_id IN (SELECT {0} UNION ALL SELECT customer_id FROM {{customers}} WHERE merged_into = {0})",
    "salesperson_id": "c.salesperson_id = {}",
    "grade": "i.grade = {}",
    "intent_class": "i.intent_class = {}",
    "state": "i.state = {}",
}
# Joined, so that what an erased customer thought of buying is on nobody's list.
_PAGE = """
SELECT {columns}, c.name, c.salesperson_id FROM {table} i JOIN {customers} c USING (customer_id)
 WHERE {conditions} ORDER BY i.grade, i.opened_on, i.intent_id LIMIT {limit:d}"""


async def page(c: Connection, schema: str, filters: Filters, after: Place | None, limit: int) -> Sequence[Listed]:
    """Intents by grade, the nearest first, of one grade the oldest first."""
    customers = await live_table(c, schema, "customers")
    where = Conditions()
    where.add_all(_CONDITIONS, filters._asdict())
    where.behind("i.grade, i.opened_on, i.intent_id", after)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, schema, INTENTS),
        customers=customers,
        conditions=where.sql.format(customers=customers),
        limit=limit,
    )
    return [_listed(row) for row in await c.fetch(statement, *where.values)]


def _listed(record: Iterable[Any]) -> Listed:
    *values, name, salesperson = record
    return Listed(IntentRow(*values), name, salesperson)
