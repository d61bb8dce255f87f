"""Who is to be visited or called by when, by the care that its value class gets? From the classes and what was invested in person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.mark_columns import MarkDay, mark_columns
from services.classification.read_models.profiles import profiles_table
from services.classification.read_models.served import Scope
from shared.contracts.customer_grades import ServiceLevelsPublished
from shared.postgres.conditions import Conditions
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

_FIELDS = ("value_class", "carer", "visit_days", "contact_days")
_MARKS = ("value_class", "class_since", "salesperson_id", "area_id")
IN_PERSON = ("VISIT", "SUPPORT", "TRAINING")


class DueCare(NamedTuple):
    """`visit_due_on` counts from the last visit, `contact_due_on` from the last contact in person; who never had one is due at once,
    so both are the day from which the class holds. `due_on` is the earlier of them."""

    customer_id: UUID
    value_class: str
    carer: str
    salesperson_id: str | None
    area_id: str | None
    last_visit_on: date | None
    last_contact_on: date | None
    visit_due_on: date
    contact_due_on: date
    due_on: date


class Wanted(NamedTuple):
    """`due_by`: only who is due on that day or before."""

    value_class: str | None = None
    carer: str | None = None
    due_by: date | None = None
    customer_id: UUID | None = None


_DUE = """
WITH cared AS (
  SELECT customer_id, max(spent_on) FILTER (WHERE kind = 'VISIT') AS visit_on, max(spent_on) AS contact_on
    FROM {investments} WHERE kind = ANY($1::text[]) AND spent_on <= $2 GROUP BY customer_id),
due AS (
  SELECT b.customer_id, {value_class} AS value_class, l.carer, {salesperson_id} AS salesperson_id, {area_id} AS area_id, k.visit_on, k.contact_on,
         coalesce(k.visit_on + l.visit_days, {class_since}) AS visit_due_on,
         coalesce(k.contact_on + l.contact_days, {class_since}) AS contact_due_on
    FROM {profiles} b
  {joins}
    JOIN unnest($3::text[], $4::text[], $5::int[], $6::int[]) AS l(value_class, carer, visit_days, contact_days)
      ON l.value_class = {value_class}
    LEFT JOIN cared k ON k.customer_id = b.customer_id)
SELECT *, least(visit_due_on, contact_due_on) AS due_on FROM due WHERE {conditions} ORDER BY due_on, customer_id LIMIT {limit:d}"""


async def due_care(
    c: Connection,
    schema: str,
    at: MarkDay,
    levels: ServiceLevelsPublished,
    scope: Scope,
    wanted: Wanted,
    after: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[DueCare]:
    """Customers of the classes that have a level, the most urgent first, as of the end of a day."""
    columns = await mark_columns(c, schema, _MARKS, at)
    given = levels.levels
    arguments: list[Any] = [list(IN_PERSON), at.day, *([getattr(one, name) for one in given] for name in _FIELDS)]
    where = Conditions(arguments)
    where.add("salesperson_id = {}", scope.salesperson_id)
    where.add("area_id = {}", scope.area_id)
    where.add("value_class = {}", wanted.value_class)
    where.add("carer = {}", wanted.carer)
    where.add("customer_id = {}", wanted.customer_id)
    where.add("least(visit_due_on, contact_due_on) <= {}", wanted.due_by)
    where.behind("least(visit_due_on, contact_due_on), customer_id", after)
    statement = _DUE.format(
        investments=await live_table(c, schema, INVESTMENTS),
        profiles=await profiles_table(c, schema),
        **columns.of,
        joins=columns.joins,
        conditions=where.sql,
        limit=limit,
    )
    return [DueCare(*row) for row in await c.fetch(statement, *where.values)]
