"""Over HTTP: when a customer will be closed, and on which day it will order next."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from pydantic import Field
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.deps import Dependencies
from services.cards.api.examples import example
from services.cards.domain.agreements import AgreeNextOrder, CancelClosure, Closure, PlanClosure
from services.cards.handlers.agreements import agree
from services.cards.handlers.problems import CLOSURE_BACKWARDS, CLOSURE_UNKNOWN, NEXT_ORDER_OUT_OF_RANGE
from shared.contracts.agreements import ClosureReason
from shared.web import fields
from shared.web.commands import Command, IfMatchOptional, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay
from shared.web.scope import scope

router = APIRouter(tags=["agreements"])
writes = scope("cards.customer.write")
ValidFrom = Annotated[BusinessDay | None, Field(description="The day from which it holds; today by default")]


class ClosureBody(fields.Body):
    """The customer is closed from `first_on` to `last_on`, both included: warnings of silence wait for as long."""

    first_on: BusinessDay
    last_on: BusinessDay
    reason: ClosureReason = "OTHER"
    valid_from: ValidFrom = None


class CancellationBody(fields.Body):
    """The closure will not be, or was not."""

    valid_from: ValidFrom = None


class NextOrderBody(fields.Body):
    """The day on which the customer will order next; null takes it back. Until then its silence is none."""

    due_on: BusinessDay | None
    valid_from: ValidFrom = None


CLOSURE = example({"first_on": "2026-07-20", "last_on": "2026-08-14", "reason": "HOLIDAY"})
NEXT_ORDER = example({"due_on": "2026-09-01"})
_CHANGES: answers.Responses = {
    200: answers.CHANGED,
    404: {"description": f"No customer has this id, or {CLOSURE_UNKNOWN}"},
    410: {"description": "The customer's personal data were erased"},
    422: {"description": f"{CLOSURE_BACKWARDS} or {NEXT_ORDER_OUT_OF_RANGE}"},
}


@router.post(
    "/v1/customers/{customer_id}/closures",
    dependencies=[writes],
    responses=_CHANGES,
    summary="Record when the customer will be closed",
)
async def plan_closure(
    customer_id: UUID,
    body: Annotated[ClosureBody, Body(openapi_examples=CLOSURE)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The answer's `closure_id` names it. It stands on the card, in its history and in `as_of`."""
    command = PlanClosure(Closure(key.new_id(), body.first_on, body.last_on, body.reason), key.principal)
    return respond(await agree(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/closures/{closure_id}/cancellation",
    dependencies=[writes],
    responses=_CHANGES,
    summary="Cancel a closure",
)
async def cancel_closure(
    customer_id: UUID,
    closure_id: UUID,
    body: Annotated[CancellationBody, Body(openapi_examples=example({}))],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = CancelClosure(closure_id, key.principal)
    return respond(await agree(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)


@router.put(
    "/v1/customers/{customer_id}/next-order",
    dependencies=[writes],
    responses=_CHANGES,
    summary="Agree on the day of the next order",
)
async def agree_next_order(
    customer_id: UUID,
    body: Annotated[NextOrderBody, Body(openapi_examples=NEXT_ORDER)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = AgreeNextOrder(body.due_on, key.principal)
    return respond(await agree(deps, customer_id, command, body.valid_from, key, event_meta(request), version), request)
