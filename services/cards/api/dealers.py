"""Dealers and their sub-distributors over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api import standing_examples as examples
from services.cards.api.deps import Dependencies
from services.cards.domain.refusals import CardUnknown
from services.cards.handlers.dealers import attach, detach
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.handlers.relation_problems import DEALER_UNKNOWN, HIERARCHY_CYCLE, NOT_UNDER_DEALER
from services.cards.handlers.valid_time import VALID_FROM_IN_FUTURE, valid_day
from services.cards.read_models.customer_lookup import known
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.hierarchy import HIERARCHY, Below, below
from shared.projections.waiting import wait_for
from shared.web.commands import Command, IfMatch, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import named
from shared.web.scope import scope

router = APIRouter(tags=["dealers"])
writes = scope("cards.customer.write")


class DealerBody(BodyModel):
    """From the day on the customer buys from this dealer and not from us."""

    dealer_id: UUID
    valid_from: BusinessDay | None = None


def _changes(conflict: str) -> answers.Responses:
    return {
        404: {"description": f"No customer has this id, or {DEALER_UNKNOWN}"},
        409: {"description": conflict},
        410: {"description": "The customer's personal data were erased"},
        422: {"description": VALID_FROM_IN_FUTURE},
    }


@router.put(
    "/v1/customers/{customer_id}/dealer",
    dependencies=[writes, named("dealer_id")],
    responses={200: examples.DEALER_CHANGED, **_changes(HIERARCHY_CYCLE)},
    summary="Put a customer under a dealer",
)
async def put_dealer(
    customer_id: UUID,
    body: Annotated[DealerBody, Body(openapi_examples=examples.DEALER_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    day = valid_day(deps, body.valid_from)
    return respond(await attach(deps, customer_id, body.dealer_id, day, key, event_meta(request), version), request)


@router.delete(
    "/v1/customers/{customer_id}/dealer",
    dependencies=[writes],
    responses={200: answers.CHANGED, **_changes(NOT_UNDER_DEALER)},
    summary="The customer buys from us, and no longer from a dealer",
)
async def delete_dealer(
    customer_id: UUID,
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
    valid_from: Annotated[BusinessDay | None, Query(description="The first day; today where it is left out")] = None,
) -> Response:
    day = valid_day(deps, valid_from, "#/query/valid_from")
    return respond(await detach(deps, customer_id, day, key, event_meta(request), version), request)


@router.get(
    "/v1/customers/{customer_id}/sub-distributors",
    dependencies=[scope("cards.customer.read")],
    responses={200: examples.SUB_DISTRIBUTORS, 404: {"description": "No customer has this id"}},
    summary="Everybody under a dealer, those right under it first",
)
async def get_sub_distributors(
    customer_id: UUID,
    deps: Dependencies,
    request: Request,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`depth` 1 is right under the dealer; `dealer_id` says under whom each one is, so that the tree can be drawn."""
    bound = filter_hash(list="sub-distributors", customer_id=customer_id)
    for model in (HIERARCHY, CUSTOMERS):
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))
    async with deps.pool.acquire() as c:
        if not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
        after = None if cursor is None else _after(deps, bound, cursor)
        rows = await below(c, SCHEMA, customer_id, after, limit + 1)
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    place = None if last is None else (str(last.depth), last.sort_name, str(last.customer_id))
    next_cursor = None if place is None else deps.cursors.encode(bound, place)
    return page_response(Page([_item(row) for row in shown], next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[int, str, UUID]:
    depth, name, customer = deps.cursors.decode(bound, cursor, 3)
    return int(str(depth)), str(name), UUID(str(customer))


def _item(row: Below) -> dict[str, Any]:
    found: dict[str, Any] = {
        "customer_id": row.customer_id,
        "dealer_id": row.dealer_id,
        "since": row.since,
        "depth": row.depth,
    }
    return found if row.name is None else {**found, "name": row.name}
