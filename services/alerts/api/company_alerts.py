"""Warnings about the company over HTTP: the list, one with its history, and what a person does about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.alerts.api.bodies import (
    ACKNOWLEDGEMENT,
    COMPANY_CLOSURE,
    NOTE,
    AcknowledgementBody,
    CompanyClosureBody,
    NoteBody,
)
from services.alerts.api.company_views import company_listed, company_recorded, company_without_personal
from services.alerts.api.deps import Dependencies
from services.alerts.domain.alert import Acknowledge, AddNote, Close
from services.alerts.domain.company_alert import CompanyCommand, company_stream
from services.alerts.handlers.company import act_on_company_alert
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import ALERT_CLOSED, ALERT_UNKNOWN, CAUSE_MISSING
from services.alerts.read_models.company_alerts import COMPANY_ALERTS, CompanyFilters, company_page
from shared.contracts.company_alerts import SubjectKind
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.commands import Command, CommandKey, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.scope import Caller, scope

router = APIRouter(tags=["company alerts"])
reads = scope("alerts.company.read")
writes = scope("alerts.company.write")
PERSONAL_SCOPE = "cards.pii.read"

_DONE: dict[int | str, dict[str, Any]] = {
    200: {"description": "Done; the ETag is of the new version"},
    404: {"description": ALERT_UNKNOWN},
    409: {"description": ALERT_CLOSED},
}
State = Annotated[
    str | None, Query(pattern="^(OPEN|ACKNOWLEDGED|ENDED|CLOSED)$", description="OPEN, ACKNOWLEDGED, ENDED or CLOSED")
]


@router.get("/v1/company-alerts", dependencies=[reads], summary="Warnings about no single customer, the latest opened first")
async def list_company_alerts(
    deps: Dependencies,
    request: Request,
    rule_id: Annotated[str | None, Query(max_length=100)] = None,
    state: State = None,
    subject_kind: SubjectKind | None = None,
    subject_id: Annotated[str | None, Query(max_length=200)] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """About a source that stopped delivering, and what customers of one area, article or salesperson have in common."""
    filters = CompanyFilters(rule_id, state, subject_kind, subject_id)
    made_for = filter_hash(list="company_alerts", **filters._asdict())
    after = None if cursor is None else _after(deps, made_for, cursor)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, COMPANY_ALERTS, position))
    async with deps.pool.acquire() as c:
        found = await company_page(c, filters, after, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = deps.cursors.encode(made_for, [last.opened_at.isoformat(), str(last.alert_id)])
    return page_response(Page([company_listed(row) for row in found[:limit]], following), request)


def _after(deps: Deps, made_for: bytes, cursor: str) -> tuple[datetime, UUID]:
    at, alert_id = deps.cursors.decode(made_for, cursor, 2)
    return datetime.fromisoformat(str(at)), UUID(str(alert_id))


@router.get(
    "/v1/company-alerts/{alert_id}", dependencies=[reads], responses={404: {"description": ALERT_UNKNOWN}}, summary="One of them"
)
async def get_company_alert(alert_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """Always fresh: read from its own stream, with every step. `children` are the customers' alerts that it explains and
    inhibits. Notes need the scope `cards.pii.read`."""
    stream = company_stream(alert_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    if not loaded.events:
        raise Problem(ALERT_UNKNOWN)
    events = [envelope.event for envelope in loaded.events]
    if caller.may(PERSONAL_SCOPE):
        readable = [await deps.sealer.unseal_struct(event, stream) for event in events]
    else:
        readable = [company_without_personal(event) for event in events]
    return resource(company_recorded(loaded.events, readable), loaded.version, request)


async def _acted(
    alert_id: UUID, command: CompanyCommand, version: int | None, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await act_on_company_alert(deps, alert_id, command, key, event_meta(request), version), request)


@router.post(
    "/v1/company-alerts/{alert_id}/acknowledgement", dependencies=[writes], responses=_DONE, summary="Acknowledge a company alert"
)
async def acknowledge_company_alert(
    alert_id: UUID,
    body: Annotated[AcknowledgementBody, Body(openapi_examples=ACKNOWLEDGEMENT)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The caller looks after it. A new level opens it again."""
    command = Acknowledge(key.principal, body.next_check_on, deps.today())
    return await _acted(alert_id, command, version, key, deps, request)


@router.post(
    "/v1/company-alerts/{alert_id}/notes", dependencies=[writes], responses=_DONE, summary="Add a note to a company alert"
)
async def add_company_note(
    alert_id: UUID,
    body: Annotated[NoteBody, Body(openapi_examples=NOTE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Also on a closed one. Notes are sealed."""
    return await _acted(alert_id, AddNote(key.principal, body.note), version, key, deps, request)


@router.post(
    "/v1/company-alerts/{alert_id}/closure",
    dependencies=[writes],
    responses={**_DONE, 409: {"description": f"{ALERT_CLOSED} or {CAUSE_MISSING}"}},
    summary="Close a company alert",
)
async def close_company_alert(
    alert_id: UUID,
    body: Annotated[CompanyClosureBody, Body(openapi_examples=COMPANY_CLOSURE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """With a cause and an outcome. What the engine waits for is not touched: a source is declared, or delivers again."""
    return await _acted(alert_id, Close(key.principal, body.outcome, body.cause), version, key, deps, request)
