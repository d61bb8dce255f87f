"""What is entered about loyalty, over HTTP: answers of surveys, the type of a relation, the standard that judges."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.api.loyalty_bodies import (
    LOYALTY_STANDARD,
    RELATION,
    SURVEY,
    LoyaltyStandardBody,
    RelationBody,
    SurveyBody,
)
from services.classification.domain.survey import Answers, stream_of
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.loyalty import record_survey, state_relation
from services.classification.handlers.loyalty_problems import ANSWERS_CONTRADICT, LOYALTY_OUT_OF_RANGE, NOT_YET, SURVEY_EMPTY
from services.classification.handlers.standards import LOYALTY, current, publish
from services.classification.read_models.customer_sales import one
from shared.contracts.loyalty import RelationTypeStated, SurveyAnswered
from shared.event_store.load import load
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.problem import Problem
from shared.web.reach import company
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["loyalty"])
reads, writes = scope("classification.class.read"), scope("classification.class.write")
publishes = scope("classification.standard.write")
_UNKNOWN = {"description": "The customer is not known"}


@router.post(
    "/v1/customers/{customer_id}/surveys",
    status_code=201,
    dependencies=[writes],
    responses={404: _UNKNOWN, 422: {"description": f"{SURVEY_EMPTY}, {ANSWERS_CONTRADICT} or {NOT_YET}"}},
    summary="Record what a customer answered in a survey",
)
async def post_survey(
    customer_id: UUID,
    body: Annotated[SurveyBody, Body(openapi_examples=SURVEY)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The newest answer to each question counts, as long as the standard says; who entered it is kept with it."""
    command = body.command(key.new_id(), customer_id, key.principal, deps.today())
    return respond(await record_survey(deps, command, key, event_meta(request)), request)


@router.put(
    "/v1/customers/{customer_id}/relation-type",
    dependencies=[writes],
    responses={404: _UNKNOWN, 422: {"description": NOT_YET}},
    summary="State what kind of relation there is with a customer",
)
async def put_relation_type(
    customer_id: UUID,
    body: Annotated[RelationBody, Body(openapi_examples=RELATION)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """It holds from its day on. To be stated anew from time to time, see `relation_due` of the list."""
    command = body.command(customer_id, key.principal, deps.today())
    return respond(await state_relation(deps, command, key, event_meta(request)), request)


@router.get(
    "/v1/customers/{customer_id}/surveys",
    dependencies=[reads],
    responses={404: _UNKNOWN},
    summary="What a customer answered, and the relation types that were stated",
)
async def get_surveys(customer_id: UUID, deps: Dependencies) -> Response:
    """All that was ever entered, the newest first, with source, day and who entered it. Read from the customer's own stream."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream_of(customer_id))
        if not loaded.version and await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
    events = [envelope.event for envelope in reversed(loaded.events)]
    found: dict[str, Any] = {
        "customer_id": customer_id,
        "surveys": [_survey(event) for event in events if isinstance(event, SurveyAnswered)],
        "relation_types": [
            {"relation": event.relation, "stated_on": event.stated_on, "decided_by": event.decided_by}
            for event in events
            if isinstance(event, RelationTypeStated)
        ],
    }
    return Json(found)


def _survey(event: SurveyAnswered) -> dict[str, Any]:
    answers = {name: getattr(event, name) for name in Answers._fields}
    return {
        "survey_id": event.survey_id,
        "source": event.source,
        "answered_on": event.answered_on,
        "recorded_by": event.recorded_by,
        **{name: answer for name, answer in answers.items() if answer is not None},
    }


@router.get("/v1/standards/loyalty", dependencies=[reads, company], summary="The standard by which loyalty is judged")
async def get_loyalty_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in."""
    async with deps.pool.acquire() as c:
        found = await current(c, LOYALTY)
    return resource(LOYALTY.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/loyalty",
    dependencies=[publishes],
    responses={200: {"description": "Published; answers from now on follow it"}, 422: {"description": LOYALTY_OUT_OF_RANGE}},
    summary="Publish a standard of loyalty",
)
async def put_loyalty_standard(
    body: Annotated[LoyaltyStandardBody, Body(openapi_examples=LOYALTY_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What is left out is as it is built in. If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    command = body.standard(key.principal)
    return respond(await publish(deps, LOYALTY, command, version, key, event_meta(request)), request)
