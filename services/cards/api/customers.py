"""Cards over HTTP: what changes them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.cards.api import answers, examples
from services.cards.api.card_bodies import (
    AgreedTermsBody,
    AssignedMarksBody,
    AssignmentBody,
    CustomerBody,
    RevisedBasicsBody,
    read_customer,
)
from services.cards.api.deps import Dependencies
from services.cards.domain.card import (
    AgreeTerms,
    AssignSalesperson,
    LinkExternalId,
)
from services.cards.handlers.cards import change, register
from services.cards.handlers.parts import revise
from services.cards.handlers.problems import CUSTOMER_EXISTS, EXTERNAL_ID_TAKEN, TOO_MANY_ITEMS
from services.cards.handlers.registrations import register_bulk
from shared.web.commands import Command, IfMatch, respond
from shared.web.correlation import event_meta
from shared.web.fields import ExternalIdIn
from shared.web.problem import Problem
from shared.web.scope import bulk, scope

router = APIRouter(tags=["customers"])
writes = scope("cards.customer.write")
assigns = scope("cards.assignment.write")
agrees = scope("cards.terms.write")
BULK_ITEMS = 1000

_CHANGES: answers.Responses = {
    200: answers.CHANGED,
    404: {"description": "No customer has this id"},
    409: {"description": "The card's state does not allow it"},
    410: {"description": "The customer's personal data were erased"},
}


@router.post(
    "/v1/customers",
    status_code=201,
    dependencies=[writes],
    summary="Register a customer, or fill a stub",
    responses={201: answers.REGISTERED, 409: {"description": f"{CUSTOMER_EXISTS} or {EXTERNAL_ID_TAKEN}"}},
)
async def register_customer(
    body: Annotated[CustomerBody, Body(openapi_examples=examples.CUSTOMER)], key: Command, deps: Dependencies, request: Request
) -> Response:
    return respond(await register(deps, body.command(key.new_id(), key.principal), key, event_meta(request)), request)


@router.put("/v1/customers/{customer_id}/basics", dependencies=[writes], responses=_CHANGES, summary="Revise who the customer is")
async def revise_basics(
    customer_id: UUID,
    body: Annotated[RevisedBasicsBody, Body(openapi_examples=examples.BASICS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.principal)
    return respond(await revise(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.put("/v1/customers/{customer_id}/marks", dependencies=[writes], responses=_CHANGES, summary="Sort the customer")
async def assign_marks(
    customer_id: UUID,
    body: Annotated[AssignedMarksBody, Body(openapi_examples=examples.MARKS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.principal)
    return respond(await revise(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.put(
    "/v1/customers/{customer_id}/assignment", dependencies=[assigns], responses=_CHANGES, summary="Assign area and salesperson"
)
async def assign_salesperson(
    customer_id: UUID,
    body: Annotated[AssignmentBody, Body(openapi_examples=examples.ASSIGNMENT)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = AssignSalesperson(body.area_id, body.salesperson_id, key.principal)
    return respond(await revise(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.put("/v1/customers/{customer_id}/terms", dependencies=[agrees], responses=_CHANGES, summary="Agree on terms of trade")
async def agree_terms(
    customer_id: UUID,
    body: Annotated[AgreedTermsBody, Body(openapi_examples=examples.TERMS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = AgreeTerms(body.terms(), key.principal)
    return respond(await revise(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.post("/v1/customers/{customer_id}/external-ids", dependencies=[writes], responses=_CHANGES, summary="Link an external id")
async def link_external_id(
    customer_id: UUID,
    body: Annotated[ExternalIdIn, Body(openapi_examples=examples.EXTERNAL_ID)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await change(deps, customer_id, LinkExternalId(body.external_id), key, event_meta(request), None), request)


@router.post(
    "/v1/customers/bulk",
    status_code=207,
    dependencies=[writes, bulk],
    summary="Register up to 1000 customers",
    responses={207: answers.CARDS_BULK, 413: {"description": TOO_MANY_ITEMS}},
)
async def register_customers(
    items: Annotated[list[Any], Body(openapi_examples=examples.CUSTOMERS, description="Cards")],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    if len(items) > BULK_ITEMS:
        raise Problem(TOO_MANY_ITEMS)
    read = [read_customer(item, key.new_id(-1 - at), key.principal) for at, item in enumerate(items)]
    return respond(await register_bulk(deps, read, key, event_meta(request)), request)
