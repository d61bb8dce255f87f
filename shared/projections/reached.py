"""How far a read model has been folded, and what there is to fold: for work that must not miss anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.contracts.cursor import START, Cursor
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.positions import cursors_from
from shared.projections.read_model import ReadModel

_REACHED = """
SELECT p.part, p.cursors::text AS cursors FROM {schema}.positions p
  JOIN {schema}.routing r ON r.read_model = p.read_model AND r.live = p.slot WHERE p.read_model = $1"""
_LAST_OF_PARTS = """
SELECT p.part, e.gen, e.xid, e.pos FROM unnest($1::smallint[]) AS p(part) CROSS JOIN LATERAL (
    SELECT x.gen, x.xid, x.pos FROM {schema}.published_events x
     WHERE x.part = p.part AND x.type = ANY($2::text[]) AND (x.gen, x.xid, x.pos) <= ($3, $4, $5)
     ORDER BY x.gen DESC, x.xid DESC, x.pos DESC LIMIT 1) e"""


async def reached(c: Connection, schema: str, model: str, topic: str) -> dict[int, Cursor]:
    """Where the live slot of a read model stands on each part of a topic."""
    rows = await c.fetch(within(schema, _REACHED), model)
    return {row["part"]: cursors_from(row["cursors"]).get(topic, START) for row in rows}


async def last_of_parts(c: Connection, service: str, types: Collection[str], parts: int, through: Cursor) -> Mapping[int, Cursor]:
    """The last published event of these types on each part, not behind `through`; parts without one are left out."""
    rows = await c.fetch(within(service, _LAST_OF_PARTS), list(range(parts)), list(types), *through)
    return {row["part"]: Cursor(row["gen"], row["xid"], row["pos"]) for row in rows}


async def basis(c: Connection, schema: str, models: Sequence[ReadModel[Any]]) -> list[dict[str, str]]:
    """What an answer comes from: read models, and through which event each has folded the topics that it follows."""
    found = []
    for model in models:
        for topic in sorted(model.topics):
            places = (await reached(c, schema, model.name, topic)).values()
            found.append({"read_model": model.name, "topic": topic, "through": str(max(places, default=START))})
    return found
