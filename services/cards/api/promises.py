"""Promises over HTTP, of customers to us and of us to customers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.cards.api import promise_answers as said
from services.cards.api.answers import Responses
from services.cards.api.deps import Dependencies
from services.cards.api.promise_bodies import EndBody, PromiseBody
from services.cards.domain.promise import BreakPromise, By, EndPromise, KeepPromise, PromiseKind, WaivePromise, promise_stream
from services.cards.domain.refusals import PromiseUnknown
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.handlers.promise_problems import PROMISE_ENDED, PROMISE_NOT_DUE, PROMISE_UNKNOWN
from services.cards.handlers.promises import end_promise, make_promise
from services.cards.read_models.promises import PROMISES, Filters, PromiseRow, PromiseState, folded, invoices_of, page
from shared.contracts.promises import PromiseMade
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.commands import Command, CommandKey, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["promises"])
reads = scope("cards.promise.read")
writes = scope("cards.promise.write")
SEES_PERSONS = "cards.pii.read"

_ENDS: Responses = {
    200: said.ENDED,
    404: {"description": PROMISE_UNKNOWN},
    409: {"description": f"{PROMISE_ENDED} or {PROMISE_NOT_DUE}"},
}


@router.post(
    "/v1/customers/{customer_id}/promises",
    status_code=201,
    dependencies=[writes],
    summary="Record a promise of the customer, or one of ours",
    responses={
        201: said.MADE,
        404: {"description": "No customer has this id"},
        410: {"description": "The customer's personal data were erased"},
    },
)
async def post_promise(
    customer_id: UUID,
    body: Annotated[PromiseBody, Body(openapi_examples=said.TO_PAY)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.new_id(), customer_id, deps.today(), key.principal)
    return respond(await make_promise(deps, command, key, event_meta(request)), request)


async def _ended(
    promise_id: UUID, end: type[EndPromise], body: EndBody, key: CommandKey, version: int, deps: Deps, request: Request
) -> Response:
    today = deps.today()
    command = end(body.on or today, today, key.principal)
    return respond(await end_promise(deps, promise_id, command, version, key, event_meta(request)), request)


@router.post("/v1/promises/{promise_id}/kept", dependencies=[writes], responses=_ENDS, summary="A promise was kept")
async def keep_promise(
    promise_id: UUID,
    body: Annotated[EndBody, Body(openapi_examples=said.END)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Also after its day: then it was kept late."""
    return await _ended(promise_id, KeepPromise, body, key, version, deps, request)


@router.post("/v1/promises/{promise_id}/broken", dependencies=[writes], responses=_ENDS, summary="A promise was broken")
async def break_promise(
    promise_id: UUID,
    body: Annotated[EndBody, Body(openapi_examples=said.END)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    """On a day after that on which it was due."""
    return await _ended(promise_id, BreakPromise, body, key, version, deps, request)


@router.post(
    "/v1/promises/{promise_id}/waived", dependencies=[writes], responses=_ENDS, summary="A promise is no longer asked for"
)
async def waive_promise(
    promise_id: UUID,
    body: Annotated[EndBody, Body(openapi_examples=said.END)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _ended(promise_id, WaivePromise, body, key, version, deps, request)


@router.get(
    "/v1/promises/{promise_id}",
    dependencies=[reads],
    responses={200: said.PROMISE, 404: {"description": PROMISE_UNKNOWN}},
    summary="One promise, always fresh",
)
async def get_promise(promise_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """The words of it need the scope `cards.pii.read`."""
    stream = promise_stream(promise_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    row = folded(loaded.events)
    if row is None:
        raise refused(PromiseUnknown())
    shown = promise_body(row, deps.today())
    made = loaded.events[0].event
    if isinstance(made, PromiseMade) and made.text is not None and caller.may(SEES_PERSONS):
        text = (await deps.sealer.unseal_struct(made, stream)).text
        shown |= {} if text is None else {"text": text}
    return resource(shown, loaded.version, request, by_version=False)


def promise_body(row: PromiseRow, today: date) -> dict[str, Any]:
    """A promise as it is shown; `days_late`: since when a pending one is over its day, or by how much it was kept late."""
    last = today if row.ended_on is None else row.ended_on
    late = (last - row.due_on).days if row.state in ("PENDING", "KEPT") else 0
    found: dict[str, Any] = {
        "id": row.promise_id,
        "customer_id": row.customer_id,
        "made_by": row.made_by,
        "kind": row.kind,
        "state": row.state,
        "made_on": row.made_on,
        "due_on": row.due_on,
        "amount": money_body(row.amount, row.currency),
        "invoices": list(invoices_of(row.invoices)) or None,
        "ended_on": row.ended_on,
        "days_late": late if late > 0 else None,
        "version": row.version,
    }
    return {name: value for name, value in found.items() if value is not None}


@router.get(
    "/v1/promises",
    dependencies=[reads, listed],
    responses={200: said.PROMISES},
    summary="Promises by the day on which they are due",
)
async def list_promises(
    deps: Dependencies,
    request: Request,
    customer_id: UUID | None = None,
    made_by: By | None = None,
    kind: PromiseKind | None = None,
    state: PromiseState | None = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    due_through: Annotated[BusinessDay | None, Query(description="Due on this day or before")] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(customer_id, made_by, kind, state, salesperson_id, due_through)
    bound = filter_hash(list="promises", **filters._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, PROMISES, position))
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    today = deps.today()
    items = [{**promise_body(one.row, today), "name": one.name, "salesperson_id": one.salesperson_id} for one in rows[:limit]]
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1].row
        next_cursor = deps.cursors.encode(bound, (last.due_on.isoformat(), str(last.promise_id)))
    return page_response(Page(items, next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[date, UUID]:
    due, promise = deps.cursors.decode(bound, cursor, 2)
    return date.fromisoformat(str(due)), UUID(str(promise))
