"""What dealers sell to their sub-distributors, over HTTP. It is their trade: none of it is in receivables, results or classes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import StringConstraints
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api import standing_examples as examples
from services.cards.api.deps import Dependencies
from services.cards.api.receivables import entry_body
from services.cards.domain.identity import sub_sales_stream
from services.cards.domain.refusals import CardUnknown
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_lookup import known
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.sub_sales import SUB_SALES, Sold, by_customer, totals
from services.cards.read_models.transactions import page as entries_page
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["dealers"])
reads = scope("cards.ledger.read")
_UNKNOWN: answers.Responses = {404: {"description": "No customer has this id"}}
MonthText = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]
_FIRST, _LAST = "0000-01", "9999-12"


@router.get(
    "/v1/customers/{customer_id}/sub-sales",
    dependencies=[reads],
    responses={200: examples.SUB_SALES, **_UNKNOWN},
    summary="What a dealer sold to its sub-distributors, in all and to each",
)
async def get_sub_sales(
    customer_id: UUID,
    deps: Dependencies,
    request: Request,
    from_month: Annotated[MonthText, Query(description="First month, YYYY-MM")] = _FIRST,
    to_month: Annotated[MonthText, Query(description="Last month, YYYY-MM")] = _LAST,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    bound = filter_hash(list="sub-sales", customer_id=customer_id, first=from_month, last=to_month)
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    for model in (SUB_SALES, CUSTOMERS):
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))
    async with deps.pool.acquire() as c:
        if not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
        whole = await totals(c, SCHEMA, customer_id, from_month, to_month)
        rows = await by_customer(c, SCHEMA, customer_id, from_month, to_month, after, limit + 1)
    items = [_customer(buyer, list(found)) for buyer, found in groupby(rows, key=lambda row: row.customer_id)]
    body: dict[str, Any] = {"dealer_id": customer_id, "totals": [_sum(one) for one in whole], "items": items[:limit]}
    if len(items) > limit:
        body["next_cursor"] = deps.cursors.encode(bound, (str(items[limit - 1]["customer_id"]),))
    return Json(body)


def _customer(customer_id: UUID | None, found: Sequence[Sold]) -> dict[str, Any]:
    shown: dict[str, Any] = {"customer_id": customer_id}
    if found[0].name is not None:
        shown["name"] = found[0].name
    return {**shown, "totals": [_sum(one) for one in found]}


def _sum(one: Sold) -> dict[str, Any]:
    return {"net": money_body(one.net, one.currency), "sales": one.sales, "last_sold_on": one.last_sold_on}


@router.get(
    "/v1/customers/{customer_id}/sub-purchases",
    dependencies=[reads],
    responses={200: examples.SUB_PURCHASES, **_UNKNOWN},
    summary="What a sub-distributor bought from dealers, the newest recorded first",
)
async def list_sub_purchases(
    customer_id: UUID, deps: Dependencies, request: Request, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    """Always fresh."""
    bound = filter_hash(list="sub-purchases", customer_id=customer_id)
    before = None if cursor is None else int(deps.cursors.decode(bound, cursor, 1)[0] or 0)
    async with deps.pool.acquire() as c:
        entries = await entries_page(c, SCHEMA, sub_sales_stream(customer_id), before, limit + 1)
        if not entries and not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
    shown = entries[:limit]
    next_cursor = deps.cursors.encode(bound, (shown[-1].version,)) if len(entries) > limit else None
    return page_response(Page([entry_body(entry) for entry in shown], next_cursor), request)
