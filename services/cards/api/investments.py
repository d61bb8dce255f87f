"""What the company puts into a customer, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.cards.api import promise_answers as said
from services.cards.api.deps import Dependencies
from services.cards.api.promise_bodies import InvestmentBody
from services.cards.domain.investment import investment_stream
from services.cards.domain.refusals import CardUnknown
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.investments import record_investment
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_lookup import known
from services.cards.read_models.investments import page
from shared.contracts.promises import InvestmentRecorded
from shared.privacy.fields import change
from shared.web.amounts import money_body
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.scope import Caller, scope

router = APIRouter(tags=["investments"])
SEES_PERSONS = "cards.pii.read"


@router.post(
    "/v1/customers/{customer_id}/investments",
    status_code=201,
    dependencies=[scope("cards.investment.write")],
    summary="Record what was put into the customer: a visit, support, promotion, training, a gift",
    responses={
        201: said.INVESTED,
        404: {"description": "No customer has this id"},
        410: {"description": "The customer's personal data were erased"},
    },
)
async def post_investment(
    customer_id: UUID,
    body: Annotated[InvestmentBody, Body(openapi_examples=said.INVESTMENT)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.new_id(), customer_id, deps.today(), key.principal)
    return respond(await record_investment(deps, command, key, event_meta(request)), request)


@router.get(
    "/v1/customers/{customer_id}/investments",
    dependencies=[scope("cards.investment.read")],
    summary="What was put into the customer, the newest first",
    responses={200: said.INVESTMENTS, 404: {"description": "No customer has this id"}},
)
async def list_investments(
    customer_id: UUID, caller: Caller, deps: Dependencies, request: Request, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """Always fresh. Notes need the scope `cards.pii.read`."""
    bound = filter_hash(list="investments", customer_id=customer_id)
    before = None if cursor is None else int(deps.cursors.decode(bound, cursor, 1)[0] or 0)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, customer_id, before, limit + 1)
        if not rows and not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
    shown = rows[:limit]
    stream = investment_stream(customer_id)
    if caller.may(SEES_PERSONS):
        events = await deps.sealer.unseal_structs([(one.event, stream) for one in shown])
    else:
        events = [change(one.event, lambda _field, _text: None) for one in shown]
    next_cursor = deps.cursors.encode(bound, (shown[-1].version,)) if len(rows) > limit else None
    return page_response(Page([_investment(event) for event in events], next_cursor), request)


def _investment(event: InvestmentRecorded) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(event)
    del found["customer_id"]
    found["id"] = found.pop("investment_id")
    if event.cost is not None:
        found["cost"] = money_body(event.cost.amount, event.cost.currency)
    return found
