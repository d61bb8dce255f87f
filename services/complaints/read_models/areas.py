"""Which area lies in which? An area without working hours of its own has those around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.postgres.pool import Connection
from shared.reach.areas import all_areas


async def parents(c: Connection, schema: str) -> dict[str, str | None]:
    """The area around each area."""
    return {area_id: row.parent_id for area_id, row in (await all_areas(c, schema)).items()}


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
