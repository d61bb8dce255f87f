"""Which open purchase intents are worth most, by probability times expected amount?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.opportunity import GRADES, NONE, Ended
from services.classification.read_models.intent_steps import STEPS
from services.classification.read_models.prospects import Day, Prospect, standing_in
from services.classification.read_models.purchase_intents import INTENTS
from services.classification.read_models.served import SERVED, Scope
from shared.contracts.intents import Grade
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.narrowing import narrowed
from shared.projections.routing import live_table

_ENDED = """
WITH ended AS (SELECT intent_id, state FROM {intents} WHERE ended_on <= $1 AND state IN ('WON', 'LOST')),
     had AS (SELECT DISTINCT e.intent_id, e.state, x.grade
               FROM ended e JOIN {steps} x ON x.intent_id = e.intent_id AND x.at < $2 AND x.kind IN ('GRADED', 'STATED')
              WHERE x.kind = 'GRADED' OR NOT EXISTS (
                    SELECT FROM {steps} o WHERE o.intent_id = e.intent_id AND o.kind = 'GRADED' AND o.at < $2))
SELECT grade, count(*) AS ended, count(*) FILTER (WHERE state = 'WON') AS won FROM had GROUP BY grade
 UNION ALL SELECT NULL, count(*), count(*) FILTER (WHERE state = 'WON') FROM ended"""
# Whom to stop contacting is no opportunity.
_OPEN = """(SELECT p.*, coalesce(p.grade, p.stated, 'C') AS counted_as FROM ({standing}) p
  WHERE (p.money, p.authority, p.need) IS DISTINCT FROM ('NO', 'NO', 'NONE') AND {conditions}) q"""
_BUSIEST = """
SELECT i.currency FROM {intents} i LEFT JOIN {served} v USING (customer_id)
 WHERE i.opened_on <= $1 AND (i.state = 'OPEN' OR i.ended_on > $1) AND i.currency IS NOT NULL AND {conditions}
 GROUP BY i.currency ORDER BY count(*) DESC, i.currency LIMIT 1"""
# How the intents stand is found out once, for the sums and for the page; without an item there is still one row, of the sums.
_PAGE = """
WITH opened AS MATERIALIZED (SELECT q.*, {probability} AS probability, round(q.expected * {probability}, 4) AS value FROM {open})
SELECT s.open, s.without_amount, s.in_other_currencies, s.total, w.* FROM (
    SELECT count(*) AS open, count(*) FILTER (WHERE expected IS NULL) AS without_amount,
           count(*) FILTER (WHERE currency <> {currency}) AS in_other_currencies,
           coalesce(sum(expected * probability) FILTER (WHERE currency = {currency}), 0) AS total FROM opened) s
  LEFT JOIN (SELECT {names}, counted_as, probability, value FROM opened
              WHERE currency = {currency} AND {place} ORDER BY value DESC, intent_id LIMIT {limit:d}) w ON true
 ORDER BY w.value DESC, w.intent_id"""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """`counted_as`: the grade of the standard, where there is none yet that of persons. `value`: probability times expected amount."""

    prospect: Prospect
    counted_as: Grade
    probability: Decimal
    value: Decimal


class Sums(NamedTuple):
    """`value` of all that are open in the currency; what has no amount, or one in another currency, is counted only."""

    open: int
    without_amount: int
    in_other_currencies: int
    value: Decimal


class Sought(NamedTuple):
    """Whose open intents, as of which day, in one currency, with the probability of each grade."""

    at: Day
    scope: Scope
    currency: str
    probabilities: Mapping[Grade, Decimal]


async def ended_by_grade(c: Connection, schema: str, at: Day) -> tuple[Ended, dict[str, Ended]]:
    """All intents of the company that had ended by a day, and those that ever had each grade."""
    with narrowed(None):
        tables = {"intents": await live_table(c, schema, INTENTS), "steps": await live_table(c, schema, STEPS)}
    rows = await c.fetch(_ENDED.format(**tables), at.day, at.end)
    found = {row["grade"]: Ended(row["ended"], row["won"]) for row in rows}
    return found.pop(None, NONE), found


async def busiest(c: Connection, schema: str, at: Day, scope: Scope) -> str | None:
    """The currency of most open intents."""
    where = Conditions([at.day])
    where.add("v.salesperson_id = {}", scope.salesperson_id)
    where.add("v.area_id = {}", scope.area_id)
    tables = {"intents": await live_table(c, schema, INTENTS), "served": await live_table(c, schema, SERVED)}
    found: str | None = await c.fetchval(_BUSIEST.format(conditions=where.sql, **tables), *where.values)
    return found


async def ranked(
    c: Connection, schema: str, sought: Sought, after: tuple[Decimal, UUID] | None, limit: int
) -> tuple[Sums, Sequence[Opportunity]]:
    """Open intents with an expected amount in the currency, the most valuable first, and the sums of all that are open."""
    where = _where(sought.at, sought.scope)
    places = _placed(where, sought)
    opened = await _open(c, schema, where)
    place = Conditions(where.values)
    place.behind("-value, intent_id", None if after is None else (-after[0], after[1]))
    names = ", ".join(Prospect.__slots__)
    statement = _PAGE.format(names=names, open=opened, place=place.sql, limit=limit, **places)
    rows = await c.fetch(statement, *place.values)
    found = []
    for row in rows:
        _open_now, _without, _others, _total, *values, counted_as, probability, value = row
        if value is not None:
            found.append(Opportunity(Prospect(*values), counted_as, probability, value))
    first = rows[0]
    return Sums(first["open"], first["without_amount"], first["in_other_currencies"], first["total"]), found


def _where(at: Day, scope: Scope) -> Conditions:
    where = Conditions([*at])
    where.add("p.salesperson_id = {}", scope.salesperson_id)
    where.add("p.area_id = {}", scope.area_id)
    return where


async def _open(c: Connection, schema: str, where: Conditions) -> str:
    return _OPEN.format(standing=await standing_in(c, schema), conditions=where.sql)


def _placed(where: Conditions, sought: Sought) -> dict[str, str]:
    """The places of currency and probabilities in the statement; their values are added."""
    where.values += [sought.currency, [sought.probabilities[grade] for grade in GRADES]]
    last = len(where.values)
    return {"currency": f"${last - 1}::text", "probability": f"(${last}::numeric[])[1 + position(q.counted_as IN 'BC')]"}
