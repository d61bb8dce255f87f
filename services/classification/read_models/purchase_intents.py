"""Which purchase intents are there? One row an intent, from cards; beside it how far the service's own grading has come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from shared.contracts.envelope import Envelope
from shared.contracts.intents import IntentLost, IntentOpened, IntentWon, OfIntent
from shared.contracts.prospects import ManAnswered, ProspectGraded
from shared.contracts.topics import CARDS_EVENTS, CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.ddl import SLOTS
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class IntentRow:
    """`state` None: only what the service itself has said has come so far. `outcome`: the order's number, or why it was lost.

    `man_version` counts the answers about money, authority and need, `graded_man` those that the last grade has taken in.
    """

    intent_id: UUID
    customer_id: UUID
    number: str | None = None
    intent_class: str | None = None
    state: str | None = None
    opened_on: date | None = None
    expected_on: date | None = None
    expected: Decimal | None = None
    currency: str | None = None
    ended_on: date | None = None
    outcome: str | None = None
    man_version: int = 0
    graded_man: int | None = None
    grade: str | None = None


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return event.intent_id if isinstance(event, OfIntent | ManAnswered | ProspectGraded) else None


def evolve(row: IntentRow | None, envelope: Envelope) -> IntentRow | None:
    event = envelope.event
    if not isinstance(event, OfIntent | ManAnswered | ProspectGraded):
        return row
    if row is None:
        row = IntentRow(event.intent_id, event.customer_id)
    match event:
        case IntentOpened():
            return replace(
                row,
                number=event.number,
                intent_class=event.intent_class,
                state=row.state or "OPEN",
                opened_on=event.opened_on,
                expected_on=event.expected_on,
                expected=None if event.expected is None else event.expected.amount,
                currency=None if event.expected is None else event.expected.currency,
            )
        case IntentWon():
            return replace(row, state="WON", ended_on=event.won_on, outcome=event.order_number)
        case IntentLost():
            return replace(row, state="LOST", ended_on=event.lost_on, outcome=event.reason)
        case ManAnswered():
            return replace(row, man_version=envelope.version)
        case ProspectGraded():
            return replace(row, graded_man=event.man_version, grade=event.grade)
    return row


INTENTS = ReadModel(
    name="purchase_intents",
    version=1,
    row=IntentRow,
    columns={
        "intent_id": "uuid",
        "customer_id": "uuid",
        "number": "text",
        "intent_class": "text",
        "state": "text",
        "opened_on": "date",
        "expected_on": "date",
        "expected": "numeric",
        "currency": "text",
        "ended_on": "date",
        "outcome": "text",
        "man_version": "integer",
        "graded_man": "integer",
        "grade": "text",
    },
    key_column="intent_id",
    topics={
        CARDS_EVENTS: frozenset({IntentOpened.type, IntentWon.type, IntentLost.type}),
        CLASSIFICATION_EVENTS: frozenset({ManAnswered.type, ProspectGraded.type}),
    },
    key=key,
    evolve=evolve,
)

_OF_INTENT = """
SELECT customer_id FROM {schema}.purchase_intents_{slot} WHERE intent_id = CASE WHEN $1 ~ '^[0-9a-f-]+$' AND length($1) = 36 THEN $1::uuid END
   AND (SELECT live FROM {schema}.routing WHERE read_model = 'purchase_intents') = '{slot}'"""
OF_INTENT = " UNION ALL ".join(_OF_INTENT.replace("{slot}", slot) for slot in SLOTS)
"""The customer of an intent by its id as text, which may be no id at all."""
_ONE = "SELECT {columns} FROM {table} WHERE intent_id = $1 AND state IS NOT NULL"


async def intent_of(c: Connection, schema: str, intent_id: UUID) -> IntentRow | None:
    """The intent as cards has told of it."""
    columns, table = ", ".join(INTENTS.columns), await live_table(c, schema, INTENTS)
    row = await c.fetchrow(_ONE.format(columns=columns, table=table), intent_id)
    return None if row is None else IntentRow(**row)
