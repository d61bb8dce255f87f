"""Which area lies in which, and who leads it, as the procedure asks: for finding the right persons."""

from __future__ import annotations

from datetime import date

from services.alerts.domain.areas import Area
from shared.postgres.pool import Connection
from shared.reach import areas


async def all_areas(c: Connection) -> dict[str, Area]:
    """The whole organisation, which is small."""
    rows = await areas.all_areas(c, "alerts")
    return {row.area_id: Area(row.area_id, row.parent_id, _superiors(row.superiors)) for row in rows.values()}


def _superiors(said: tuple[str, ...]) -> tuple[tuple[date, str], ...]:
    found = []
    for one in said:
        day, _, person = one.partition(" ")
        found.append((date.fromisoformat(day), person))
    return tuple(found)
