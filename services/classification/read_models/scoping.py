"""Which sales a question is about: period, currency and scope, as one piece of SQL that all analyses begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from services.classification.read_models.customer_sales import busiest_currency
from services.classification.read_models.served import SERVED, Scope
from services.classification.read_models.sold import SOLD, sold_table
from shared.postgres.pool import Connection
from shared.projections.reached import basis as basis_of
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

_SALES = """SELECT s.customer_id, s.day, s.article, s.quantity, s.net, s.cost, s.costed_net FROM {table} s{join}
 WHERE s.day BETWEEN $1 AND $2 AND s.currency = $3{conditions}"""
_CUSTOMERS = "SELECT s.* FROM {table} s{join} WHERE true{conditions}"


class Question(NamedTuple):
    """The sales of the business days `first` through `last`, in one currency, of the customers of a scope as they are served now.

    No currency: nothing was sold in any of them.
    """

    first: date
    last: date
    currency: str | None
    scope: Scope = Scope()

    def filters(self) -> dict[str, Any]:
        """What the cursor of a list is bound to."""
        return {"first": self.first, "last": self.last, "currency": self.currency, **self.scope._asdict()}


class Selected(NamedTuple):
    """A query, to be put in brackets, and its arguments $1 and so on; those of the statement around it begin at `following`."""

    sql: str
    arguments: tuple[Any, ...]

    @property
    def following(self) -> int:
        return len(self.arguments) + 1


async def in_currency(c: Connection, schema: str, asked: Question) -> Question:
    """The question with its currency: the one asked for, else that with the most sales in the months of the period."""
    if asked.currency is not None:
        return asked
    return asked._replace(currency=await busiest_currency(c, schema, asked.first, asked.last))


async def scoped_sales(c: Connection, schema: str, asked: Question) -> Selected:
    """Rows of `sold` (customer_id, day, article, quantity, net, cost, costed_net) that the question is about."""
    join, conditions, arguments = await _scope(c, schema, asked.scope, (asked.first, asked.last, asked.currency))
    table = await sold_table(c, schema)
    return Selected(_SALES.format(table=table, join=join, conditions=conditions), arguments)


async def scoped_customers(c: Connection, schema: str, scope: Scope, *, table: str, arguments: Sequence[Any] = ()) -> Selected:
    """Rows `s.*` of a table with a customer_id, such as `profiles`, of the customers of a scope. `arguments` come before its own."""
    join, conditions, found = await _scope(c, schema, scope, tuple(arguments))
    return Selected(_CUSTOMERS.format(table=table, join=join, conditions=conditions), found)


async def _scope(c: Connection, schema: str, scope: Scope, before: tuple[Any, ...]) -> tuple[str, str, tuple[Any, ...]]:
    wanted = {name: value for name, value in scope._asdict().items() if value is not None}
    if not wanted:
        # The whole company: nobody has to be looked up.
        return "", "", before
    conditions = "".join(f" AND v.{name} = ${at}" for at, name in enumerate(wanted, len(before) + 1))
    return f" JOIN {await live_table(c, schema, SERVED)} v USING (customer_id)", conditions, (*before, *wanted.values())


async def basis(c: Connection, schema: str, models: Sequence[ReadModel[Any]] = (SOLD,)) -> list[dict[str, str]]:
    """What an answer comes from: what was sold, unless other read models are named."""
    return await basis_of(c, schema, models)
