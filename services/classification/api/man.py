"""Money, authority and need of purchase intents, over HTTP."""

from __future__ import annotations

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.api.prospect_views import answer_view
from services.classification.domain import man
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.man import Said, answer_man, known_intent, known_man
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.prospect_problems import DAY_IN_FUTURE, INTENT_ENDED, INTENT_UNKNOWN
from services.classification.read_models.purchase_intents import INTENTS
from shared.contracts.prospects import Has, Need
from shared.projections.waiting import wait_for
from shared.web import fields
from shared.web.commands import Command, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.scope import scope

router = APIRouter(tags=["prospects"])


class ManBody(fields.Body):
    """At least one of the three. `answered_by`: the company's number of who found out; today unless `answered_on` is given."""

    money: Has | None = None
    authority: Has | None = None
    need: Need | None = None
    answered_by: Reference
    answered_on: BusinessDay | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.money is None and self.authority is None and self.need is None:
            raise PydanticCustomError("nothing_answered", "says something about money, authority or need")
        return self

    def said(self) -> Said:
        return Said(self.money, self.authority, self.need, self.answered_by, self.answered_on)


MAN = example({"money": "YES", "need": "LARGE", "answered_by": "E-12", "answered_on": "2026-03-12"})


@router.put(
    "/v1/intents/{intent_id}/man",
    dependencies=[scope("classification.class.write")],
    responses={
        404: {"description": INTENT_UNKNOWN},
        409: {"description": INTENT_ENDED},
        422: {"description": DAY_IN_FUTURE},
    },
    summary="Say what was found out about money, authority and need",
)
async def put_man(
    intent_id: UUID,
    body: Annotated[ManBody, Body(openapi_examples=MAN)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What is left out stays as it was; UNKNOWN takes an answer back. Of two answers that of the later day stands."""
    return respond(await answer_man(deps, intent_id, body.said(), version, key, event_meta(request)), request)


@router.get(
    "/v1/intents/{intent_id}/man",
    dependencies=[scope("classification.class.read")],
    responses={404: {"description": INTENT_UNKNOWN}},
    summary="Money, authority and need of an intent: the answer, the action, and what is missing",
)
async def get_man(
    intent_id: UUID,
    deps: Dependencies,
    request: Request,
    as_of: Annotated[BusinessDay | None, Query(description="As it was known of that day; today when left out")] = None,
    min_position: MinPosition = None,
) -> Response:
    """Always fresh. `answer` has a letter for each of the three, a capital where it is there; null while one is unknown."""
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem(AS_OF_IN_FUTURE)
    await reached(min_position, lambda positions: wait_for(deps.pool, SCHEMA, INTENTS, positions))
    row = await known_intent(deps, intent_id)
    known, version = await known_man(deps, intent_id, day)
    body = {
        "intent_id": intent_id,
        "customer_id": row.customer_id,
        "number": row.number,
        "state": row.state,
        "as_of": day,
        **answer_view(man.values_of(known)),
        "conditions": {
            name.lower(): {"value": "UNKNOWN"}
            if name not in known
            else {"value": known[name].value, "answered_by": known[name].by, "answered_on": known[name].on}
            for name in man.CONDITIONS
        },
        "from_what": [{"stream": man.stream_of(intent_id), "version": version}],
    }
    return resource(body, version, request, by_version=False)
