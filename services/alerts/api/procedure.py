"""The procedure that alerts are taken through, and the calendars of working days, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi import Body as FromBody
from pydantic import Field
from starlette.responses import Response

from services.alerts.api.bodies import example
from services.alerts.api.deps import Dependencies
from services.alerts.domain.procedure import BUILT_IN as BUILT_IN_PROCEDURE
from services.alerts.domain.working_days import BUILT_IN as BUILT_IN_CALENDAR
from services.alerts.domain.working_days import calendar_of, calendar_stream
from services.alerts.handlers.deps import SCHEMA
from services.alerts.handlers.problems import AREA_UNKNOWN, PROCEDURE_REFUSED
from services.alerts.handlers.standards import (
    calendar_shown,
    calendars_in_force,
    procedure_in_force,
    procedure_shown,
    set_calendar,
    set_procedure,
)
from services.alerts.read_models.areas import all_areas
from shared.contracts.alert_steps import Holder, Inhibition, ProcedurePublished, Route
from shared.contracts.alerts import AlertKind, Level
from shared.event_store.load import load
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body, BusinessDay, Code, Reference, Whole
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["procedure"])
reads = scope("alerts.rule.read")
writes = scope("alerts.rule.write")
Described = dict[int | str, dict[str, Any]]
Days = Annotated[Whole, Field(ge=0, le=366)]
Some = Field(max_length=100)
Many = Field(max_length=1000)


class RouteBody(Body):
    """Alerts that fit every list that names something go to these sides."""

    sides: Annotated[list[Code], Field(min_length=1, max_length=20)]
    kinds: Annotated[tuple[AlertKind, ...], Some] = ()
    levels: Annotated[tuple[Level, ...], Some] = ()
    area_ids: Annotated[tuple[Reference, ...], Some] = ()


class HolderBody(Body):
    """Who stands at a side, in an area and those within it; without an area, everywhere."""

    side: Code
    persons: Annotated[list[Reference], Field(min_length=1, max_length=20)]
    area_id: Reference | None = None


class InhibitionBody(Body):
    """While an alert of `by_kind` at `by_level` or above goes on, those of `kind` about the same customer ask nobody."""

    by_kind: AlertKind
    by_level: Level
    kind: AlertKind


class LevelDays(Body):
    watch: Days
    act: Days
    stop: Days


class ProcedureBody(Body):
    """The whole procedure anew. Days are working days, but for `verify_days` and `continues_days`, which are calendar days."""

    routes: Annotated[list[RouteBody], Field(min_length=1, max_length=100)]
    holders: Annotated[tuple[HolderBody, ...], Many] = ()
    inhibitions: Annotated[tuple[InhibitionBody, ...], Some] = ()
    acknowledge_days: LevelDays
    cause_days: LevelDays
    measure_days: LevelDays
    take_days: Days
    again_days: Annotated[Whole, Field(ge=1, le=366)]
    verify_days: Days
    continues_days: Days
    closes_itself: Annotated[tuple[Reference, ...], Some] = ()

    @property
    def wanted(self) -> ProcedurePublished:
        return ProcedurePublished(
            version=0,
            routes=tuple(
                Route(sides=tuple(one.sides), kinds=tuple(one.kinds), levels=tuple(one.levels), area_ids=tuple(one.area_ids))
                for one in self.routes
            ),
            holders=tuple(Holder(side=one.side, persons=tuple(one.persons), area_id=one.area_id) for one in self.holders),
            inhibitions=tuple(Inhibition(by_kind=one.by_kind, by_level=one.by_level, kind=one.kind) for one in self.inhibitions),
            acknowledge_days=self.acknowledge_days.model_dump(),
            cause_days=self.cause_days.model_dump(),
            measure_days=self.measure_days.model_dump(),
            take_days=self.take_days,
            again_days=self.again_days,
            verify_days=self.verify_days,
            continues_days=self.continues_days,
            closes_itself=tuple(self.closes_itself),
        )


class CalendarBody(Body):
    """`weekend`: 1 is Monday, 7 Sunday. `working_days` are worked although they fall on the weekend."""

    weekend: Annotated[list[Annotated[Whole, Field(ge=1, le=7)]], Field(max_length=7)]
    holidays: Annotated[tuple[BusinessDay, ...], Many] = ()
    working_days: Annotated[tuple[BusinessDay, ...], Many] = ()


def _without_version(procedure: ProcedurePublished) -> dict[str, Any]:
    return {name: value for name, value in procedure_shown(procedure).items() if name != "version"}


PROCEDURE = example(
    _without_version(BUILT_IN_PROCEDURE) | {"holders": [{"side": "CREDIT", "persons": ["E-30"], "area_id": "EAST"}]}
)
CALENDAR = example({"weekend": [6, 7], "holidays": ["2026-10-01", "2026-10-02"], "working_days": ["2026-10-10"]})
_REFUSED: Described = {422: {"description": PROCEDURE_REFUSED}}
AreaId = Annotated[str, Path(max_length=200, description="An area, or `company` where no nearer area has a calendar")]


@router.get("/v1/procedure", dependencies=[reads, company], summary="How alerts are taken to their end")
async def get_procedure(deps: Dependencies, request: Request) -> Response:
    """Which sides are asked, who stands there, by when, what inhibits what, and what closes itself. Version 0 is built in."""
    async with deps.pool.acquire() as c:
        found = await procedure_in_force(c)
    return resource(procedure_shown(found.procedure), found.version, request, persons=False)


@router.put("/v1/procedure", dependencies=[writes], responses=_REFUSED, summary="Publish the procedure")
async def put_procedure(
    body: Annotated[ProcedureBody, FromBody(openapi_examples=PROCEDURE)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """If-Match is the ETag of the procedure in force, `"0"` before the first one was published. Alerts that were routed before keep
    their sides and days until they are routed anew. All routes that fit an alert add their sides."""
    return respond(await set_procedure(deps, body.wanted, key, event_meta(request), version), request)


@router.get("/v1/calendars", dependencies=[reads, company], summary="Working days, by area")
async def list_calendars(deps: Dependencies) -> Response:
    """Calendars that were published. Elsewhere Saturday and Sunday are free, and there are no holidays."""
    async with deps.pool.acquire() as c:
        found = await calendars_in_force(c, await all_areas(c))
    return Json({"items": [calendar_shown(area_id, calendar) for area_id, calendar in sorted(found.items())]})


@router.get("/v1/calendars/{area_id}", dependencies=[reads, company], summary="Working days of an area")
async def get_calendar(area_id: AreaId, deps: Dependencies, request: Request) -> Response:
    """Its own calendar; version 0 is built in and holds where neither a larger area nor the company has published one."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, calendar_stream(area_id))
    calendar = calendar_of(envelope.event for envelope in loaded.events)
    return resource(calendar_shown(area_id, calendar or BUILT_IN_CALENDAR), loaded.version, request, persons=False)


@router.put(
    "/v1/calendars/{area_id}",
    dependencies=[writes],
    responses={**_REFUSED, 404: {"description": AREA_UNKNOWN}},
    summary="Publish the working days of an area",
)
async def put_calendar(
    area_id: AreaId,
    body: Annotated[CalendarBody, FromBody(openapi_examples=CALENDAR)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """For the area and all areas within it that have none of their own; `company` for all. If-Match is the ETag of the calendar in
    force, `"0"` before the first one. What is due already stays due on its day."""
    meta = event_meta(request)
    answer = await set_calendar(deps, area_id, body.weekend, body.holidays, body.working_days, key, meta, version)
    return respond(answer, request)
