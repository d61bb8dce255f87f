"""What was decided last for each customer, and how far the sales have been folded: read where the next run decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.contracts.cursor import START, Cursor
from shared.contracts.event import decode
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.positions import cursors_from

# The streams of classification-<customer>, each from its newest event; "." is the character behind "-".
_LATEST = """
SELECT DISTINCT ON (stream) version, body::text AS body FROM {schema}.events
 WHERE stream > 'classification-' AND stream < 'classification.' AND type = $1 ORDER BY stream, version DESC"""
_REACHED = """
SELECT p.part, p.cursors::text AS cursors FROM {schema}.positions p
  JOIN {schema}.routing r ON r.read_model = p.read_model AND r.live = p.slot WHERE p.read_model = $1"""
_LAST_OF_PARTS = """
SELECT p.part, e.gen, e.xid, e.pos FROM unnest($1::smallint[]) AS p(part) CROSS JOIN LATERAL (
    SELECT x.gen, x.xid, x.pos FROM {schema}.published_events x
     WHERE x.part = p.part AND x.type = ANY($2::text[]) AND (x.gen, x.xid, x.pos) <= ($3, $4, $5)
     ORDER BY x.gen DESC, x.xid DESC, x.pos DESC LIMIT 1) e"""


async def latest_decisions(c: Connection, schema: str) -> dict[UUID, tuple[int, ValueClassChanged]]:
    """By customer: the version of the stream and the last change of class."""
    found: dict[UUID, tuple[int, ValueClassChanged]] = {}
    for row in await c.fetch(within(schema, _LATEST), ValueClassChanged.type):
        event = decode(ValueClassChanged.type, row["body"])
        if isinstance(event, ValueClassChanged):
            found[event.customer_id] = (row["version"], event)
    return found


async def reached(c: Connection, schema: str, model: str, topic: str) -> dict[int, Cursor]:
    """Where the live slot of a read model stands on each part of a topic."""
    rows = await c.fetch(within(schema, _REACHED), model)
    return {row["part"]: cursors_from(row["cursors"]).get(topic, START) for row in rows}


async def last_of_parts(c: Connection, service: str, types: Collection[str], parts: int, through: Cursor) -> Mapping[int, Cursor]:
    """The last published event of these types on each part, not behind `through`; parts without one are left out."""
    rows = await c.fetch(within(service, _LAST_OF_PARTS), list(range(parts)), list(types), *through)
    return {row["part"]: Cursor(row["gen"], row["xid"], row["pos"]) for row in rows}
