"""Value classes from what was sold, by any standard and period, without a run: who falls by a day, and whom a standard would move.

Classes are given as domain/value_class.py gives them; the tests hold both together. What a customer has so far comes from the last runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.domain.standard import first_day
from services.classification.domain.value_class import Rung, Sales, Standard
from services.classification.read_models.served import SERVED, Scope
from services.classification.read_models.sold import sold_table
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClass
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed, narrowing
from shared.projections.routing import live_table

Place = tuple[str, Decimal, UUID]
"""Where a row stands in a list: by the better of its classes, then by net sales, then by id."""

# Net sales of a period by rank with the sum before each, and the sums at which classes end; margins count for who has the class.
# Buyers come before those who returned as much or more, so the sum before a buyer is that of buyers.
_RANKED = """
ranked{n} AS MATERIALIZED (
    SELECT customer_id, net, coalesce(sum(net) OVER w, 0) AS before, row_number() OVER w AS place
      FROM (SELECT customer_id, sum(net) AS net FROM {sold} WHERE day BETWEEN {first} AND {last} AND currency = {currency} GROUP BY 1) b
    WINDOW w AS (ORDER BY net DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), whole{n} AS MATERIALIZED (SELECT coalesce(sum(net) FILTER (WHERE net > 0), 0) AS total FROM ranked{n}),
ends{n} AS MATERIALIZED (
    SELECT total, {a_below}::numeric * total AS a_ends, {b_below}::numeric * total AS b_ends, {a_falls}::numeric * total AS a_falls,
           {b_falls}::numeric * total AS b_falls FROM whole{n}
)"""
_CLASS = """CASE WHEN r{n}.net IS NULL THEN NULL WHEN r{n}.net <= 0 THEN 'C'
     WHEN r{n}.before < CASE WHEN h.value_class = 'A' THEN (SELECT a_falls FROM ends{n}) ELSE (SELECT a_ends FROM ends{n}) END THEN 'A'
     WHEN r{n}.before < CASE WHEN h.value_class IN ('A', 'B') THEN (SELECT b_falls FROM ends{n}) ELSE (SELECT b_ends FROM ends{n}) END
     THEN 'B' ELSE 'C' END"""
_OF = " WHERE customer_id IN (SELECT customer_id FROM {served} WHERE {of})"


class _Places:
    """Arguments of a statement, each by its place."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


async def _ranked(c: Connection, schema: str, place: _Places, standard: Standard, last: date, currency: str, n: int) -> str:
    with narrowed(None):
        sold = await sold_table(c, schema)
    return _RANKED.format(
        n=n,
        sold=sold,
        first=place(first_day(standard, last)),
        last=place(last),
        currency=place(currency),
        a_below=place(standard.a_below),
        b_below=place(standard.b_below),
        a_falls=place(standard.falls_at("A")),
        b_falls=place(standard.falls_at("B")),
    )


async def _whose(c: Connection, schema: str, place: _Places, scope: Scope) -> str:
    """Only customers of the scope whom the caller may know of; classes are the company's, whatever the scope and the caller."""
    wanted = {name: value for name, value in scope._asdict().items() if value is not None}
    if not wanted and narrowing() is None:
        return ""
    of = " AND ".join(f"{name} = {place(value)}" for name, value in wanted.items()) or "true"
    return _OF.format(served=await live_table(c, schema, SERVED), of=of)


@dataclass(frozen=True, slots=True)
class Falling:
    """Who has the class `held` and would have `becomes` at the end of a day; None: it is no buyer any more. `net`: what is left of
    its sales in the period of that day."""

    customer_id: UUID
    held: ValueClass
    becomes: ValueClass | None
    net: Decimal


class Outlook(NamedTuple):
    """A page of those who fall, how many fall from and to which class, and what it takes to say how much each has to buy.

    `rungs`: by class held, the places at which its border can be met; `total`: net sales of all buyers.
    """

    falling: Sequence[Falling]
    counts: Mapping[tuple[str | None, str | None], int]
    rungs: Mapping[str, Sequence[Rung]]
    total: Decimal


# Whoever falls lies behind the border, so the place where its growth meets overtaking is that of the first behind it, or the next.
_OUTLOOK = """WITH {ranked}, falling AS MATERIALIZED (
    SELECT * FROM (SELECT customer_id, h.value_class AS held, {becomes} AS becomes, coalesce(r0.net, 0) AS net
                     FROM {held} h LEFT JOIN ranked0 r0 USING (customer_id) WHERE h.value_class IS NOT NULL) f
     WHERE becomes IS NULL OR becomes > held
), listed AS (
    SELECT * FROM falling{whose}
), borders AS (
    SELECT count(*) FILTER (WHERE before < (SELECT a_falls FROM ends0)) AS a, count(*) FILTER (WHERE before < (SELECT b_falls FROM ends0)) AS b
      FROM ranked0 WHERE net > 0
)
(SELECT 0 AS kind, NULL::uuid AS customer_id, held, becomes, NULL::numeric AS net, NULL::numeric AS before, count(*) AS n
   FROM listed GROUP BY held, becomes)
UNION ALL
(SELECT 1, customer_id, held, becomes, net, NULL, NULL FROM listed WHERE {conditions} ORDER BY held, -net, customer_id LIMIT {limit:d})
UNION ALL
(SELECT 2, r.customer_id, 'A', NULL, r.net, r.before, r.place FROM ranked0 r JOIN borders o ON r.place BETWEEN o.a - 3 AND o.a + 5 WHERE net > 0)
UNION ALL
(SELECT 2, r.customer_id, 'B', NULL, r.net, r.before, r.place FROM ranked0 r JOIN borders o ON r.place BETWEEN o.b - 3 AND o.b + 5 WHERE net > 0)
UNION ALL
(SELECT 3, NULL, NULL, NULL, total, NULL, NULL FROM whole0)"""


async def outlook(
    c: Connection,
    schema: str,
    standard: Standard,
    on: date,
    currency: str,
    *,
    held: ValueClass | None,
    scope: Scope,
    after: Place | None,
    limit: int,
) -> Outlook:
    """Who falls by the end of the day `on`, if nobody buys anything until then, by the class held and the sales left."""
    place = _Places()
    ranked = await _ranked(c, schema, place, standard, on, currency, 0)
    whose = await _whose(c, schema, place, scope)
    where = Conditions(place.values)
    where.add("held = {}", held)
    where.behind("held, -net, customer_id", after)
    statement = _OUTLOOK.format(
        ranked=ranked,
        becomes=_CLASS.format(n=0),
        held=await live_table(c, schema, VALUE_CLASSES),
        whose=whose,
        conditions=where.sql,
        limit=limit,
    )
    return _outlook(await c.fetch(statement, *where.values))


def _outlook(rows: Sequence[Any]) -> Outlook:
    falling: list[Falling] = []
    counts: dict[tuple[str | None, str | None], int] = {}
    rungs: dict[str, list[Rung]] = {"A": [], "B": []}
    total = Decimal(0)
    for row in rows:
        match row["kind"]:
            case 0:
                counts[row["held"], row["becomes"]] = row["n"]
            case 1:
                falling.append(Falling(row["customer_id"], row["held"], row["becomes"], row["net"]))
            case 2:
                rungs[row["held"]].append(Rung(row["before"], Sales(row["customer_id"], row["net"])))
            case _:
                total = row["net"] or total
    # Behind everybody is a place as well.
    return Outlook(falling, counts, {held: [*found, Rung(total, None)] for held, found in rungs.items()}, total)


@dataclass(frozen=True, slots=True)
class Moved:
    """Whom a standard would move: the class by the one in force, by the one wanted, and the one that was given last."""

    customer_id: UUID
    in_force: ValueClass | None
    wanted: ValueClass | None
    held: ValueClass | None
    net: Decimal
    place: Place


class Preview(NamedTuple):
    """`counts`: how many customers have which class by the standard in force and which by the one wanted, those who stay among them."""

    moved: Sequence[Moved]
    counts: Mapping[tuple[str | None, str | None], int]


_PREVIEW = """WITH {in_force}, {wanted}, classed AS MATERIALIZED (
    SELECT customer_id, {class_in_force} AS in_force, {class_wanted} AS wanted, h.value_class AS held, coalesce(r0.net, r1.net) AS net
      FROM ranked0 r0 FULL JOIN ranked1 r1 USING (customer_id) LEFT JOIN {held} h USING (customer_id)
), listed AS (
    SELECT *, least(in_force, wanted) AS better FROM classed{whose}
)
(SELECT NULL::uuid AS customer_id, in_force, wanted, NULL AS held, NULL::numeric AS net, NULL AS better, count(*) AS n
   FROM listed GROUP BY in_force, wanted)
UNION ALL
(SELECT customer_id, in_force, wanted, held, net, better, NULL FROM listed WHERE in_force IS DISTINCT FROM wanted AND {conditions}
  ORDER BY better, -net, customer_id LIMIT {limit:d})"""


async def preview(
    c: Connection,
    schema: str,
    in_force: Standard,
    wanted: Standard,
    period_to: date,
    currency: str,
    *,
    scope: Scope,
    after: Place | None,
    limit: int,
) -> Preview:
    """What the other standard would give where the one in force gives another class, both in their periods that end on `period_to`."""
    place = _Places()
    ranked = [await _ranked(c, schema, place, one, period_to, currency, n) for n, one in enumerate((in_force, wanted))]
    whose = await _whose(c, schema, place, scope)
    where = Conditions(place.values)
    where.behind("better, -net, customer_id", after)
    statement = _PREVIEW.format(
        in_force=ranked[0],
        wanted=ranked[1],
        class_in_force=_CLASS.format(n=0),
        class_wanted=_CLASS.format(n=1),
        held=await live_table(c, schema, VALUE_CLASSES),
        whose=whose,
        conditions=where.sql,
        limit=limit,
    )
    rows = await c.fetch(statement, *where.values)
    moved = [
        Moved(
            customer_id=row["customer_id"],
            in_force=row["in_force"],
            wanted=row["wanted"],
            held=row["held"],
            net=row["net"],
            place=(row["better"], -row["net"], row["customer_id"]),
        )
        for row in rows
        if row["customer_id"] is not None
    ]
    return Preview(moved, {(row["in_force"], row["wanted"]): row["n"] for row in rows if row["customer_id"] is None})
