"""Marks of customers over HTTP: of all of a scope, and of one with the reasons, as of any day."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about
from services.classification.domain.mark_reasons import Trade, why_position, why_process, why_series
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.marks import beside_average, mark_day
from services.classification.read_models.mark_columns import CARD_MARKS, MarkDay, models_of
from services.classification.read_models.marks import MARKS, CustomerMarks, of_customer, page
from services.classification.read_models.scoping import Question, basis, in_currency
from shared.contracts.customer_grades import PositionClass, TimeSeries, TradeProcess
from shared.web.amounts import money_body
from shared.web.fields import Code
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["marks"])
reads = scope("classification.class.read")
OneMark = Annotated[Code | None, Query()]


@router.get(
    "/v1/marks", dependencies=[reads, analysis, listed], responses={422: REFUSED}, summary="Customers of a scope with their marks"
)
async def list_marks(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    nature: OneMark = None,
    ownership: OneMark = None,
    shop_kind: OneMark = None,
    location: OneMark = None,
    industry: OneMark = None,
    trade_process: Annotated[TradeProcess | None, Query()] = None,
    time_series: Annotated[TimeSeries | None, Query()] = None,
    position_class: Annotated[PositionClass | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """By customer id, everyone with a card, also who never bought. Marks are those of the end of `as_of`, by the standard of marks."""
    wanted = dict(
        zip(
            MARKS,
            (nature, ownership, shop_kind, location, industry, trade_process, time_series, position_class),
            strict=True,
        )
    )
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        at = await mark_day(deps, c, asked.last)
        if position_class is None:
            at = await beside_average(deps, c, at, question.currency)
        bound = filter_hash(list="marks", **wanted, **question.filters())
        after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
        found = await page(c, SCHEMA, question, at, wanted, after, limit + 1)
        head = {**heading(question, await basis(c, SCHEMA, models_of(MARKS, at))), "mark_standard_version": at.standard.version}
    following = deps.cursors.encode(bound, [str(found[limit - 1].customer_id)]) if len(found) > limit else None
    return page_response(Page([_short(one, question) for one in found[:limit]], following), request, head)


@router.get(
    "/v1/customers/{customer_id}/marks",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: REFUSED},
    summary="The marks of a customer, each with the reason",
)
async def get_marks(customer_id: UUID, deps: Dependencies, asked: Asked) -> Response:
    """Marks of the card are those that it said last by then; the others follow from trade. The position
    compares with the average of all buyers of the company, which is good for ten minutes."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        at = await beside_average(deps, c, await mark_day(deps, c, asked.last), question.currency)
        found = await of_customer(c, SCHEMA, question, at, customer_id)
        if found is None:
            raise Problem("CUSTOMER_UNKNOWN")
        head = heading(question, await basis(c, SCHEMA, models_of(MARKS, at)))
    return Json({**head, **_explained(found, at, question)})


def _short(one: CustomerMarks, question: Question) -> dict[str, Any]:
    shown: dict[str, Any] = {"customer_id": one.customer_id, **{mark: getattr(one, mark) for mark in MARKS}}
    if one.net is not None:
        shown["net"] = money_body(one.net, question.currency)
    return shown if one.merged_into is None else {**shown, "merged_into": one.merged_into}


def _explained(one: CustomerMarks, at: MarkDay, question: Question) -> dict[str, Any]:
    trade = Trade(at.day, one.first_sale_on, one.last_sale_on, one.began_on, one.net, one.buying_days, one.average)
    by = {"standard": "marks", "standard_version": at.standard.version}
    return {
        "customer_id": one.customer_id,
        **({} if one.merged_into is None else {"merged_into": one.merged_into}),
        **{mark: {"value": getattr(one, mark), "from": "card"} for mark in CARD_MARKS},
        "trade_process": {"value": one.trade_process, "why": why_process(one.trade_process, trade, at.standard), **by},
        "time_series": {"value": one.time_series, "why": why_series(one.time_series, trade, at.standard), **by},
        "position_class": {"value": one.position_class, "why": why_position(one.position_class, trade, at.standard), **by},
        "figures": {
            "first_sale_on": one.first_sale_on,
            "last_sale_on": one.last_sale_on,
            "net": money_body(one.net, question.currency),
            "average_of_buyers": about(one.average, question.currency),
            "buying_days": one.buying_days,
        },
    }
