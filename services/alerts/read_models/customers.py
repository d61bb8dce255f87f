"""Which customers are there, under which names and external ids, and who serves them? Cards owns the answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.contracts.cards import (
    BasicsRevised,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    SalespersonAssigned,
    StubOpened,
)
from shared.contracts.envelope import Envelope
from shared.contracts.relations import MergedInto
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class Customer:
    """`name` is a company's, `named_at` the beginning of the business day from which it holds. `external_ids` are `system/value`;
    a system's name holds no slash. `assigned_at`: as `named_at`, of area and salesperson. `merged_into`: the card that leads this one."""

    customer_id: UUID
    name: str | None
    named_at: datetime | None
    external_ids: tuple[str, ...]
    area_id: str | None = None
    salesperson_id: str | None = None
    assigned_at: datetime | None = None
    merged_into: UUID | None = None


def key(envelope: Envelope) -> UUID | None:
    return envelope.customer_id


def evolve(row: Customer | None, envelope: Envelope) -> Customer | None:
    if envelope.customer_id is None:
        return row
    row = row or Customer(envelope.customer_id, None, None, ())
    match envelope.event:
        case CustomerRegistered() as event:
            row = _named(row, event.basics.name, envelope.occurred_at)
            return _with(_assigned(row, event.area_id, event.salesperson_id, envelope.occurred_at), event.external_ids)
        case SalespersonAssigned() as event:
            return _assigned(row, event.area_id, event.salesperson_id, envelope.occurred_at)
        case BasicsRevised(basics=basics):
            return _named(row, basics.name, envelope.occurred_at)
        case StubOpened(external_id=found) | ExternalIdLinked(external_id=found):
            return _with(row, (found,))
        case MergedInto(lead_id=lead):
            return replace(row, merged_into=lead)
    return row


def _named(row: Customer, name: str | None, at: datetime) -> Customer:
    # A name that is entered late and held earlier does not displace the present one.
    return row if row.named_at is not None and row.named_at > at else replace(row, name=name, named_at=at)


def _assigned(row: Customer, area_id: str | None, salesperson_id: str | None, at: datetime) -> Customer:
    if row.assigned_at is not None and row.assigned_at > at:
        return row
    return replace(row, area_id=area_id, salesperson_id=salesperson_id, assigned_at=at)


def _with(row: Customer, ids: Sequence[ExternalId]) -> Customer:
    return replace(row, external_ids=tuple(sorted({*row.external_ids, *map(text_of, ids)})))


def text_of(external_id: ExternalId) -> str:
    return f"{external_id.system}/{external_id.value}"


CUSTOMERS = ReadModel(
    name="customers",
    version=4,
    row=Customer,
    columns={
        "customer_id": "uuid",
        "name": "text",
        "named_at": "timestamptz",
        "external_ids": "text[]",
        "area_id": "text",
        "salesperson_id": "text",
        "assigned_at": "timestamptz",
        "merged_into": "uuid",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset(
            cls.type for cls in (CustomerRegistered, StubOpened, BasicsRevised, ExternalIdLinked, SalespersonAssigned, MergedInto)
        )
    },
    key=key,
    evolve=evolve,
)

_BY_ID = "SELECT customer_id FROM {table} WHERE customer_id = $1"
_BY_EXTERNAL_ID = "SELECT customer_id FROM {table} WHERE external_ids && ARRAY[$1::text]"


async def find(c: Connection, customer_id: UUID | None, external_id: ExternalId | None) -> UUID | None:
    """The customer with this id or this external id; None when there is none."""
    table = await live_table(c, "alerts", CUSTOMERS)
    found: UUID | None = None
    if customer_id is not None:
        found = await c.fetchval(_BY_ID.format(table=table), customer_id)
    elif external_id is not None:
        found = await c.fetchval(_BY_EXTERNAL_ID.format(table=table), text_of(external_id))
    return found


_NAME = "SELECT name FROM {table} WHERE customer_id = $1"


async def name_of(c: Connection, customer_id: UUID) -> str | None:
    """The name of a company; None for persons and for customers not known yet."""
    name: str | None = await c.fetchval(_NAME.format(table=await live_table(c, "alerts", CUSTOMERS)), customer_id)
    return name


_NAMES = "SELECT customer_id, name FROM {table} WHERE customer_id = ANY($1::uuid[]) AND name IS NOT NULL"


async def names_of(c: Connection, customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of the companies among them."""
    table = await live_table(c, "alerts", CUSTOMERS)
    return {row["customer_id"]: row["name"] for row in await c.fetch(_NAMES.format(table=table), list(customer_ids))}


class Serving(NamedTuple):
    """Whose customer it is; None where nobody was named."""

    area_id: str | None
    salesperson_id: str | None


_SERVING = "SELECT customer_id, area_id, salesperson_id FROM {table} WHERE customer_id = ANY($1::uuid[])"


async def serving(c: Connection, customers: Sequence[UUID]) -> dict[UUID, Serving]:
    """Who serves these customers; those not known yet are left out."""
    rows = await c.fetch(_SERVING.format(table=await live_table(c, "alerts", CUSTOMERS)), list(customers))
    return {row["customer_id"]: Serving(row["area_id"], row["salesperson_id"]) for row in rows}
