"""What changes on cards, as it happens, to whoever it concerns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.cards.api.deps import Dependencies
from services.cards.domain.as_of import card_at
from services.cards.domain.card import Registered, Stub
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import closed
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customer_fields import Condition
from services.cards.read_models.customer_pages import Query as ListQuery
from services.cards.read_models.customer_pages import page
from shared.contracts.event import Event, decode
from shared.contracts.topics import CARDS_EVENTS, main_topic
from shared.event_store.events import Loaded, StoredRow
from shared.event_store.load import load_many
from shared.postgres.pool import Connection
from shared.privacy.fields import change
from shared.projections.narrowing import Narrowing, narrowing
from shared.web.fields import Reference
from shared.web.reach import listed
from shared.web.scope import scope
from shared.web.stream import LONGEST_SECONDS, STREAM, ForSeconds, LastEventId, event_stream, told

router = APIRouter(tags=["customers"])


@router.get(
    "/v1/customers/stream",
    dependencies=[scope("cards.customer.read"), listed],
    response_class=StreamingResponse,
    responses=STREAM,
    summary="Changes of cards as they happen",
)
async def stream_customers(
    deps: Dependencies,
    customer_id: Annotated[UUID | None, Query()] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area at that moment")] = None,
    salesperson_id: Annotated[
        Reference | None, Query(description="Only customers whom this person serves at that moment")
    ] = None,
    for_seconds: ForSeconds = LONGEST_SECONDS,
    last_event_id: LastEventId = None,
) -> Response:
    """Events named as they are recorded (`customer_registered`, `basics_revised`, `salesperson_assigned`, ...), without what is
    personal: who may see it reads the card. The id is a place in the log; with Last-Event-ID the stream goes on behind it."""
    concerned = [
        Condition(name, "=", value)
        for name, value in (("area_id", area_id), ("salesperson_id", salesperson_id))
        if value is not None
    ]

    async def tell(rows: Sequence[StoredRow]) -> Iterable[bytes]:
        changes = [(row, event) for row in rows if (event := _change(row, customer_id)) is not None]
        if changes and (concerned or narrowing() is not None):
            theirs = await _served(deps, concerned, changes)
            changes = [one for one in changes if one[0].customer_id in theirs]
        return [_text(row, event) for row, event in changes]

    return await event_stream(deps.pool, SCHEMA, last_event_id, for_seconds, tell)


def _change(row: StoredRow, customer_id: UUID | None) -> Event | None:
    if row.customer_id is None or (customer_id is not None and row.customer_id != customer_id):
        return None
    return decode(row.type, row.body) if main_topic(row.type) == CARDS_EVENTS else None


async def _served(deps: Deps, concerned: Sequence[Condition], changes: Sequence[tuple[StoredRow, Event]]) -> set[UUID]:
    """Those of the customers whom the conditions hold for, by the list or by what the changes themselves say."""
    wanted = {condition.field: condition.value for condition in concerned}
    to = narrowing()
    said = {row.customer_id for row, event in changes if row.customer_id and _says(event, wanted) and _reached(event, to)}
    customers = [row.customer_id for row, _ in changes if row.customer_id is not None]
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, ListQuery(concerned, merged=None, customer_ids=customers), None, len(customers))
        listed = {row.customer_id for row in rows}
        if to is not None:
            said = await _theirs(c, deps, to, said - listed)
    return said | listed


async def _theirs(c: Connection, deps: Deps, to: Narrowing, customers: Set[UUID]) -> set[UUID]:
    """Those of the customers who are the caller's by their cards. A stream may be resumed from long ago: what a change said of
    who serves a customer may be over, and a visit names who makes it, whoever serves the customer."""
    cards = await load_many(c, SCHEMA, [card_stream(one) for one in customers])
    return {one for one in customers if (card := cards.get(card_stream(one))) is not None and _is_theirs(card, deps, to)}


def _is_theirs(loaded: Loaded, deps: Deps, to: Narrowing) -> bool:
    # A merged card goes with the one that leads it, of which the list knows.
    if closed(envelope.event for envelope in loaded.events) is not None:
        return False
    match card_at(loaded.events, deps.zone, deps.today()):
        case Stub(particulars=served) | Registered(particulars=served):
            return to.reaches(served.area_id, served.salesperson_id)
    return False


def _says(event: Event, wanted: dict[str, Any]) -> bool:
    # The list may not have heard yet of whoever is registered or handed over at this moment.
    return all(getattr(event, name, None) == value for name, value in wanted.items())


def _reached(event: Event, to: Narrowing | None) -> bool:
    return to is None or to.reaches(getattr(event, "area_id", None), getattr(event, "salesperson_id", None))


def _text(row: StoredRow, event: Event) -> bytes:
    body: dict[str, Any] = msgspec.to_builtins(change(event, lambda _field, _text: None))
    return told(row, row.type.split(".")[2].replace("-", "_"), body)
