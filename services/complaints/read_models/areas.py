"""Which area lies in which? Cards owns the sales organisation; an area without working hours of its own has those around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.envelope import Envelope
from shared.contracts.organisation import AreaDefined
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class AreaRow:
    area_id: str
    parent_id: str | None


def key(envelope: Envelope) -> str | None:
    area_id: str | None = getattr(envelope.event, "area_id", None)
    return area_id


def evolve(row: AreaRow | None, envelope: Envelope) -> AreaRow | None:
    match envelope.event:
        case AreaDefined() as event:
            return AreaRow(event.area_id, event.parent_id)
    return row


AREAS = ReadModel(
    name="areas",
    version=1,
    row=AreaRow,
    columns={"area_id": "text", "parent_id": "text"},
    key_column="area_id",
    topics={CARDS_EVENTS: frozenset((AreaDefined.type,))},
    key=key,
    evolve=evolve,
)

_ALL = "SELECT area_id, parent_id FROM {table}"


async def parents(c: Connection, schema: str) -> dict[str, str | None]:
    """The area around each area."""
    table = await live_table(c, schema, AREAS)
    return {row["area_id"]: row["parent_id"] for row in await c.fetch(_ALL.format(table=table))}


def upwards(parents: Mapping[str, str | None], area_id: str | None) -> Sequence[str]:
    """An area and those around it, the nearest first. One that nobody has defined stands alone."""
    found: list[str] = []
    while area_id is not None and area_id not in found:
        found.append(area_id)
        area_id = parents.get(area_id)
    return found


def within(parents: Mapping[str, str | None], area_id: str) -> set[str]:
    """An area and all that lie in it."""
    return {area_id, *(one for one in parents if area_id in upwards(parents, one))}
