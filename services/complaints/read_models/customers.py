"""Which customers are there, under which external ids? Only to find whom a complaint is about: cards owns the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from shared.contracts.cards import CustomerErased, CustomerRegistered, ExternalId, ExternalIdLinked, StubOpened
from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Customer:
    """`external_ids` are `system/value`; a system's name holds no slash. An erased customer keeps them."""

    customer_id: UUID
    external_ids: tuple[str, ...]
    erased: bool


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Customer | None, envelope: Envelope) -> Customer | None:
    if envelope.customer_id is None:
        return row
    row = row or Customer(envelope.customer_id, (), erased=False)
    match envelope.event:
        case CustomerRegistered(external_ids=found):
            return _with(row, found)
        case StubOpened(external_id=found) | ExternalIdLinked(external_id=found):
            return _with(row, (found,))
        case CustomerErased():
            return replace(row, erased=True)
    return row


def _with(row: Customer, ids: Sequence[ExternalId]) -> Customer:
    return replace(row, external_ids=tuple(sorted({*row.external_ids, *map(text_of, ids)})))


def text_of(external_id: ExternalId) -> str:
    return f"{external_id.system}/{external_id.value}"


CUSTOMERS = ReadModel(
    name="customers",
    version=1,
    row=Customer,
    columns={"customer_id": "uuid", "external_ids": "text[]", "erased": "boolean"},
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(cls.type for cls in (CustomerRegistered, StubOpened, ExternalIdLinked, CustomerErased)),
    },
    key=key,
    evolve=evolve,
)

_BY_ID = "SELECT customer_id FROM {table} WHERE customer_id = ANY($1::uuid[])"
_BY_EXTERNAL_ID = """
SELECT i.external_id, c.customer_id FROM {table} c CROSS JOIN LATERAL unnest(c.external_ids) AS i(external_id)
 WHERE c.external_ids && $1::text[] AND i.external_id = ANY($1::text[])"""


async def known(c: Connection, schema: str, customers: Sequence[UUID]) -> set[UUID]:
    """Those of the customers that have a card, erased ones included: what they were sold may still be bad."""
    if not customers:
        return set()
    table = await live_table(c, schema, CUSTOMERS)
    return {row["customer_id"] for row in await c.fetch(_BY_ID.format(table=table), list(customers))}


async def owners(c: Connection, schema: str, ids: Sequence[ExternalId]) -> dict[ExternalId, UUID]:
    """The customers behind external ids; ids of nobody are left out."""
    if not ids:
        return {}
    table = await live_table(c, schema, CUSTOMERS)
    texts = {text_of(one): one for one in ids}
    rows = await c.fetch(_BY_EXTERNAL_ID.format(table=table), list(texts))
    return {texts[row["external_id"]]: row["customer_id"] for row in rows}
