"""Whom would another standard of the company's own grades move? Both standards over everybody's figures, in one statement.

The conditions become SQL here, so that a million customers are judged where their figures are; `domain.customer_grade` says the same of
one customer, and gives the reasons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from services.classification.read_models.grade_figures import NAMES, Known, currency_of, figures_sql
from services.classification.read_models.mark_columns import MarkDay
from shared.contracts.customer_grades import CustomerGradeStandardPublished, GradeCondition
from shared.postgres.pool import Connection


class Moving(NamedTuple):
    """A customer whose grade would be another one, with the figures of the standard that would give it."""

    known: Known
    grade: str | None
    would_be: str | None


class GradeMoves(NamedTuple):
    """How many customers go from which grade to which, those that stay among them; and the first that move, by id."""

    customers: Mapping[tuple[str | None, str | None], int]
    first: Sequence[Moving]


_MOVES = """
WITH graded AS MATERIALIZED (SELECT known.*, {in_force} AS grade, {would_be} AS would_be FROM ({figures}) known {now}),
counts AS (SELECT grade, would_be, count(*) AS customers FROM graded GROUP BY grade, would_be),
page AS (SELECT * FROM graded WHERE grade IS DISTINCT FROM would_be ORDER BY customer_id LIMIT {limit:d})
SELECT (SELECT jsonb_agg(jsonb_build_array(grade, would_be, customers))::text FROM counts) AS counts, page.*
  FROM (SELECT) once LEFT JOIN page ON true ORDER BY customer_id"""
# Of another period or currency: what the standard in force makes of its own figures.
_NOW = "LEFT JOIN (SELECT known.customer_id, {grade} AS grade FROM ({figures}) known) now ON now.customer_id = known.customer_id"
_counts = msgspec.json.Decoder(list[tuple[str | None, str | None, int]])


async def grade_moves(
    c: Connection,
    schema: str,
    at: MarkDay,
    in_force: CustomerGradeStandardPublished,
    wanted: CustomerGradeStandardPublished,
    limit: int,
) -> GradeMoves:
    """As of the end of a day. Both standards have to be sound."""
    arguments: list[Any] = [await currency_of(c, schema, at, wanted)]
    figures = await figures_sql(c, schema, at, wanted, "$1")
    would_be, grade, now = _grade(wanted, arguments), _grade(in_force, arguments), ""
    if (in_force.period_days, in_force.currency) != (wanted.period_days, wanted.currency):
        arguments.append(await currency_of(c, schema, at, in_force))
        others = await figures_sql(c, schema, at, in_force, f"${len(arguments)}")
        grade, now = "now.grade", _NOW.format(grade=grade, figures=others)
    statement = _MOVES.format(in_force=grade, would_be=would_be, figures=figures, now=now, limit=limit)
    rows = [tuple(row) for row in await c.fetch(statement, *arguments)]
    counted = {(grade, would_be): customers for grade, would_be, customers in _counts.decode(rows[0][0] or "[]")}
    return GradeMoves(counted, [_moving(row[1:]) for row in rows if row[1] is not None])


def _moving(row: tuple[Any, ...]) -> Moving:
    customer_id, *figures, grade, would_be = row
    return Moving(Known(customer_id, dict(zip(NAMES, figures, strict=True))), grade, would_be)


def _grade(standard: CustomerGradeStandardPublished, arguments: list[Any]) -> str:
    """The first rule that fits, as an expression over `known`; codes and lists of words are arguments."""
    cases = []
    for rule in standard.grades:
        held = " AND ".join(_condition(one, arguments) for one in rule.conditions) or "true"
        arguments.append(rule.grade)
        cases.append(f"WHEN {held} THEN ${len(arguments)}::text")
    return f"(CASE {' '.join(cases)} END)"


def _condition(one: GradeCondition, arguments: list[Any]) -> str:
    figure = f"known.{one.figure}"
    if one.one_of:
        arguments.append(list(one.one_of))
        met = f"{figure} = ANY(${len(arguments)}::text[])"
    else:
        borders = [f"{figure} >= {one.at_least:f}"] if one.at_least is not None else []
        borders += [f"{figure} <= {one.at_most:f}"] if one.at_most is not None else []
        met = " AND ".join(borders)
    return f"coalesce({met}, {'true' if one.or_unknown else 'false'})"
