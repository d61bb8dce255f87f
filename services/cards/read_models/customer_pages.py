"""Pages of the list of customers, narrowed by any conditions and in any order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.cards.read_models.customer_fields import SORTS, Condition, sql_of
from services.cards.read_models.customer_row import Customer
from services.cards.read_models.customers import CUSTOMERS
from shared.postgres.pool import Connection
from shared.projections.routing import live_table
from shared.web.pages import SortKey

_COLUMNS = ", ".join(name + ("::text" if kind == "jsonb" else "") for name, kind in CUSTOMERS.columns.items())
_NEVER_NULL = ("sort_name", "changed_at", "stage")
# Only the rows of the page are written out: where no index has the order, the others are just sorted.
_PAGE = """SELECT {columns} FROM (SELECT * FROM {table} WHERE {conditions} ORDER BY {order} LIMIT {limit:d}) AS found
 ORDER BY {order}"""
_SOME = "SELECT {columns} FROM {table} WHERE customer_id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class Query:
    """`merged`: cards that were merged into another one, or all others; None for both. `customer_ids`: only these."""

    conditions: Sequence[Condition] = ()
    sort: str = "name"
    descending: bool = False
    merged: bool | None = False
    customer_ids: Sequence[UUID] | None = field(default=None)


async def page(c: Connection, schema: str, query: Query, after: Sequence[SortKey] | None, limit: int) -> list[Customer]:
    """Customers in the order asked for, then by id, behind `after` (see `place_of`). Those with nothing to sort by come last; persons
    and stubs, whose names are not in the list, come first by name."""
    values: list[object] = []

    def place(value: object) -> str:
        values.append(value)
        return f"${len(values)}"

    holding = [sql_of(condition, place) for condition in query.conditions]
    if query.merged is not None:
        holding.append(f"merged_into IS {'NOT ' if query.merged else ''}NULL")
    if query.customer_ids is not None:
        holding.append(f"customer_id = ANY({place(list(query.customer_ids))}::uuid[])")
    column = SORTS[query.sort]
    if after is not None:
        value, customer_id = _read(column, after[0]), UUID(str(after[1]))
        beyond = "<" if query.descending else ">"
        if value is None:
            holding.append(f"{column} IS NULL AND customer_id {beyond} {place(customer_id)}")
        else:
            behind = f"({column}, customer_id) {beyond} ({place(value)}, {place(customer_id)})"
            holding.append(behind if column in _NEVER_NULL else f"({behind} OR {column} IS NULL)")
    direction = " DESC" if query.descending else ""
    nulls = "" if column in _NEVER_NULL else " NULLS LAST"
    statement = _PAGE.format(
        columns=_COLUMNS,
        table=await live_table(c, schema, CUSTOMERS),
        conditions=" AND ".join(holding) or "true",
        order=f"{column}{direction}{nulls}, customer_id{direction}",
        limit=limit,
    )
    # By place, not by name: the columns are the fields, in order.
    return [Customer(*row) for row in await c.fetch(statement, *values)]


def place_of(row: Customer, query: Query) -> tuple[SortKey, SortKey]:
    """Where a row stands in the order asked for."""
    value = getattr(row, SORTS[query.sort])
    return value.isoformat() if isinstance(value, date) else value, str(row.customer_id)


def _read(column: str, key: SortKey) -> object:
    match CUSTOMERS.columns[column]:
        case "date" if key is not None:
            return date.fromisoformat(str(key))
        case "timestamptz":
            return datetime.fromisoformat(str(key))
    return key


async def customers_of(c: Connection, schema: str, customer_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """These customers, as far as they are in the list."""
    statement = _SOME.format(columns=_COLUMNS, table=await live_table(c, schema, CUSTOMERS))
    return {row["customer_id"]: Customer(*row) for row in await c.fetch(statement, list(customer_ids))}
