"""Lists of customers that somebody keeps, over HTTP: saved, shared, read and exported."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Request
from fastapi import Body as FastBody
from starlette.responses import Response, StreamingResponse

from services.cards.api import answers
from services.cards.api.answers import answer
from services.cards.api.customer_export import Mark, exported, file_answer
from services.cards.api.customer_list import page_of_customers
from services.cards.api.deps import Dependencies
from services.cards.api.examples import example
from services.cards.api.list_query import SortIn, WhereIn, query_of
from services.cards.domain.saved_list import DropList, SaveList
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.list_problems import LIST_OF_ANOTHER, LIST_UNKNOWN
from services.cards.handlers.saved_lists import keep, saved_list
from services.cards.read_models import saved_lists as model
from services.cards.read_models.customer_pages import page
from services.cards.read_models.customers import CUSTOMERS
from shared.contracts.lists import ListSaved
from shared.projections.waiting import wait_for
from shared.web.commands import Command, CommandKey, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body, Flag, Name
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import company, listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["saved lists"])
reads = scope("cards.customer.read")
writes = scope("cards.list.write")
_ID = "b5bb9d80-14a0-5f9b-9d1e-61e21e796d78"
_LIST = {"name": "A in the east, no terms", "where": ["area_id=EAST", "payment_days="], "sort": "-trading_since", "shared": True}
_SAVED = answer("Saved; the ETag is the list's version", {"list_id": _ID})
_SHOWN = {"list_id": _ID, **_LIST, "yours": True}
_MISSING: answers.Responses = {404: {"description": LIST_UNKNOWN}}
_CHANGES: answers.Responses = {200: _SAVED, 403: {"description": LIST_OF_ANOTHER}, **_MISSING}


class ListBody(Body):
    """What is asked for, under a name; who is on the list is found anew whenever it is read."""

    name: Name
    where: WhereIn = ()
    sort: SortIn = "name"
    shared: Flag = False

    def command(self, list_id: UUID, key: CommandKey, *, new: bool) -> SaveList:
        query_of(self.where, self.sort, "#")
        return SaveList(list_id, self.name, self.where, self.sort, self.shared, key.principal, new)


@router.post(
    "/v1/lists", status_code=201, dependencies=[writes, company], responses={201: _SAVED}, summary="Save a list of customers"
)
async def save_list(
    body: Annotated[ListBody, FastBody(openapi_examples=example(_LIST))], key: Command, deps: Dependencies, request: Request
) -> Response:
    return respond(await keep(deps, body.command(key.new_id(), key, new=True), key, event_meta(request), 0), request)


@router.put("/v1/lists/{list_id}", dependencies=[writes, company], responses=_CHANGES, summary="Change a list that one keeps")
async def change_list(
    list_id: UUID,
    body: Annotated[ListBody, FastBody(openapi_examples=example(_LIST))],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await keep(deps, body.command(list_id, key, new=False), key, event_meta(request), version), request)


@router.delete("/v1/lists/{list_id}", dependencies=[writes, company], responses=_CHANGES, summary="Drop a list that one keeps")
async def drop_list(list_id: UUID, key: Command, version: IfMatch, deps: Dependencies, request: Request) -> Response:
    return respond(await keep(deps, DropList(list_id, key.principal), key, event_meta(request), version), request)


@router.get(
    "/v1/lists",
    dependencies=[reads, company],
    responses={200: answer("One page", {"items": [_SHOWN]})},
    summary="The lists that one keeps, and those that others share",
)
async def list_lists(
    caller: Caller,
    deps: Dependencies,
    request: Request,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    bound = filter_hash(list="lists", reader=caller.id)
    after = model.FIRST
    if cursor is not None:
        name, list_id = deps.cursors.decode(bound, cursor, 2)
        after = (str(name), UUID(str(list_id)))
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, model.SAVED_LISTS, position))
    async with deps.pool.acquire() as c:
        rows = await model.page(c, SCHEMA, caller.id, after, limit + 1)
    kept = rows[:limit]
    items = [
        {
            "list_id": row.list_id,
            "name": row.name,
            "where": msgspec.json.decode(row.conditions),
            "sort": row.sort,
            "shared": row.shared,
            "yours": row.owner == caller.id,
        }
        for row in kept
    ]
    next_cursor = deps.cursors.encode(bound, (kept[-1].name, str(kept[-1].list_id))) if len(rows) > limit else None
    return page_response(Page(items, next_cursor), request)


@router.get(
    "/v1/lists/{list_id}",
    dependencies=[reads, company],
    responses={200: answer("The list; its version is the ETag", _SHOWN), **_MISSING},
    summary="What a list asks for",
)
async def get_list(list_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    found, version = await saved_list(deps, list_id, caller.id)
    return resource(_body(found, caller.id), version, request, persons=False)


@router.get(
    "/v1/lists/{list_id}/customers",
    dependencies=[reads, listed],
    responses={200: answers.CARDS, **_MISSING},
    summary="Who is on a list now",
)
async def list_customers_of(
    list_id: UUID,
    caller: Caller,
    deps: Dependencies,
    request: Request,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    found, version = await saved_list(deps, list_id, caller.id)
    query = query_of(found.where, found.sort, "#")
    bound = filter_hash(list="saved", list_id=list_id, version=version)
    after = None if cursor is None else deps.cursors.decode(bound, cursor, 2)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, query, after, limit + 1)
    return await page_of_customers(deps, caller, request, query, rows, bound, limit)


@router.get(
    "/v1/lists/{list_id}/customers.csv",
    dependencies=[reads, listed],
    response_class=StreamingResponse,
    responses={
        **file_answer("customer_id,name,...\r\ndf93c5a8-dfea-5f5b-a254-1e58423d36b1,Hua Xin Trading Co.,...\r\n"),
        **_MISSING,
    },
    summary="Who is on a list now, as CSV",
)
async def export_list(
    list_id: UUID, caller: Caller, deps: Dependencies, mark: Mark = False, min_position: MinPosition = None
) -> Response:
    found, _ = await saved_list(deps, list_id, caller.id)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    return await exported(deps, caller, query_of(found.where, found.sort, "#"), "list.csv", mark=mark)


def _body(found: ListSaved, reader: UUID) -> dict[str, Any]:
    return {
        "list_id": found.list_id,
        "name": found.name,
        "where": found.where,
        "sort": found.sort,
        "shared": found.shared,
        "yours": found.owner == reader,
    }
