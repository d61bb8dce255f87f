"""Who sells where and who leads them, as of a day. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

AREA, SUPERIOR, SALESPERSON = "AREA", "SUPERIOR", "SALESPERSON"
DEEPEST = 20
"""Areas above each other; more than that is a circle."""


class Post(NamedTuple):
    """`role` AREA: the area itself, within `parent_id`."""

    area_id: str
    role: str
    person_id: str | None
    since: date | None
    until: date | None
    parent_id: str | None


class Led(NamedTuple):
    """A salesperson and the superior, None where nobody was named."""

    salesperson_id: str
    superior_id: str | None


def led_on(posts: Sequence[Post], day: date) -> list[Led]:
    """Who sells on a day and who leads each, by salesperson; where several areas have one, every superior counts."""
    found = {
        Led(one.person_id, _superior(posts, one.area_id, day))
        for one in posts
        if one.role == SALESPERSON and one.person_id is not None and _holds(one, day)
    }
    return sorted(found, key=lambda one: (one.salesperson_id, one.superior_id or ""))


def _superior(posts: Sequence[Post], area_id: str, day: date) -> str | None:
    """That of the next larger area where an area has none of its own."""
    parents = {one.area_id: one.parent_id for one in posts if one.role == AREA}
    area: str | None = area_id
    for _ in range(DEEPEST):
        named = [one for one in posts if one.role == SUPERIOR and one.area_id == area and _holds(one, day)]
        if named:
            return max(named, key=lambda one: one.since or day).person_id
        area = parents.get(area or "")
        if area is None:
            return None
    return None


def _holds(post: Post, day: date) -> bool:
    return (post.since is None or post.since <= day) and (post.until is None or day < post.until)
