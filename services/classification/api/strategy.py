"""Which strategy the portfolio of a scope bears: concentrated, differentiated or individual, each with its condition measured."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.domain.portfolio import Segment, best_segment, strategies
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.marks import mark_day
from services.classification.handlers.standards import PORTFOLIO, current
from services.classification.read_models.concentration import SEGMENTS, measured
from services.classification.read_models.mark_columns import models_of
from services.classification.read_models.scoping import Question, basis, in_currency
from shared.web.amounts import money_body
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["strategy"])
SHOWN = 10


@router.get(
    "/v1/strategy",
    dependencies=[analysis, scope("classification.class.read"), listed],
    responses={422: REFUSED},
    summary="How unevenly customers bring sales, and which strategy that bears",
)
async def get_strategy(deps: Dependencies, asked: Asked) -> Response:
    """`gini` 0: all alike, towards 1: one has all. `effective_number`: so many equal customers would be spread alike. A strategy is
    proposed where its condition holds; segments are areas, shop kinds and natures, the ones that bring most for their number first."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        standard = (await current(c, PORTFOLIO)).standard
        at = await mark_day(deps, c, asked.last)
        spread, segments = await measured(c, SCHEMA, question, at)
        head = heading(question, await basis(c, SCHEMA, models_of(SEGMENTS, at)))
    best = best_segment(segments, standard)
    shown = sorted(segments, key=lambda one: (-one.times, one.mark, one.value))[:SHOWN]
    return Json(
        {
            **head,
            "standard_version": standard.version,
            "concentration": {**spread._asdict(), "net": money_body(spread.net, question.currency)},
            "strategies": [one._asdict() for one in strategies(spread, best, standard)],
            "segment": None if best is None else _shown(best, question),
            "segments": [_shown(one, question) for one in shown],
        }
    )


def _shown(one: Segment, question: Question) -> dict[str, Any]:
    return {**one._asdict(), "net": money_body(one.net, question.currency)}
