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
from shared.contracts.money import decimals
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

Place = tuple[str, Decimal, UUID]
"""Where a row stands in a list: by the better of its classes, then by net sales, then by id."""

# Net sales of a period, and the buyers among them by rank with the sum before each. Margins count for who has the class.
_BOUGHT = """
bought{n} AS MATERIALIZED (
    SELECT customer_id, sum(net) AS net FROM {sold} WHERE day BETWEEN {first} AND {last} AND currency = {currency} GROUP BY 1
), ladder{n} AS MATERIALIZED (
    SELECT customer_id, net, coalesce(sum(net) OVER w, 0) AS before, sum(net) OVER () AS total, row_number() OVER w AS place
      FROM bought{n} WHERE net > 0
    WINDOW w AS (ORDER BY net DESC, customer_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)"""
_CLASS = """CASE WHEN {b}.net IS NULL THEN NULL WHEN {l}.before IS NULL THEN 'C'
     WHEN {l}.before < ({a_below}::numeric + CASE WHEN h.value_class = 'A' THEN {margin}::numeric ELSE 0 END) * {l}.total THEN 'A'
     WHEN {l}.before < ({b_below}::numeric + CASE WHEN h.value_class IN ('A', 'B') THEN {margin}::numeric ELSE 0 END) * {l}.total THEN 'B'
     ELSE 'C' END"""

_OF = " WHERE customer_id IN (SELECT customer_id FROM {served} WHERE {of})"


class _Places:
    """Arguments of a statement, each by its place."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def __call__(self, value: Any) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


def _class(place: _Places, standard: Standard, n: int) -> str:
    return _CLASS.format(
        b=f"b{n}",
        l=f"l{n}",
        a_below=place(standard.a_below),
        b_below=place(standard.b_below),
        margin=place(standard.margin),
    )


async def _bought(c: Connection, schema: str, place: _Places, standard: Standard, last: date, currency: str, n: int) -> str:
    first = first_day(standard, last)
    sold = await sold_table(c, schema)
    return _BOUGHT.format(n=n, sold=sold, first=place(first), last=place(last), currency=place(currency))


async def _whose(c: Connection, schema: str, place: _Places, scope: Scope) -> str:
    """Only customers of the scope; classes are the company's, whatever the scope."""
    if scope == Scope():
        return ""
    wanted = {name: value for name, value in scope._asdict().items() if value is not None}
    of = " AND ".join(f"{name} = {place(value)}" for name, value in wanted.items())
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


_OUTLOOK = """WITH {bought}, classed AS (
    SELECT customer_id, h.value_class AS held, {becomes} AS becomes, coalesce(b0.net, 0) AS net
      FROM {held} h LEFT JOIN bought0 b0 USING (customer_id) LEFT JOIN ladder0 l0 USING (customer_id) WHERE h.value_class IS NOT NULL
), falling AS MATERIALIZED (
    SELECT * FROM classed WHERE becomes IS NULL OR becomes > held
), listed AS (
    SELECT * FROM falling{whose}
), borders AS (
    SELECT f.held, b.below, max(greatest(f.net, 0)) AS most FROM falling f JOIN (VALUES {borders}) b (held, below) USING (held) GROUP BY 1, 2
), reach AS (
    SELECT o.held, min(l.place) FILTER (WHERE l.before >= o.below * (l.total - o.most - {slack} + l.net)) - 2 AS low,
           min(l.place) FILTER (WHERE l.before >= o.below * (l.total + {slack} + l.net)) + 1 AS high, max(l.place) AS last
      FROM borders o CROSS JOIN ladder0 l GROUP BY 1
)
(SELECT 0 AS kind, NULL::uuid AS customer_id, held, becomes, NULL::numeric AS net, NULL::numeric AS before, count(*) AS n
   FROM listed GROUP BY held, becomes)
UNION ALL
(SELECT 1, customer_id, held, becomes, net, NULL, NULL FROM listed WHERE {conditions} ORDER BY held, -net, customer_id LIMIT {limit:d})
UNION ALL
(SELECT 2, l.customer_id, r.held, NULL, l.net, l.before, l.place FROM reach r JOIN ladder0 l ON l.place BETWEEN coalesce(r.low, r.last - 2)
    AND coalesce(r.high, r.last))
UNION ALL
(SELECT 3, NULL, NULL, NULL, max(total), NULL, NULL FROM ladder0)"""


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
    bought = await _bought(c, schema, place, standard, on, currency, 0)
    becomes = _class(place, standard, 0)
    borders = ", ".join(f"('{one}', {place(standard.falls_at(one))}::numeric)" for one in ("A", "B"))
    slack = f"{place(2 * Decimal(1).scaleb(-decimals(currency)))}::numeric"
    whose = await _whose(c, schema, place, scope)
    where = Conditions(place.values)
    where.add("held = {}", held)
    where.behind("held, -net, customer_id", after)
    statement = _OUTLOOK.format(
        bought=bought,
        becomes=becomes,
        held=await live_table(c, schema, VALUE_CLASSES),
        whose=whose,
        borders=borders,
        slack=slack,
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


_PREVIEW = """WITH {bought_in_force}, {bought_wanted}, classed AS MATERIALIZED (
    SELECT customer_id, {class_in_force} AS in_force, {class_wanted} AS wanted, h.value_class AS held, coalesce(b0.net, b1.net) AS net
      FROM bought0 b0 FULL JOIN bought1 b1 USING (customer_id) LEFT JOIN ladder0 l0 USING (customer_id)
      LEFT JOIN ladder1 l1 USING (customer_id) LEFT JOIN {held} h USING (customer_id)
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
    bought = [await _bought(c, schema, place, one, period_to, currency, n) for n, one in enumerate((in_force, wanted))]
    classes = [_class(place, one, n) for n, one in enumerate((in_force, wanted))]
    whose = await _whose(c, schema, place, scope)
    where = Conditions(place.values)
    where.behind("better, -net, customer_id", after)
    statement = _PREVIEW.format(
        bought_in_force=bought[0],
        bought_wanted=bought[1],
        class_in_force=classes[0],
        class_wanted=classes[1],
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
