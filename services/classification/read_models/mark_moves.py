"""Whom would another standard of marks move? Everybody's marks of trade by two standards, as of the same day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.classification.read_models.mark_columns import MarkDay, mark_columns
from services.classification.read_models.profiles import profiles_table
from shared.contracts.customer_grades import MarkStandardPublished
from shared.postgres.pool import Connection

TRADE_MARKS = ("position_class", "trade_process", "time_series")


class Move(NamedTuple):
    """So many customers go from one value of a mark to another; `first`: some of them, by id."""

    mark: str
    value: str | None
    would_be: str | None
    customers: int
    first: Sequence[UUID]


_BY = "(SELECT b.customer_id, {marks} FROM {profiles} b {joins})"
_MOVES = """
SELECT u.mark, u.value, u.would_be, count(*)::int, (array_agg(n.customer_id ORDER BY n.customer_id))[1:{limit:d}]
  FROM {now} n JOIN {then} w ON w.customer_id = n.customer_id
  CROSS JOIN LATERAL (VALUES {pairs}) u(mark, value, would_be)
 WHERE u.value IS DISTINCT FROM u.would_be GROUP BY u.mark, u.value, u.would_be ORDER BY u.mark, 4 DESC, u.value, u.would_be"""


async def moves(
    c: Connection, schema: str, at: MarkDay, wanted: MarkStandardPublished, currency: str | None, limit: int
) -> Sequence[Move]:
    """The marks that would change, with up to `limit` customers each."""
    both = []
    for day in (at._replace(currency="$1"), at._replace(currency="$1", standard=wanted)):
        columns = await mark_columns(c, schema, TRADE_MARKS, day)
        marks = ", ".join(f"{columns.of[mark]} AS {mark}" for mark in TRADE_MARKS)
        both.append(_BY.format(marks=marks, profiles=await profiles_table(c, schema), joins=columns.joins))
    pairs = ", ".join(f"('{mark}', n.{mark}, w.{mark})" for mark in TRADE_MARKS)
    statement = _MOVES.format(now=both[0], then=both[1], pairs=pairs, limit=limit)
    return [Move(*row) for row in await c.fetch(statement, currency)]
