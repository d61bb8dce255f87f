"""Which area lies in which, and who leads it? Cards owns the sales organisation; this is for asking the right persons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from services.alerts.domain.areas import Area
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
    version=1,
    row=AreaRow,
    columns={"area_id": "text", "parent_id": "text", "superiors": "text[]"},
    key_column="area_id",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in (AreaDefined, SuperiorNamed))},
    key=key,
    evolve=evolve,
)


_ALL = "SELECT area_id, parent_id, superiors FROM {table}"


async def all_areas(c: Connection) -> dict[str, Area]:
    """The whole organisation, which is small."""
    rows = await c.fetch(_ALL.format(table=await live_table(c, "alerts", AREAS)))
    return {row["area_id"]: Area(row["area_id"], row["parent_id"], _superiors(row["superiors"])) for row in rows}


def _superiors(said: list[str]) -> tuple[tuple[date, str], ...]:
    found = []
    for one in said:
        day, _, person = one.partition(" ")
        found.append((date.fromisoformat(day), person))
    return tuple(found)
