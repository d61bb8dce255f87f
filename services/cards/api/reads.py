"""Who has read a customer's card, over HTTP: for those who check how cards are used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.cards.api.answers import answer
from services.cards.api.deps import Dependencies
from services.cards.handlers.deps import SCHEMA
from shared.audit.reads import Recorded, reads_of
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.scope import scope

router = APIRouter(tags=["reads"])
_SHOWN = {
    "read_at": "2026-06-20T01:30:00.000000Z",
    "principal": "3b0f0c52-9d2c-5c14-8b50-0f6c2f3f8f10",
    "key_id": "5f0c1e9a77d2",
    "person_id": "E-12",
    "operation": "customers_get_customer",
    "kind": "OPENED",
    "purpose": "VISIT",
    "personal": True,
    "customers": 1,
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
}


@router.get(
    "/v1/customers/{customer_id}/reads",
    dependencies=[scope("cards.audit.read")],
    responses={200: answer("The latest first", {"items": [_SHOWN]})},
    summary="Who opened, listed or exported this customer's card, when and why",
)
async def list_reads(
    customer_id: UUID, deps: Dependencies, request: Request, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """`customers`: how many were on the same page or in the same piece of a file. `personal`: persons' data could be seen. Asking this is
    a read too. Also of an erased customer, and empty for one that nobody has read."""
    bound = filter_hash(list="reads", customer_id=customer_id)
    before = None
    if cursor is not None:
        gen, xid, pos = deps.cursors.decode(bound, cursor, 3)
        before = (int(gen or 0), str(xid), int(pos or 0))
    async with deps.pool.acquire() as c:
        found = await reads_of(c, SCHEMA, customer_id, before, limit + 1)
    kept = found[:limit]
    next_cursor = deps.cursors.encode(bound, kept[-1].place) if len(found) > limit else None
    return page_response(Page([_item(one) for one in kept], next_cursor), request)


def _item(found: Recorded) -> dict[str, Any]:
    read = found.read
    body: dict[str, Any] = {"read_at": found.read_at, "principal": read.principal, "key_id": read.key_id}
    for name in ("person_id", "operation", "kind", "purpose", "personal"):
        if getattr(read, name) is not None:
            body[name] = getattr(read, name)
    body["customers"] = len(read.customers)
    if read.trace_id is not None:
        body["trace_id"] = read.trace_id
    return body
