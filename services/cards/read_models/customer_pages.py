"""Pages of the list of customers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from services.cards.read_models.customer_row import Customer, sort_name
from services.cards.read_models.customers import CUSTOMERS
from shared.postgres.pool import Connection
from shared.projections.routing import live_table


class Filters(NamedTuple):
    """What a page of the list is narrowed to; None for any."""

    name_prefix: str | None = None
    area_id: str | None = None
    salesperson_id: str | None = None
    kind: str | None = None
    stub: bool | None = None
    nature: str | None = None
    shop_kind: str | None = None
    industry: str | None = None
    customer_ids: Sequence[UUID] | None = None
    merged: bool = False


_COLUMNS = ", ".join(name + ("::text" if kind == "jsonb" else "") for name, kind in CUSTOMERS.columns.items())
_EQUAL = ("area_id", "salesperson_id", "kind", "stub", "nature", "shop_kind", "industry")
_PAGE = "SELECT {columns} FROM {table} WHERE {conditions} ORDER BY sort_name, customer_id LIMIT {limit:d}"


async def page(c: Connection, schema: str, filters: Filters, after: tuple[str, UUID] | None, limit: int) -> list[Customer]:
    """Customers by name, then id, after the given ones; persons and stubs, whose names are not in the list, come first."""
    conditions: list[str] = [f"merged_into IS {'NOT ' if filters.merged else ''}NULL"]
    values: list[object] = []

    def holds(condition: str, *given: object) -> None:
        places = [f"${len(values) + i + 1}" for i in range(len(given))]
        values.extend(given)
        conditions.append(condition.format(*places))

    for name in _EQUAL:
        wanted = getattr(filters, name)
        if wanted is not None:
            holds(name + " = {}", wanted)
    if filters.name_prefix is not None:
        prefix = sort_name(filters.name_prefix)
        holds("sort_name >= {} AND sort_name < {}", prefix, prefix + "\U0010ffff")
    if filters.customer_ids is not None:
        holds("customer_id = ANY({}::uuid[])", list(filters.customer_ids))
    if after is not None:
        holds("(sort_name, customer_id) > ({}, {})", *after)
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, schema, CUSTOMERS),
        conditions=" AND ".join(conditions),
        limit=limit,
    )
    return [Customer(**row) for row in await c.fetch(statement, *values)]


_SOME = "SELECT {columns} FROM {table} WHERE customer_id = ANY($1::uuid[])"


async def customers_of(c: Connection, schema: str, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """These customers, as far as they are in the list."""
    statement = _SOME.format(columns=_COLUMNS, table=await live_table(c, schema, CUSTOMERS))
    return {row["customer_id"]: Customer(**row) for row in await c.fetch(statement, list(customer_ids))}
