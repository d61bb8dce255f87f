"""Into trade and out of it, over HTTP: the conditions of admission, admission, the start of trade, its end."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Request
from pydantic import Field
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api import standing_examples as examples
from services.cards.api.deps import Dependencies
from services.cards.domain.admission import PublishStandard
from services.cards.domain.refusals import AdmissionStandardMissing
from services.cards.handlers import relation_problems as problems
from services.cards.handlers.problems import refused
from services.cards.handlers.stages import admit, end_trade, publish_standard, standard, start_trade
from services.cards.handlers.valid_time import VALID_FROM_IN_FUTURE, valid_day
from shared.contracts.relations import AdmissionCondition, ConditionChecked
from shared.web.commands import Command, IfMatch, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay, Code, Flag, FreeText, Name
from shared.web.reach import company
from shared.web.scope import scope

router = APIRouter(tags=["trade stage"])
writes = scope("cards.customer.write")


class ConditionBody(BodyModel):
    """A condition in the company's words."""

    code: Code
    text: Name


class StandardBody(BodyModel):
    """Every condition that a new customer has to meet. None at all admits everybody."""

    conditions: Annotated[tuple[ConditionBody, ...], Field(max_length=50)]


class CheckBody(BodyModel):
    code: Code
    met: Flag
    note: FreeText | None = None


class AdmissionBody(BodyModel):
    """Each condition of the newest standard, and whether it is met. What is left out is not met."""

    checks: Annotated[tuple[CheckBody, ...], Field(max_length=50)]
    valid_from: BusinessDay | None = None


class StartBody(BodyModel):
    valid_from: BusinessDay | None = None


class EndBody(BodyModel):
    """`reason` is a code of the company's, such as CLOSED_DOWN, TO_COMPETITOR, OUR_DECISION."""

    reason: Code
    valid_from: BusinessDay | None = None


def _changes(*conflicts: str) -> answers.Responses:
    return {
        200: answers.CHANGED,
        404: {"description": "No customer has this id"},
        409: {"description": " or ".join(conflicts)},
        410: {"description": "The customer's personal data were erased"},
        422: {"description": VALID_FROM_IN_FUTURE},
    }


@router.put(
    "/v1/admission-standard",
    dependencies=[scope("cards.organisation.write")],
    responses={200: examples.STANDARD_PUBLISHED, 422: {"description": problems.CONDITION_TWICE}},
    summary="Publish the company's conditions for new customers",
)
async def put_standard(
    body: Annotated[StandardBody, Body(openapi_examples=examples.STANDARD_BODY)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    conditions = tuple(AdmissionCondition(code=one.code, text=one.text) for one in body.conditions)
    command = PublishStandard(conditions, key.principal)
    return respond(await publish_standard(deps, command, key, event_meta(request), version), request)


@router.get(
    "/v1/admission-standard",
    dependencies=[scope("cards.organisation.read"), company],
    responses={200: examples.STANDARD, 409: {"description": problems.ADMISSION_STANDARD_MISSING}},
    summary="The conditions for new customers",
)
async def get_standard(deps: Dependencies, request: Request) -> Response:
    found = await standard(deps)
    if found is None:
        raise refused(AdmissionStandardMissing())
    return resource({"version": found.version, "conditions": found.conditions}, found.version, request, persons=False)


@router.post(
    "/v1/customers/{customer_id}/admission",
    dependencies=[writes],
    responses=_changes(problems.ADMISSION_CONDITIONS_UNMET, problems.ADMISSION_STANDARD_MISSING, problems.ALREADY_TRADING),
    summary="Admit a customer who meets the conditions",
)
async def post_admission(
    customer_id: UUID,
    body: Annotated[AdmissionBody, Body(openapi_examples=examples.ADMISSION_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    checks = tuple(ConditionChecked(code=one.code, met=one.met, note=one.note) for one in body.checks)
    day = valid_day(deps, body.valid_from)
    return respond(await admit(deps, customer_id, checks, day, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/trade-start",
    dependencies=[writes],
    responses=_changes(problems.NOT_ADMITTED, problems.CARD_INCOMPLETE, problems.ALREADY_TRADING),
    summary="Start trade with an admitted customer whose card is complete",
)
async def post_trade_start(
    customer_id: UUID,
    body: Annotated[StartBody, Body(openapi_examples=examples.START_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    day = valid_day(deps, body.valid_from)
    return respond(await start_trade(deps, customer_id, day, key, event_meta(request), version), request)


@router.post(
    "/v1/customers/{customer_id}/trade-end",
    dependencies=[writes],
    responses=_changes(problems.NOT_TRADING, problems.STAGE_DAY_TOO_EARLY),
    summary="Trade is over; the card stays",
)
async def post_trade_end(
    customer_id: UUID,
    body: Annotated[EndBody, Body(openapi_examples=examples.END_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    day = valid_day(deps, body.valid_from)
    return respond(await end_trade(deps, customer_id, body.reason, day, key, event_meta(request), version), request)
