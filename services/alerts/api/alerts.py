"""Alerts over HTTP: the list, one alert with its history, and what a person does about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.alerts.api.bodies import (
    ACKNOWLEDGEMENT,
    CAUSE,
    CLOSURE,
    NOTE,
    AcknowledgementBody,
    CauseBody,
    ClosureBody,
    NoteBody,
)
from services.alerts.api.deps import Dependencies
from services.alerts.api.views import in_list, recorded, without_personal
from services.alerts.domain.alert import Acknowledge, AddNote, AlertCommand, Close, RecordCause
from services.alerts.domain.judging import stream_of
from services.alerts.handlers.commands import act_on_alert
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.handlers.problems import ALERT_CLOSED, ALERT_UNKNOWN, CAUSE_MISSING, SIDE_NOT_ASKED
from services.alerts.read_models.alert_pages import Filters, page
from services.alerts.read_models.alerts import ALERTS
from services.alerts.read_models.customers import name_of
from shared.contracts.alert_steps import Step
from shared.contracts.alerts import AlertKind, Level
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.commands import Command, CommandKey, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["alerts"])
reads = scope("alerts.alert.read")
writes = scope("alerts.alert.write")
PERSONAL_SCOPE = "cards.pii.read"

_DONE: dict[int | str, dict[str, Any]] = {
    200: {"description": "Done; the ETag is of the new version"},
    404: {"description": ALERT_UNKNOWN},
    409: {"description": f"{ALERT_CLOSED} or {SIDE_NOT_ASKED}"},
}
State = Annotated[
    str | None, Query(pattern="^(OPEN|ACKNOWLEDGED|RECOVERED|CLOSED)$", description="OPEN, ACKNOWLEDGED, RECOVERED or CLOSED")
]


@router.get("/v1/alerts", dependencies=[reads, listed], summary="Alerts, the latest opened first")
async def list_alerts(
    deps: Dependencies,
    request: Request,
    kind: AlertKind | None = None,
    level: Level | None = None,
    state: State = None,
    rule_id: Annotated[str | None, Query(max_length=100)] = None,
    customer_id: UUID | None = None,
    group_id: UUID | None = None,
    side: Annotated[str | None, Query(max_length=64, description="This side has not acknowledged it")] = None,
    person: Annotated[str | None, Query(max_length=200, description="Stands at a side of it, or was told of a delay")] = None,
    area_id: Annotated[str | None, Query(max_length=200)] = None,
    salesperson_id: Annotated[str | None, Query(max_length=200)] = None,
    due_by: Annotated[date | None, Query(description="Something is due by this day, or was")] = None,
    due_step: Step | None = None,
    held: Annotated[bool | None, Query(description="true: muted or inhibited; nobody is asked")] = None,
    muted_by: Annotated[UUID | None, Query(description="Held by this mute")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`person=E-12&due_by=2026-03-31` is what E-12 has to do by that day; `side=CREDIT` what waits for credit control."""
    filters = Filters(
        kind,
        level,
        state,
        rule_id,
        customer_id,
        group_id,
        side,
        person,
        area_id,
        salesperson_id,
        due_by,
        due_step,
        held,
        muted_by,
    )
    made_for = filter_hash(list="alerts", **filters._asdict())
    after = None if cursor is None else _after(deps, made_for, cursor)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, ALERTS, position))
    async with deps.pool.acquire() as c:
        found = await page(c, filters, after, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1].row
        following = deps.cursors.encode(made_for, [last.opened_at.isoformat(), str(last.alert_id)])
    return page_response(Page([in_list(one) for one in found[:limit]], following), request)


def _after(deps: Deps, made_for: bytes, cursor: str) -> tuple[datetime, UUID]:
    at, alert_id = deps.cursors.decode(made_for, cursor, 2)
    return datetime.fromisoformat(str(at)), UUID(str(alert_id))


@router.get("/v1/alerts/{alert_id}", dependencies=[reads], responses={404: {"description": ALERT_UNKNOWN}}, summary="One alert")
async def get_alert(alert_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """Always fresh: read from the alert's own stream, with every step. Notes need the scope `cards.pii.read`."""
    stream = stream_of(alert_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
        if not loaded.events:
            raise Problem(ALERT_UNKNOWN)
        customer_id = loaded.events[0].customer_id
        name = None if customer_id is None else await name_of(c, customer_id)
    events = [envelope.event for envelope in loaded.events]
    if caller.may(PERSONAL_SCOPE):
        readable = [await deps.sealer.unseal_struct(event, stream) for event in events]
    else:
        readable = [without_personal(event) for event in events]
    return resource(recorded(loaded.events, readable, name), loaded.version, request, by_version=False)


async def _acted(
    alert_id: UUID, command: AlertCommand, version: int | None, key: CommandKey, deps: Deps, request: Request
) -> Response:
    return respond(await act_on_alert(deps, alert_id, command, key, event_meta(request), version), request)


@router.post("/v1/alerts/{alert_id}/acknowledgement", dependencies=[writes], responses=_DONE, summary="Acknowledge an alert")
async def acknowledge_alert(
    alert_id: UUID,
    body: Annotated[AcknowledgementBody, Body(openapi_examples=ACKNOWLEDGEMENT)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The caller looks after it, for one side or for all. It is acknowledged when every side is; a new level, or coming back, asks
    all of them again, and so does a day of the next look that passes."""
    command = Acknowledge(key.principal, body.next_check_on, deps.today(), body.side)
    return await _acted(alert_id, command, version, key, deps, request)


@router.post("/v1/alerts/{alert_id}/cause", dependencies=[writes], responses=_DONE, summary="Record the cause")
async def record_cause(
    alert_id: UUID,
    body: Annotated[CauseBody, Body(openapi_examples=CAUSE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _acted(alert_id, RecordCause(key.principal, body.cause), version, key, deps, request)


@router.post("/v1/alerts/{alert_id}/notes", dependencies=[writes], responses=_DONE, summary="Add a note")
async def add_note(
    alert_id: UUID,
    body: Annotated[NoteBody, Body(openapi_examples=NOTE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Also on a closed alert."""
    return await _acted(alert_id, AddNote(key.principal, body.note), version, key, deps, request)


@router.post(
    "/v1/alerts/{alert_id}/closure",
    dependencies=[writes],
    responses={**_DONE, 409: {"description": f"{ALERT_CLOSED} or {CAUSE_MISSING}"}},
    summary="Close an alert",
)
async def close_alert(
    alert_id: UUID,
    body: Annotated[ClosureBody, Body(openapi_examples=CLOSURE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """With a cause and an outcome: was the warning true, false, too late, or a duplicate. Money at stake that is not given is what the
    alert shows."""
    stake = [one.money for one in body.at_stake]
    close = Close(key.principal, body.outcome, body.cause, stake, body.came_true_on, deps.today())
    return await _acted(alert_id, close, version, key, deps, request)
