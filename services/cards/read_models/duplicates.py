"""Which two cards may be of one customer? Asked of the list, the search hashes and the external ids: no fold of its own.

Customers are gone through in the order of their ids, so many at a time, each beside those behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.cards.read_models.customers import CUSTOMERS
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

Reason = Literal["name", "number", "telephone", "email", "address"]

NUMBER_SAYS_MUCH = 9
"""From so many characters on an equal number in two systems is no accident: public registers give at least nine (DUNS 9, Japan 13,
China 18), while any two systems have a customer 1077. Within one system numbers that differ in their spelling only are enough."""
MOST_OF_ONE = 20
"""With so many others is a customer paired by one sign at most: what more of them have in common, such as the telephone of a shopping
centre, tells little about two. Merged cards are none of them: who goes through the pairs and merges gets to the end."""
LOOKED_AT = 5000
FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Pair:
    first: UUID
    second: UUID
    reasons: tuple[Reason, ...]


_WINDOW = "SELECT customer_id FROM {table} WHERE customer_id > $1 ORDER BY customer_id LIMIT {looked_at:d}"
_PAIRS = """
WITH looked AS MATERIALIZED (
    SELECT customer_id, name_key FROM {table} WHERE {which} AND merged_into IS NULL),
found AS (
    SELECT l.customer_id AS first, o.customer_id AS second, 'name' AS reason
      FROM looked l CROSS JOIN LATERAL (
           SELECT t.customer_id FROM {table} t
            WHERE t.name_key = l.name_key AND t.customer_id {beside} l.customer_id AND t.merged_into IS NULL
            ORDER BY t.customer_id LIMIT {most:d}) o
     WHERE l.name_key <> ''
    UNION ALL
    SELECT l.customer_id, o.customer_id, s.sign
      FROM looked l JOIN {schema}.customer_search s ON s.customer_id = l.customer_id AND s.sign <> 'other'
     CROSS JOIN LATERAL (
           SELECT t.customer_id FROM {schema}.customer_search t JOIN {table} c ON c.customer_id = t.customer_id AND c.merged_into IS NULL
            WHERE t.hash = s.hash AND t.sign <> 'other' AND t.customer_id {beside} l.customer_id
            ORDER BY t.customer_id LIMIT {most:d}) o
    UNION ALL
    SELECT l.customer_id, o.customer_id, 'number'
      FROM looked l JOIN {schema}.external_ids s ON s.customer_id = l.customer_id
     CROSS JOIN LATERAL (
           SELECT t.customer_id FROM {schema}.external_ids t JOIN {table} c ON c.customer_id = t.customer_id AND c.merged_into IS NULL
            WHERE {schema}.number_key(t.value) = {schema}.number_key(s.value) AND t.customer_id {beside} l.customer_id
              AND (t.system = s.system OR length({schema}.number_key(t.value)) >= {says_much:d})
            ORDER BY t.customer_id LIMIT {most:d}) o)
SELECT first, second, array_agg(DISTINCT reason) AS reasons
  FROM found GROUP BY first, second HAVING count(DISTINCT reason) >= $3 ORDER BY first, second"""


async def of_customer(c: Connection, schema: str, customer_id: UUID, agreeing: int) -> list[Pair]:
    """Those who may be the same customer as this one, which is the first of each pair."""
    return await _pairs(c, schema, "customer_id = ANY(ARRAY[$1::uuid, $2])", "<>", (customer_id, customer_id), agreeing)


async def next_pairs(c: Connection, schema: str, after: UUID, agreeing: int) -> tuple[list[Pair], UUID | None]:
    """Pairs of the next customers behind `after`, and the last of these customers; None when there are no more.

    `agreeing`: only pairs for which at least so many reasons speak.
    """
    table = await live_table(c, schema, CUSTOMERS)
    window = await c.fetch(_WINDOW.format(table=table, looked_at=LOOKED_AT), after)
    if not window:
        return [], None
    last = window[-1]["customer_id"]
    found = await _pairs(c, schema, "customer_id > $1 AND customer_id <= $2", ">", (after, last), agreeing)
    return found, last if len(window) == LOOKED_AT else None


async def _pairs(
    c: Connection, schema: str, which: str, beside: Literal[">", "<>"], bounds: tuple[UUID, UUID], agreeing: int
) -> list[Pair]:
    table = await live_table(c, schema, CUSTOMERS)
    statement = _PAIRS.format(
        schema=schema, table=table, which=which, beside=beside, most=MOST_OF_ONE, says_much=NUMBER_SAYS_MUCH
    )
    return [Pair(row["first"], row["second"], tuple(row["reasons"])) for row in await c.fetch(statement, *bounds, agreeing)]
