"""What is said about a customer over HTTP: its parts, the decision-maker, needs and what is done about them, verifications."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.cards.api import answers, part_examples
from services.cards.api.deps import Dependencies
from services.cards.api.part_bodies import (
    ActionBody,
    NamedDecisionMaker,
    RecordedNeed,
    StatedBusinessStatus,
    StatedCharacteristics,
    StatedTradeStatus,
    VerificationBody,
)
from services.cards.handlers.parts import act_on_need, say, verify
from services.cards.handlers.problems import NEED_UNKNOWN, NOTHING_TO_VERIFY, TASK_SETTLED, TASK_UNKNOWN, VERIFIER_ENTERED_IT
from shared.web.commands import Command, IfMatch, IfMatchOptional, respond
from shared.web.correlation import event_meta
from shared.web.scope import scope

router = APIRouter(tags=["parts of a card"])
writes = scope("cards.customer.write")

_CHANGES: answers.Responses = {
    200: answers.CHANGED,
    404: {"description": "No customer has this id"},
    410: {"description": "The customer's personal data were erased"},
}
_STATED: answers.Responses = {
    **_CHANGES,
    200: answers.answer(
        "Done. A questionnaire's figure that contradicts the ledger or an agency waits to be verified and has changed nothing",
        answers.CHANGED["content"]["application/json"]["example"],
    ),
}


@router.post(
    "/v1/customers/{customer_id}/characteristics",
    dependencies=[writes],
    responses=_STATED,
    summary="State what kind of customer it is, only what there is something to say about",
)
async def state_characteristics(
    customer_id: UUID,
    body: Annotated[StatedCharacteristics, Body(openapi_examples=part_examples.CHARACTERISTICS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    saying = body.saying(key.principal)
    return respond(await say(deps, customer_id, saying, body.valid_from, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/business-status",
    dependencies=[writes],
    responses=_STATED,
    summary="State how the customer does business, only what there is something to say about",
)
async def state_business_status(
    customer_id: UUID,
    body: Annotated[StatedBusinessStatus, Body(openapi_examples=part_examples.BUSINESS_STATUS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    saying = body.saying(key.principal)
    return respond(await say(deps, customer_id, saying, body.valid_from, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/trade-status",
    dependencies=[writes],
    responses=_STATED,
    summary="State how trade with the customer stands, only what there is something to say about",
)
async def state_trade_status(
    customer_id: UUID,
    body: Annotated[StatedTradeStatus, Body(openapi_examples=part_examples.TRADE_STATUS)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    saying = body.saying(key.principal)
    return respond(await say(deps, customer_id, saying, body.valid_from, key, event_meta(request), version), request)


@router.put(
    "/v1/customers/{customer_id}/decision-maker",
    dependencies=[writes],
    responses=_CHANGES,
    summary="Name who decides about buying at the customer",
)
async def name_decision_maker(
    customer_id: UUID,
    body: Annotated[NamedDecisionMaker, Body(openapi_examples=part_examples.DECISION_MAKER)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    saying = body.checked().saying(body.provenance.provenance(), key.principal)
    return respond(await say(deps, customer_id, saying, body.valid_from, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/needs",
    dependencies=[writes],
    responses={**_CHANGES, 200: part_examples.NEED_RECORDED},
    summary="Record what the customer needs or likes",
)
async def record_need(
    customer_id: UUID,
    body: Annotated[RecordedNeed, Body(openapi_examples=part_examples.NEED)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    saying = body.saying(key.new_id(), body.provenance.provenance(), key.principal)
    return respond(await say(deps, customer_id, saying, body.valid_from, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/needs/{need_id}/actions",
    dependencies=[writes],
    responses={**_CHANGES, 404: {"description": f"No customer has this id, or {NEED_UNKNOWN}"}},
    summary="Record what was done about a need",
)
async def record_action(
    customer_id: UUID,
    need_id: UUID,
    body: Annotated[ActionBody, Body(openapi_examples=part_examples.ACTION)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(need_id, key.principal)
    return respond(await act_on_need(deps, customer_id, command, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/verifications",
    dependencies=[writes],
    responses={
        **_CHANGES,
        404: {"description": f"No customer has this id, or {TASK_UNKNOWN}"},
        409: {"description": f"{VERIFIER_ENTERED_IT}, {NOTHING_TO_VERIFY} or {TASK_SETTLED}"},
    },
    summary="Confirm or refute what somebody else entered",
)
async def verify_field(
    customer_id: UUID,
    body: Annotated[VerificationBody, Body(openapi_examples=part_examples.VERIFICATION)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(key.principal)
    return respond(await verify(deps, customer_id, command, key, event_meta(request), version), request)
