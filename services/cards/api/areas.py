"""The sales organisation over HTTP: areas, who leads them, who keeps their cards, who sells there. Always fresh."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api import standing_examples as examples
from services.cards.api.deps import Dependencies
from services.cards.domain.as_of import card_at
from services.cards.domain.card import living
from services.cards.domain.identity import card_stream
from services.cards.domain.organisation import (
    AppointCustodian,
    Area,
    DefineArea,
    JoinArea,
    LeaveArea,
    NameSuperior,
    Organisation,
    custodian_over,
    outer_first,
    superior_over,
)
from services.cards.domain.refusals import AreaUnknown, CardRefused
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.organisation import change, organisation
from services.cards.handlers.problems import refused
from services.cards.handlers.relation_problems import AREA_CYCLE, AREA_UNKNOWN, NOT_IN_AREA
from services.cards.handlers.valid_time import VALID_FROM_IN_FUTURE, valid_day
from shared.event_store.load import load
from shared.web.commands import Command, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay, Name, Reference
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["organisation"])
reads = scope("cards.organisation.read")
writes = scope("cards.organisation.write")
AreaId = Annotated[Reference, Path(description="The company's own id of the area")]
PersonId = Annotated[Reference, Path(description="The company's own id of the person")]
OnDay = Annotated[BusinessDay | None, Query(description="As it was on this day; today where it is left out")]
_CHANGES: answers.Responses = {
    200: examples.AREA_CHANGED,
    404: {"description": AREA_UNKNOWN},
    422: {"description": VALID_FROM_IN_FUTURE},
}


class AreaBody(BodyModel):
    """`parent_id` is the larger area that this one belongs to."""

    name: Name
    parent_id: Reference | None = None


class SuperiorBody(BodyModel):
    superior_id: Reference
    valid_from: BusinessDay | None = None


class CustodianBody(BodyModel):
    custodian_id: Reference
    valid_from: BusinessDay | None = None


class SalespersonBody(BodyModel):
    """`principal` is the API's id of who acts for the person."""

    valid_from: BusinessDay | None = None
    principal: UUID | None = None


@router.put(
    "/v1/areas/{area_id}",
    dependencies=[writes],
    responses={**_CHANGES, 409: {"description": AREA_CYCLE}},
    summary="Define an area, or define it anew",
)
async def define_area(
    area_id: AreaId,
    body: Annotated[AreaBody, Body(openapi_examples=examples.AREA_BODY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = DefineArea(area_id, body.name, body.parent_id, key.principal)
    return respond(await change(deps, command, key, event_meta(request), version), request)


@router.put("/v1/areas/{area_id}/superior", dependencies=[writes], responses=_CHANGES, summary="Name who leads an area")
async def name_superior(
    area_id: AreaId,
    body: Annotated[SuperiorBody, Body(openapi_examples=examples.SUPERIOR_BODY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = NameSuperior(area_id, body.superior_id, valid_day(deps, body.valid_from), key.principal)
    return respond(await change(deps, command, key, event_meta(request), version), request)


@router.put(
    "/v1/areas/{area_id}/custodian", dependencies=[writes], responses=_CHANGES, summary="Appoint who keeps the cards of an area"
)
async def appoint_custodian(
    area_id: AreaId,
    body: Annotated[CustodianBody, Body(openapi_examples=examples.CUSTODIAN_BODY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = AppointCustodian(area_id, body.custodian_id, valid_day(deps, body.valid_from), key.principal)
    return respond(await change(deps, command, key, event_meta(request), version), request)


@router.put(
    "/v1/areas/{area_id}/salespeople/{salesperson_id}",
    dependencies=[writes],
    responses=_CHANGES,
    summary="A salesperson works in an area from a day on",
)
async def join_area(
    area_id: AreaId,
    salesperson_id: PersonId,
    body: Annotated[SalespersonBody, Body(openapi_examples=examples.SALESPERSON_BODY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = JoinArea(area_id, salesperson_id, valid_day(deps, body.valid_from), body.principal, key.principal)
    return respond(await change(deps, command, key, event_meta(request), version), request)


@router.delete(
    "/v1/areas/{area_id}/salespeople/{salesperson_id}",
    dependencies=[writes],
    responses={**_CHANGES, 409: {"description": NOT_IN_AREA}},
    summary="A salesperson works no longer in an area",
)
async def leave_area(
    area_id: AreaId,
    salesperson_id: PersonId,
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
    valid_from: Annotated[
        BusinessDay | None, Query(description="The first day without the person; today where it is left out")
    ] = None,
) -> Response:
    command = LeaveArea(area_id, salesperson_id, valid_day(deps, valid_from, "#/query/valid_from"), key.principal)
    return respond(await change(deps, command, key, event_meta(request), version), request)


@router.get(
    "/v1/areas",
    dependencies=[reads, company],
    responses={200: examples.AREAS},
    summary="All areas; larger ones before those within them",
)
async def get_areas(deps: Dependencies, request: Request, on: OnDay = None) -> Response:
    state, version = await organisation(deps)
    day = on or deps.today()
    return resource({"items": [_area(state, area, day) for area in outer_first(state)]}, version, request, by_version=False)


@router.get(
    "/v1/areas/{area_id}",
    dependencies=[reads, company],
    responses={200: examples.AREA, 404: {"description": AREA_UNKNOWN}},
    summary="One area",
)
async def get_area(area_id: AreaId, deps: Dependencies, request: Request, on: OnDay = None) -> Response:
    state, version = await organisation(deps)
    if area_id not in state:
        raise refused(AreaUnknown())
    return resource(_area(state, state[area_id], on or deps.today()), version, request, by_version=False)


@router.get(
    "/v1/salespeople",
    dependencies=[reads, company],
    responses={200: examples.SALESPEOPLE},
    summary="Who sells where, and under whom",
)
async def get_salespeople(
    deps: Dependencies, request: Request, area_id: Annotated[Reference | None, Query()] = None, on: OnDay = None
) -> Response:
    state, version = await organisation(deps)
    day = on or deps.today()
    found = [
        {
            "salesperson_id": person,
            "area_id": area.area_id,
            "since": area.salespeople[person].since(day),
            "superior_id": superior_over(state, area.area_id, day),
        }
        for area in outer_first(state)
        if area_id in (None, area.area_id)
        for person in area.selling_on(day)
    ]
    return resource(
        {"items": sorted(found, key=lambda one: (one["salesperson_id"], one["area_id"]))}, version, request, by_version=False
    )


@router.get(
    "/v1/customers/{customer_id}/responsible",
    dependencies=[scope("cards.customer.read")],
    responses={
        200: examples.RESPONSIBLE,
        404: {"description": "No customer has this id"},
        410: {"description": "The personal data were erased"},
    },
    summary="Who is in charge of a customer, who leads that person, and who keeps the card",
)
async def get_responsible(customer_id: UUID, deps: Dependencies, request: Request, on: OnDay = None) -> Response:
    day = on or deps.today()
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    try:
        known = living(card_at(loaded.events, deps.zone, day)).particulars
    except CardRefused as refusal:
        raise refused(refusal) from None
    state, _ = await organisation(deps)
    found = {
        "customer_id": customer_id,
        "area_id": known.area_id,
        "salesperson_id": known.salesperson_id,
        "superior_id": superior_over(state, known.area_id, day),
        "custodian_id": custodian_over(state, known.area_id, day),
    }
    return Json(found)


def _area(state: Organisation, area: Area, day: date) -> dict[str, Any]:
    """`superior_id` and `custodian_id` are those of the next larger area where this one has none of its own."""
    return {
        "area_id": area.area_id,
        "name": area.name,
        "parent_id": area.parent_id,
        "superior_id": superior_over(state, area.area_id, day),
        "custodian_id": custodian_over(state, area.area_id, day),
        "salespeople": area.selling_on(day),
    }
