"""Cards over HTTP: reading one. What concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.cards.api import part_examples
from services.cards.api.card_body import card_body
from services.cards.api.clocks import AsOf, KnownAt
from services.cards.api.deps import Dependencies
from services.cards.domain.identity import card_stream
from services.cards.handlers.deps import SCHEMA
from shared.event_store.load import load
from shared.web.commands import resource
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
reads = scope("cards.customer.read")


@router.get(
    "/v1/customers/{customer_id}",
    dependencies=[reads],
    summary="One card, always fresh, or as it was on a day by what was known on a day",
    responses={
        200: part_examples.CARD,
        404: {"description": "No customer has this id, or had a card then"},
        410: {"description": "The personal data were erased"},
    },
)
async def get_customer(
    customer_id: UUID, caller: Caller, deps: Dependencies, request: Request, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    body = await card_body(deps, caller, customer_id, loaded.events, as_of, known_at)
    return resource(body, loaded.version, request, by_version=False)
