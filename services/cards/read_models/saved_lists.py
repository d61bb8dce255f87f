"""Which lists of customers are kept, and by whom?"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec

from shared.contracts.envelope import Envelope
from shared.contracts.lists import ListDropped, ListSaved
from shared.contracts.topics import CARDS_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table


@dataclass(frozen=True, slots=True)
class SavedListRow:
    """`conditions` is JSON."""

    list_id: UUID
    name: str
    owner: UUID
    shared: bool
    conditions: str
    sort: str


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return event.list_id if isinstance(event, ListSaved | ListDropped) else None


def evolve(row: SavedListRow | None, envelope: Envelope) -> SavedListRow | None:
    match envelope.event:
        case ListSaved() as event:
            where = msgspec.json.encode(event.where).decode()
            return SavedListRow(event.list_id, event.name, event.owner, event.shared, where, event.sort)
        case ListDropped():
            return None
    return row


SAVED_LISTS = ReadModel(
    name="saved_lists",
    version=1,
    row=SavedListRow,
    columns={"list_id": "uuid", "name": "text", "owner": "uuid", "shared": "boolean", "conditions": "text", "sort": "text"},
    key_column="list_id",
    topics={CARDS_EVENTS: frozenset({ListSaved.type, ListDropped.type})},
    key=key,
    evolve=evolve,
)

_PAGE = """SELECT {columns} FROM {table} WHERE (owner = $1 OR shared) AND (name, list_id) > ($2, $3)
 ORDER BY name, list_id LIMIT $4"""
FIRST = ("", UUID(int=0))


async def page(c: Connection, schema: str, reader: UUID, after: tuple[str, UUID], limit: int) -> list[SavedListRow]:
    """The lists that this principal may see, by name."""
    statement = _PAGE.format(columns=", ".join(SAVED_LISTS.columns), table=await live_table(c, schema, SAVED_LISTS))
    return [SavedListRow(**row) for row in await c.fetch(statement, reader, *after, limit)]
