"""Which area lies in which, and who leads it? Cards owns the sales organisation; every service that knows customers follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from shared.contracts.envelope import Envelope
from shared.contracts.organisation import AreaDefined, SuperiorNamed
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class AreaRow:
    """`superiors` are "day person", ascending: who leads the area since that day."""

    area_id: str
    parent_id: str | None
    superiors: tuple[str, ...]

    def led_by(self, day: date) -> str | None:
        """Its own superior on a day."""
        said = [one.partition(" ") for one in self.superiors]
        return next((person for since, _, person in reversed(said) if since <= day.isoformat()), None)


def key(envelope: Envelope) -> str | None:
    area_id: str | None = getattr(envelope.event, "area_id", None)
    return area_id


def evolve(row: AreaRow | None, envelope: Envelope) -> AreaRow | None:
    match envelope.event:
        case AreaDefined(area_id=area_id, parent_id=parent_id):
            return replace(row or AreaRow(area_id, None, ()), parent_id=parent_id)
        case SuperiorNamed(area_id=area_id, superior_id=person, since=since):
            row = row or AreaRow(area_id, None, ())
            others = [one for one in row.superiors if not one.startswith(f"{since} ")]
            return replace(row, superiors=tuple(sorted([*others, f"{since} {person}"])))
    return row


AREAS = ReadModel(
    name="areas",
    version=2,
    row=AreaRow,
    columns={"area_id": "text", "parent_id": "text", "superiors": "text[]"},
    key_column="area_id",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in (AreaDefined, SuperiorNamed))},
    key=key,
    evolve=evolve,
)

_ALL = "SELECT area_id, parent_id, superiors FROM {table}"


async def all_areas(c: Connection, schema: str) -> dict[str, AreaRow]:
    """The whole organisation, which is small."""
    rows = await c.fetch(_ALL.format(table=await live_table(c, schema, AREAS)))
    return {row["area_id"]: AreaRow(row["area_id"], row["parent_id"], tuple(row["superiors"])) for row in rows}


def led_by(areas: Mapping[str, AreaRow], person: str, day: date) -> frozenset[str]:
    """The areas that a person leads on a day, and all that lie in them, whoever leads those."""
    led = {one.area_id for one in areas.values() if one.led_by(day) == person}
    return frozenset(area_id for area_id in areas if led & _around(areas, area_id))


def _around(areas: Mapping[str, AreaRow], area_id: str | None) -> set[str]:
    found: set[str] = set()
    while area_id is not None and area_id in areas and area_id not in found:
        found.add(area_id)
        area_id = areas[area_id].parent_id
    return found
