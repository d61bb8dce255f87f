"""Who sells where, and who leads them? One row a post: a salesperson's in an area, a superior's from a day on, and the area itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.classification.domain.posts import AREA, SALESPERSON, SUPERIOR, Post
from shared.contracts.envelope import Envelope
from shared.contracts.organisation import AreaDefined, SalespersonJoined, SalespersonLeft, SuperiorNamed
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

_Told = AreaDefined | SuperiorNamed | SalespersonJoined | SalespersonLeft


@dataclass(frozen=True, slots=True)
class PostRow:
    post: str
    area_id: str
    role: str
    person_id: str | None
    since: date | None
    until: date | None
    parent_id: str | None


def key(envelope: Envelope) -> str | None:
    match envelope.event:
        case AreaDefined(area_id=area):
            return f"{AREA}/{area}"
        case SuperiorNamed(area_id=area, since=since):
            return f"{SUPERIOR}/{since}/{area}"
        case SalespersonJoined(area_id=area, salesperson_id=person) | SalespersonLeft(area_id=area, salesperson_id=person):
            return f"{SALESPERSON}/{area}/{person}"
    return None


def evolve(row: PostRow | None, envelope: Envelope) -> PostRow | None:
    event, post = envelope.event, key(envelope)
    if post is None or not isinstance(event, _Told):
        return row
    match event:
        case AreaDefined():
            return PostRow(post, event.area_id, AREA, None, None, None, event.parent_id)
        case SuperiorNamed():
            return PostRow(post, event.area_id, SUPERIOR, event.superior_id, event.since, None, None)
        case SalespersonJoined():
            return PostRow(post, event.area_id, SALESPERSON, event.salesperson_id, event.since, None, None)
        case SalespersonLeft() if row is not None:
            return replace(row, until=event.until)
    return row


POSTS = ReadModel(
    name="posts",
    version=1,
    row=PostRow,
    columns={
        "post": "text",
        "area_id": "text",
        "role": "text",
        "person_id": "text",
        "since": "date",
        "until": "date",
        "parent_id": "text",
    },
    key_column="post",
    topics={CARDS_EVENTS: frozenset(cls.type for cls in (AreaDefined, SuperiorNamed, SalespersonJoined, SalespersonLeft))},
    key=key,
    evolve=evolve,
)

_ALL = "SELECT area_id, role, person_id, since, until, parent_id FROM {table} ORDER BY post"


async def all_posts(c: Connection, schema: str) -> Sequence[Post]:
    """The whole organisation: areas are few."""
    return [Post(**row) for row in await c.fetch(_ALL.format(table=await live_table(c, schema, POSTS)))]
