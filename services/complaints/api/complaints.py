"""Complaints over HTTP: receiving them, one or many, and reading them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Body, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.complaints.api.bodies import ComplaintBody
from services.complaints.api.deps import Dependencies
from services.complaints.api.examples import BULK, COMPLAINT
from services.complaints.api.views import in_list, recorded
from services.complaints.domain.complaint import complaint_stream
from services.complaints.domain.intake import Intake
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.problems import COMPLAINT_CONFLICT, COMPLAINT_UNKNOWN, TOO_MANY_COMPLAINTS
from services.complaints.handlers.receiving import receive
from services.complaints.read_models.complaints import COMPLAINTS, Filters, open_totals, page
from services.complaints.read_models.customers import CUSTOMERS
from shared.contracts.complaints import ComplaintKind
from shared.event_store.load import load
from shared.privacy.fields import change
from shared.projections.read_model import ReadModel
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.answers import Answer
from shared.web.commands import Command, resource, respond
from shared.web.correlation import event_meta
from shared.web.errors import field_error
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import Caller, bulk, scope

router = APIRouter(tags=["complaints"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.complaint.write")
BULK_ITEMS = 1000
PERSONAL_SCOPE = "cards.pii.read"

_RECEIVED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Received before with this content"},
    201: {"description": "Received"},
    404: {"description": "The customer is not known"},
    409: {"description": f"{COMPLAINT_CONFLICT}: received before with another content"},
}
_complaint_body = TypeAdapter(ComplaintBody)


async def _caught_up(deps: Deps, model: ReadModel[Any], min_position: str | None) -> None:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, model, position))


@router.post("/v1/complaints", status_code=201, dependencies=[writes, listed], responses=_RECEIVED, summary="Receive a complaint")
async def receive_complaint(
    body: Annotated[ComplaintBody, Body(openapi_examples=COMPLAINT)],
    key: Command,
    deps: Dependencies,
    request: Request,
    min_position: MinPosition = None,
) -> Response:
    await _caught_up(deps, CUSTOMERS, min_position)
    answer = await receive(deps, [body.intake()], {}, key, event_meta(request))
    item = dict(answer.items[0])
    problem = item.pop("problem", None)
    if problem is not None:
        return respond(Answer(problem["status"], problem, replayed=answer.replayed), request)
    new = item["status"] == "recorded"
    found = Answer(
        status=201 if new else 200,
        body=item,
        version=1 if new else None,
        position=answer.position,
        location=f"/v1/complaints/{item['id']}",
        replayed=answer.replayed,
    )
    return respond(found, request)


@router.post(
    "/v1/complaints/bulk",
    status_code=207,
    dependencies=[writes, bulk, listed],
    summary="Receive up to 1000 complaints",
    responses={
        207: {"description": "One verdict an item, also where all are refused"},
        413: {"description": TOO_MANY_COMPLAINTS},
    },
)
async def receive_complaints(
    items: Annotated[list[Any], Body(openapi_examples=BULK, description="Complaints, as for one")],
    key: Command,
    deps: Dependencies,
    request: Request,
    min_position: MinPosition = None,
) -> Response:
    if len(items) > BULK_ITEMS:
        raise Problem(TOO_MANY_COMPLAINTS)
    read = [_read(item) for item in items]
    unreadable = {place: one for place, one in enumerate(read) if isinstance(one, Problem)}
    await _caught_up(deps, CUSTOMERS, min_position)
    intakes = [None if isinstance(one, Problem) else one for one in read]
    answer = await receive(deps, intakes, unreadable, key, event_meta(request))
    statuses = [item["status"] for item in answer.items]
    summary = {"total": len(statuses), **{status: statuses.count(status) for status in sorted(set(statuses))}}
    body = {"summary": summary, "items": [{"index": index, **item} for index, item in enumerate(answer.items)]}
    return respond(Answer(207, body, position=answer.position, replayed=answer.replayed), request)


def _read(item: Any) -> Intake | Problem:
    try:
        return _complaint_body.validate_python(item).intake()
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return Problem("VALIDATION_FAILED", errors=[field_error(one["loc"], one["type"], one["msg"]) for one in found[:100]])


@router.get(
    "/v1/complaints/{complaint_id}",
    dependencies=[reads],
    responses={404: {"description": COMPLAINT_UNKNOWN}},
    summary="The whole record of a complaint and its handling",
)
async def get_complaint(complaint_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """Always fresh: read from the complaint's own stream. Free text needs the scope `cards.pii.read`."""
    stream = complaint_stream(complaint_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    if not loaded.events:
        raise Problem(COMPLAINT_UNKNOWN)
    if caller.may(PERSONAL_SCOPE):
        clear = await deps.sealer.unseal_structs([(one.event, stream) for one in loaded.events])
    else:
        clear = [change(one.event, lambda _field, _text: None) for one in loaded.events]
    envelopes = [msgspec.structs.replace(one, event=event) for one, event in zip(loaded.events, clear, strict=True)]
    return resource(recorded(envelopes), loaded.version, request)


@router.get("/v1/complaints", dependencies=[reads, listed], summary="Complaints, the latest received first")
async def list_complaints(
    deps: Dependencies,
    request: Request,
    customer_id: UUID | None = None,
    open: Annotated[bool | None, Query(description="Only open ones, or only ended ones")] = None,
    kind: ComplaintKind | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(customer_id=customer_id, open=open, kind=kind)
    made_for = filter_hash(list="complaints", **filters._asdict())
    after = None if cursor is None else _after(deps, made_for, cursor)
    await _caught_up(deps, COMPLAINTS, min_position)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = deps.cursors.encode(made_for, [last.received_on.isoformat(), str(last.complaint_id)])
    return page_response(Page([in_list(row) for row in rows[:limit]], following), request)


def _after(deps: Deps, made_for: bytes, cursor: str) -> tuple[date, UUID]:
    day, complaint_id = deps.cursors.decode(made_for, cursor, 2)
    return date.fromisoformat(str(day)), UUID(str(complaint_id))


@router.get("/v1/open-complaints", dependencies=[reads, company], summary="How many complaints are open, and what they claim")
async def count_open_complaints(deps: Dependencies, min_position: MinPosition = None) -> Response:
    """By kind; claimed amounts by currency, never mixed. No figure of blame: nothing here is by customer or salesperson."""
    await _caught_up(deps, COMPLAINTS, min_position)
    async with deps.pool.acquire() as c:
        found = await open_totals(c, SCHEMA)
    claimed = [money_body(amount, currency) for currency, amount in sorted(found.claimed.items())]
    return Json({"open": sum(found.by_kind.values()), "by_kind": found.by_kind, "claimed": claimed})
