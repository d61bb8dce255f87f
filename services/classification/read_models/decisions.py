"""What was decided for each customer, from its stream: since when its class holds, how often it changed, and where the next change goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.postgres.pool import Connection
from shared.postgres.schema import within

_HEADS = """
SELECT s.customer_id, coalesce((SELECT e.version FROM {schema}.events e WHERE e.stream = 'classification-' || s.customer_id
                                 ORDER BY e.version DESC LIMIT 1), 0) AS version
  FROM unnest($1::uuid[]) AS s(customer_id)"""


async def heads(c: Connection, schema: str, customers: Sequence[UUID]) -> Mapping[UUID, int]:
    """By customer the version of the stream of its classes; 0 without one."""
    return {row["customer_id"]: row["version"] for row in await c.fetch(within(schema, _HEADS), customers)}


class Standing(NamedTuple):
    """`since`: the end of the period for which the class was given. `flips`: how often it changed after the first one."""

    since: date
    flips: int


# A change of the reason alone is told as well, and changes no class.
_STANDINGS = """
SELECT customer_id, (array_agg((body ->> 'period_to')::date ORDER BY version DESC))[1] AS since, count(*) - 1 AS flips FROM {schema}.events
 WHERE stream = ANY($1) AND type = $2 AND body ->> 'value_class' IS DISTINCT FROM body ->> 'previous'
   AND ($3::date IS NULL OR (body ->> 'period_to')::date <= $3)
 GROUP BY customer_id"""


async def standings(c: Connection, schema: str, customers: Sequence[UUID], as_of: date | None = None) -> Mapping[UUID, Standing]:
    """By customer, from the events; of who never had a class by that day there is none."""
    streams = [f"classification-{customer_id}" for customer_id in customers]
    rows = await c.fetch(within(schema, _STANDINGS), streams, ValueClassChanged.type, as_of)
    return {row["customer_id"]: Standing(row["since"], row["flips"]) for row in rows}
