"""Questions, requests for help and opinions over HTTP. They are no complaints and are counted with none."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.complaints.api import case_bodies as bodies
from services.complaints.api import fact_examples as examples
from services.complaints.api.deps import Dependencies
from services.complaints.api.spans import caught_up
from services.complaints.domain.case import CaseCommand, case_stream
from services.complaints.handlers.cases import make_complaint, receive_case, step, whom
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.handlers.fact_problems import CASE_CONFLICT, CASE_ENDED, CASE_UNKNOWN
from services.complaints.read_models.cases import CASES, CaseRow, Filters, folded, page
from services.complaints.read_models.customers import CUSTOMERS
from shared.contracts.complaint_facts import CaseAnswered, CaseKind, CaseReceived, CaseSummaryConfirmed
from shared.event_store.load import load
from shared.web.commands import Command, CommandKey, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["cases"])
reads = scope("complaints.complaint.read")
writes = scope("complaints.complaint.write")
PERSONAL_SCOPE = "cards.pii.read"

_RECEIVED: dict[int | str, dict[str, Any]] = {
    200: {"description": "Received before with this content"},
    404: {"description": "The customer is not known"},
    409: {"description": CASE_CONFLICT},
}
_STEP: dict[int | str, dict[str, Any]] = {
    404: {"description": CASE_UNKNOWN},
    409: {"description": f"{CASE_ENDED} or another refusal; see /problems"},
}


@router.post(
    "/v1/cases",
    status_code=201,
    dependencies=[writes, listed],
    responses=_RECEIVED,
    summary="Receive a question, a request or an opinion",
)
async def post_case(
    body: Annotated[bodies.CaseBody, Body(openapi_examples=examples.CASE)],
    key: Command,
    deps: Dependencies,
    request: Request,
    min_position: MinPosition = None,
) -> Response:
    """With `source` and `source_event_id` it is received once, however often it is delivered."""
    await caught_up(deps, min_position, CUSTOMERS)
    customer = await whom(deps, body.customer.id, body.customer.external_id)
    command = body.command(key.new_id(0), customer, deps.today(), key.principal)
    return respond(await receive_case(deps, command, body.received_on is not None, key, event_meta(request)), request)


async def _step(
    case_id: UUID, command: CaseCommand, version: int | None, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await step(deps, case_id, command, version, key, event_meta(request)), request)


@router.post(
    "/v1/cases/{case_id}/summary", dependencies=[writes], responses=_STEP, summary="The customer has confirmed what was read back"
)
async def confirm_case_summary(
    case_id: UUID,
    body: Annotated[bodies.CaseSummaryBody, Body(openapi_examples=examples.SUMMARY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _step(case_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post("/v1/cases/{case_id}/answer", dependencies=[writes], responses=_STEP, summary="Answer a case")
async def answer_case(
    case_id: UUID,
    body: Annotated[bodies.AnswerBody, Body(openapi_examples=examples.ANSWER)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _step(case_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post("/v1/cases/{case_id}/closure", dependencies=[writes], responses=_STEP, summary="Close a case")
async def close_case(
    case_id: UUID,
    body: Annotated[bodies.CaseClosureBody, Body(openapi_examples=examples.CASE_CLOSURE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _step(case_id, body.command(deps.today(), key.principal), version, key, deps, request)


@router.post(
    "/v1/cases/{case_id}/complaint",
    status_code=201,
    dependencies=[writes],
    responses={**_STEP, 201: {"description": "The complaint is at Location"}},
    summary="Take a case as a complaint",
)
async def complain_with_case(
    case_id: UUID,
    body: Annotated[bodies.CaseComplaintBody, Body(openapi_examples=examples.CASE_COMPLAINT)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The case ends and the complaint begins, of the same customer and channel; each says which the other is."""
    today = deps.today()
    answer = await make_complaint(deps, case_id, body.intake(), body.on or today, version, key, event_meta(request))
    return respond(answer, request)


@router.get(
    "/v1/cases/{case_id}", dependencies=[reads], responses={404: {"description": CASE_UNKNOWN}}, summary="One case, always fresh"
)
async def get_case(case_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """What was said and answered needs the scope `cards.pii.read`."""
    stream = case_stream(case_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    row = folded(loaded.events)
    if row is None:
        raise Problem(CASE_UNKNOWN)
    shown = case_body(row)
    if caller.may(PERSONAL_SCOPE):
        for event in await deps.sealer.unseal_structs([(one.event, stream) for one in loaded.events]):
            match event:
                case CaseReceived():
                    shown["text"] = event.text
                case CaseSummaryConfirmed():
                    shown |= {"summary": event.summary, "confirmed_by": event.confirmed_by}
                case CaseAnswered():
                    shown.setdefault("answers", []).append(event.answer)
    return resource(shown, loaded.version, request)


def case_body(row: CaseRow) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in CASES.columns if name != "case_id"}
    return {"id": row.case_id, **{name: value for name, value in found.items() if value is not None}}


@router.get("/v1/cases", dependencies=[reads, listed], summary="Questions, requests for help and opinions, the latest first")
async def list_cases(
    deps: Dependencies,
    request: Request,
    customer_id: UUID | None = None,
    kind: CaseKind | None = None,
    state: Literal["OPEN", "ANSWERED", "CLOSED", "COMPLAINT"] | None = None,
    open: Annotated[bool | None, Query(description="Only open ones, or only ended ones")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(customer_id, kind, state, open)
    bound = filter_hash(list="cases", **filters._asdict())
    after = None
    if cursor is not None:
        day, case_id = deps.cursors.decode(bound, cursor, 2)
        after = date.fromisoformat(str(day)), UUID(str(case_id))
    await caught_up(deps, min_position, CASES)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = deps.cursors.encode(bound, [last.received_on.isoformat(), str(last.case_id)])
    return page_response(Page([case_body(row) for row in rows[:limit]], following), request)
