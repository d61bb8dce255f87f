"""The sales organisation as warnings need it: which area lies in which, and who leads them. Cards owns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Area:
    """`superiors`: who leads it, by the day since which, ascending."""

    area_id: str
    parent_id: str | None = None
    superiors: tuple[tuple[date, str], ...] = ()

    def superior_on(self, day: date) -> str | None:
        known = [person for since, person in self.superiors if since <= day]
        return known[-1] if known else None


Areas = Mapping[str, Area]


def upwards(areas: Areas, area_id: str | None) -> Sequence[str]:
    """An area and those around it, the nearest first. One that nobody has defined stands alone."""
    found: list[str] = []
    while area_id is not None and area_id not in found:
        found.append(area_id)
        area_id = areas[area_id].parent_id if area_id in areas else None
    return found


def superiors_over(areas: Areas, area_id: str | None, day: date) -> Sequence[str]:
    """Who leads the area on a day, who leads that person, and so on; nobody twice."""
    found: list[str] = []
    for one in upwards(areas, area_id):
        person = areas[one].superior_on(day) if one in areas else None
        if person is not None and person not in found:
            found.append(person)
    return found
