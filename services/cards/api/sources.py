"""Sources over HTTP: a delivering system says how far it is complete."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Path, Request
from starlette.responses import Response

from services.cards.api import answers, examples
from services.cards.api.deps import Dependencies
from services.cards.domain.source import CompleteSource, EndSource, OpenSource
from services.cards.handlers.problems import COMPLETENESS_TAKEN_BACK, SOURCE_ENDED
from services.cards.handlers.sources import declare
from shared.contracts.cards import FactKind
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay, SystemName
from shared.web.problem import FieldError, Problem
from shared.web.scope import scope

router = APIRouter(tags=["sources"])
writes = scope("cards.source.write")
Source = Annotated[SystemName, Path(description="Name of the delivering system")]
_REFUSED: answers.Responses = {200: answers.DECLARED, 409: {"description": f"{SOURCE_ENDED} or {COMPLETENESS_TAKEN_BACK}"}}


class FactKindBody(BodyModel):
    """Credit notes, reversals, refunds and write-offs go with payments."""

    fact_kind: FactKind


class CompletedThroughBody(FactKindBody):
    """Every fact of the kind through `day` has been delivered."""

    day: BusinessDay


@router.post(
    "/v1/sources/{source}/opened",
    dependencies=[writes],
    responses={200: answers.DECLARED},
    summary="From now on the source delivers in batches",
)
async def open_source(
    source: Source,
    body: Annotated[FactKindBody, Body(openapi_examples=examples.SOURCE_KIND)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await declare(deps, OpenSource(source, body.fact_kind), key, event_meta(request)), request)


@router.post(
    "/v1/sources/{source}/completed-through",
    dependencies=[writes],
    responses=_REFUSED,
    summary="Everything through a day has been delivered",
)
async def complete_source(
    source: Source,
    body: Annotated[CompletedThroughBody, Body(openapi_examples=examples.SOURCE_DAY)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    if body.day > deps.today():
        # Nobody can have delivered what has not happened; a slipped year would end every hold on alarms.
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/day", "DATE_IN_FUTURE", "must not lie in the future")])
    command = CompleteSource(source, body.fact_kind, body.day)
    return respond(await declare(deps, command, key, event_meta(request)), request)


@router.post(
    "/v1/sources/{source}/ended", dependencies=[writes], responses={200: answers.DECLARED}, summary="The source delivers no more"
)
async def end_source(
    source: Source,
    body: Annotated[FactKindBody, Body(openapi_examples=examples.SOURCE_KIND)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await declare(deps, EndSource(source, body.fact_kind), key, event_meta(request)), request)
