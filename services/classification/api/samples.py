"""The superior's look at each salesperson's cards, once a week, over HTTP."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.api.prospects import AsOf
from services.classification.domain.reviewing import week_of
from services.classification.domain.sampling import drawn_in, findings
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.prospect_problems import (
    CARD_NOT_SAMPLED,
    DAY_IN_FUTURE,
    NOTHING_TO_SAMPLE,
    SAMPLE_UNKNOWN,
)
from services.classification.handlers.prospects import asked_day
from services.classification.handlers.samples import SampleDue, check, draw, last_of_week, sample_of, samples_due, shown_of
from services.classification.read_models.posts import POSTS
from services.classification.read_models.samples import SAMPLES
from services.classification.read_models.scoping import basis
from shared.contracts.prospects import Finding
from shared.projections.waiting import wait_for
from shared.web import fields
from shared.web.commands import Command, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference
from shared.web.positions import MinPosition, reached
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["prospects"])
reads = scope("classification.class.read")
writes = scope("classification.sample.write")


class SampleBody(fields.Body):
    """The sample of the week in which `day` lies, this week's when left out. Persons by the company's own numbers."""

    salesperson_id: Reference
    supervisor_id: Reference
    day: BusinessDay | None = None


class CheckBody(fields.Body):
    finding: Finding
    checked_on: BusinessDay | None = None


@router.post(
    "/v1/card-samples",
    status_code=201,
    dependencies=[writes, listed],
    responses={409: {"description": NOTHING_TO_SAMPLE}, 422: {"description": DAY_IN_FUTURE}},
    summary="Draw this week's sample of a salesperson's cards",
)
async def post_sample(
    body: Annotated[SampleBody, Body(openapi_examples=example({"salesperson_id": "E-12", "supervisor_id": "E-3"}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The cards follow from salesperson and week, not from who draws; drawn again in one week it is the same sample."""
    return respond(await draw(deps, body.salesperson_id, body.supervisor_id, body.day, key, event_meta(request)), request)


@router.put(
    "/v1/card-samples/{sample_id}/cards/{customer_id}",
    dependencies=[writes],
    responses={
        404: {"description": SAMPLE_UNKNOWN},
        409: {"description": CARD_NOT_SAMPLED},
        422: {"description": DAY_IN_FUTURE},
    },
    summary="Say what was found on a card of the sample",
)
async def put_check(
    sample_id: UUID,
    customer_id: UUID,
    body: Annotated[CheckBody, Body(openapi_examples=example({"finding": "OUTDATED"}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await check(deps, sample_id, customer_id, body.finding, body.checked_on, key, event_meta(request)), request)


@router.get(
    "/v1/card-samples/due",
    dependencies=[reads, company],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Whose cards a superior has still to look at in a week",
)
async def list_samples_due(
    deps: Dependencies,
    supervisor_id: Annotated[Reference | None, Query(description="Only salespeople of this superior")] = None,
    as_of: AsOf = None,
    min_position: MinPosition = None,
) -> Response:
    """Every salesperson of the week of that day; `done` when a sample was drawn and all of its cards were looked at."""
    for model in (POSTS, SAMPLES):
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))
    async with deps.pool.acquire() as c:
        day, standard = await asked_day(deps, c, as_of)
        week = week_of(day.day)
        found = await samples_due(c, week, day.day, supervisor_id)
        from_what = await basis(c, SCHEMA, (POSTS, SAMPLES))
    return Json(
        {
            "week_from": week,
            "due_by": last_of_week(week),
            "standard": {"name": "prospect-grade", "version": standard.version},
            "from_what": from_what,
            "items": [_due(one) for one in found],
        }
    )


@router.get(
    "/v1/card-samples/{sample_id}",
    dependencies=[reads, listed],
    responses={404: {"description": SAMPLE_UNKNOWN}},
    summary="A sample, its cards, and what was found",
)
async def get_sample(sample_id: UUID, deps: Dependencies, request: Request) -> Response:
    """Always fresh. Who does not reach everybody is shown the cards of own customers."""
    events, version = await sample_of(deps, sample_id)
    drawn, found = drawn_in(events), findings(events)
    if drawn is None:
        raise AssertionError("a sample begins with its draw")
    customers = await shown_of(deps, drawn.customer_ids)
    cards: list[dict[str, Any]] = [{"customer_id": one} for one in customers]
    for card in cards:
        if (checked := found.get(card["customer_id"])) is not None:
            card |= {"finding": checked.finding, "checked_on": checked.checked_on}
    body = {
        "sample_id": sample_id,
        "salesperson_id": drawn.salesperson_id,
        "supervisor_id": drawn.supervisor_id,
        "week_from": drawn.week_from,
        "drawn_on": drawn.drawn_on,
        "seed": drawn.seed,
        "cards": cards,
    }
    return resource(body, version, request, by_version=False)


def _due(one: SampleDue) -> dict[str, Any]:
    found: dict[str, Any] = {
        "salesperson_id": one.led.salesperson_id,
        "supervisor_id": one.led.superior_id,
        "done": one.done,
        "drawn": one.drawn,
        "checked": one.checked,
        "sample_id": None if one.sample is None else one.sample.sample_id,
    }
    return {name: value for name, value in found.items() if value is not None}
