"""From which month on is what expected of each customer? One row a customer, currency and first month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from services.classification.domain.expectation import Expectation, Expectations
from services.classification.read_models.scoping import scoped_customers
from services.classification.read_models.served import Scope
from shared.contracts.agreements import ExpectationSet
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class ExpectedLevel:
    """Net sales a month, a share of the company's as a fraction, or both; neither: nothing is expected from that month on."""

    level: str
    customer_id: UUID
    currency: str
    from_on: date
    monthly: Decimal | None
    share: Decimal | None


def key(envelope: Envelope) -> str | None:
    event = envelope.event
    return _key(event) if isinstance(event, ExpectationSet) else None


def _key(event: ExpectationSet) -> str:
    return f"{event.customer_id}/{event.currency}/{event.from_on.replace(day=1)}"


def evolve(row: ExpectedLevel | None, envelope: Envelope) -> ExpectedLevel | None:
    event = envelope.event
    if not isinstance(event, ExpectationSet):
        return row
    monthly = None if event.monthly is None else event.monthly.amount
    return ExpectedLevel(_key(event), event.customer_id, event.currency, event.from_on.replace(day=1), monthly, event.share)


EXPECTED_LEVELS = ReadModel(
    name="expected_levels",
    version=1,
    row=ExpectedLevel,
    columns={
        "level": "text",
        "customer_id": "uuid",
        "currency": "text",
        "from_on": "date",
        "monthly": "numeric",
        "share": "numeric",
    },
    key_column="level",
    topics={CLASSIFICATION_EVENTS: frozenset({ExpectationSet.type})},
    key=key,
    evolve=evolve,
)

_PAGE = """SELECT DISTINCT customer_id FROM ({selected}) s WHERE ${after}::uuid IS NULL OR customer_id > ${after}
 ORDER BY customer_id LIMIT ${limit}"""
_LEVELS = "SELECT customer_id, currency, from_on, monthly, share FROM {table} WHERE customer_id = ANY($1)"


async def customers_expected_of(c: Connection, schema: str, scope: Scope, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Customers of a scope of whom something was ever stated, by id."""
    selected = await scoped_customers(c, schema, scope, table=await live_table(c, schema, EXPECTED_LEVELS))
    statement = _PAGE.format(selected=selected.sql, after=selected.following, limit=selected.following + 1)
    return [row["customer_id"] for row in await c.fetch(statement, *selected.arguments, after, limit)]


async def levels_of(c: Connection, schema: str, customers: Sequence[UUID]) -> dict[UUID, Expectations]:
    """What was stated of each of the customers; those of whom nothing was are left out."""
    found: dict[UUID, dict[tuple[str, date], Expectation]] = {}
    for row in await c.fetch(_LEVELS.format(table=await live_table(c, schema, EXPECTED_LEVELS)), customers):
        one = Expectation(row["from_on"], row["currency"], row["monthly"], row["share"])
        found.setdefault(row["customer_id"], {})[row["currency"], row["from_on"]] = one
    return dict(found)
