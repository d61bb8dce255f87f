"""What was decided for each customer: the last class, read where the next run decides; since when it holds, and how often it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.contracts.event import decode
from shared.postgres.pool import Connection
from shared.postgres.schema import within

# The streams of classification-<customer>, each from its newest event; "." is the character behind "-".
_LATEST = """
SELECT DISTINCT ON (stream) version, body::text AS body FROM {schema}.events
 WHERE stream > 'classification-' AND stream < 'classification.' AND type = $1 ORDER BY stream, version DESC"""


async def latest_decisions(c: Connection, schema: str) -> dict[UUID, tuple[int, ValueClassChanged]]:
    """By customer: the version of the stream and the last change of class."""
    found: dict[UUID, tuple[int, ValueClassChanged]] = {}
    for row in await c.fetch(within(schema, _LATEST), ValueClassChanged.type):
        event = decode(ValueClassChanged.type, row["body"])
        if isinstance(event, ValueClassChanged):
            found[event.customer_id] = (row["version"], event)
    return found


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
