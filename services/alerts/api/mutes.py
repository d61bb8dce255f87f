"""Mutes over HTTP: alerts that are known to come and shall ask nobody for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi import Body as FromBody
from pydantic import Field
from starlette.responses import Response

from services.alerts.api.bodies import example
from services.alerts.api.deps import Dependencies
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.mutes import mute, unmute
from services.alerts.handlers.problems import MUTE_MATCHES_ALL, MUTE_OVER, MUTE_UNKNOWN, MUTE_UNTIL_BEFORE
from services.alerts.read_models.mutes import MUTES, MuteRow, mute_of, page
from shared.contracts.alert_steps import MuteMatcher
from shared.contracts.alerts import AlertKind, Level
from shared.projections.waiting import wait_for
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body, BusinessDay, Name, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.scope import scope

router = APIRouter(tags=["mutes"])
reads = scope("alerts.alert.read")
writes = scope("alerts.alert.write")
Several = Field(max_length=100)


class MuteBody(Body):
    """Alerts are held that fit every list that names something; at least one does. An area counts with all areas within it.
    `reason` names no person."""

    rule_ids: Annotated[tuple[Reference, ...], Several] = ()
    kinds: Annotated[tuple[AlertKind, ...], Several] = ()
    levels: Annotated[tuple[Level, ...], Several] = ()
    customer_ids: Annotated[tuple[UUID, ...], Several] = ()
    area_ids: Annotated[tuple[Reference, ...], Several] = ()
    salesperson_ids: Annotated[tuple[Reference, ...], Several] = ()
    reason: Name
    until: BusinessDay

    @property
    def matcher(self) -> MuteMatcher:
        return MuteMatcher(
            rule_ids=tuple(self.rule_ids),
            kinds=tuple(self.kinds),
            levels=tuple(self.levels),
            customer_ids=tuple(self.customer_ids),
            area_ids=tuple(self.area_ids),
            salesperson_ids=tuple(self.salesperson_ids),
        )


MUTE = example({"kinds": ["silence"], "area_ids": ["EAST"], "reason": "Stocktaking at the warehouse", "until": "2026-03-31"})


@router.post(
    "/v1/mutes",
    status_code=201,
    dependencies=[writes],
    responses={422: {"description": f"{MUTE_UNTIL_BEFORE} or {MUTE_MATCHES_ALL}"}},
    summary="Mute alerts",
)
async def set_mute(
    body: Annotated[MuteBody, FromBody(openapi_examples=MUTE)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """An alert that opens or gets worse meanwhile is recorded and marked, and asks nobody; one that is open already is held when its
    next step is late. When the mute is over, the sides are asked."""
    return respond(await mute(deps, body.matcher, body.reason, body.until, key, event_meta(request)), request)


@router.post(
    "/v1/mutes/{mute_id}/end",
    dependencies=[writes],
    responses={404: {"description": MUTE_UNKNOWN}, 409: {"description": MUTE_OVER}},
    summary="End a mute",
)
async def end_mute(mute_id: UUID, key: Command, deps: Dependencies, request: Request) -> Response:
    return respond(await unmute(deps, mute_id, key, event_meta(request)), request)


@router.get("/v1/mutes", dependencies=[reads], summary="Mutes, the latest set first")
async def list_mutes(
    deps: Dependencies,
    request: Request,
    holding: Annotated[bool | None, Query(description="true: those that hold today; false: those that are over")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """What a mute holds: `GET /v1/alerts?muted_by={id}`."""
    made_for = filter_hash(list="mutes", holding=holding)
    after = None
    if cursor is not None:
        at, mute_id = deps.cursors.decode(made_for, cursor, 2)
        after = (datetime.fromisoformat(str(at)), UUID(str(mute_id)))
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, MUTES, position))
    async with deps.pool.acquire() as c:
        found = await page(c, holding, deps.today(), after, limit + 1)
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        following = deps.cursors.encode(made_for, [last.set_at.isoformat(), str(last.mute_id)])
    return page_response(Page([_shown(one) for one in found[:limit]], following), request)


def _shown(row: MuteRow) -> dict[str, Any]:
    matcher: dict[str, Any] = msgspec.to_builtins(mute_of(row).matcher)
    shown = {"id": row.mute_id, **matcher, "reason": row.reason, "until": row.until, "set_by": row.set_by, "set_at": row.set_at}
    ended = {"ended_at": row.ended_at, "ended_by": row.ended_by}
    return shown | {name: value for name, value in ended.items() if value is not None}
