"""RFM over HTTP: customers by how lately, how often and for how much they bought, and one customer among them."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.domain.rfm import Scored
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import AS_OF_IN_FUTURE, PERIOD_OUT_OF_RANGE, PERIOD_TOO_OLD
from services.classification.handlers.rankings import Asked, Ranking
from services.classification.handlers.rfm import ranking_of
from services.classification.read_models.customer_sales import CUSTOMER_SALES, one
from services.classification.read_models.served import SERVED, Scope
from shared.projections.read_model import ReadModel
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.fields import BusinessDay, Currency, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["classification"])
reads = scope("classification.class.read")
YEAR_DAYS = 365

AsOf = Annotated[BusinessDay | None, Query(description="Last day of the period; today where it is left out")]
PeriodDays = Annotated[int, Query(description="Length of the period in days")]
OneCurrency = Annotated[
    Currency | None, Query(description="Sales in others count for nothing; that with the most sales by default")
]
Area = Annotated[Reference | None, Query(description="Only customers of this area, scored among each other")]
Salesperson = Annotated[Reference | None, Query(description="Only customers of this salesperson, scored among each other")]
_REFUSED = {"description": f"{AS_OF_IN_FUTURE}, {PERIOD_OUT_OF_RANGE} or {PERIOD_TOO_OLD}"}


@router.get(
    "/v1/rfm",
    dependencies=[reads, listed],
    responses={422: _REFUSED},
    summary="Customers by recency, frequency and monetary value, the best first",
)
async def list_rfm(
    deps: Dependencies,
    request: Request,
    as_of: AsOf = None,
    period_days: PeriodDays = YEAR_DAYS,
    currency: OneCurrency = None,
    area_id: Area = None,
    salesperson_id: Salesperson = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """A score is 1 plus the whole fifths of the period's buyers who are worse. Computed when asked for, and good for a minute."""
    asked = Asked(as_of or deps.today(), period_days, currency, Scope(area_id, salesperson_id))
    bound = filter_hash(list="rfm", as_of=asked.as_of, days=period_days, currency=currency, **asked.scope._asdict())
    ranking = await _ranking(deps, asked, min_position)
    begin = 0 if cursor is None else _begin(deps, bound, cursor, ranking)
    shown = ranking.buyers[begin : begin + limit]
    following = None
    if begin + limit < len(ranking.buyers):
        total, net, customer = shown[-1].order
        following = deps.cursors.encode(bound, (total, str(net), str(customer)))
    items = [_body(scored, asked, ranking) for scored in shown]
    return page_response(Page(items, following), request, _head(asked, ranking))


def _begin(deps: Deps, bound: bytes, cursor: str, ranking: Ranking) -> int:
    # By value: it goes on where the page ended also when the ranking was computed anew meanwhile.
    total, net, customer = deps.cursors.decode(bound, cursor, 3)
    last = int(total or 0), Decimal(str(net)), UUID(str(customer))
    return bisect_right(ranking.buyers, last, key=lambda scored: scored.order)


@router.get(
    "/v1/customers/{customer_id}/rfm",
    dependencies=[reads],
    responses={404: {"description": "The customer is not known"}, 422: _REFUSED},
    summary="Recency, frequency and monetary value of a customer, scored among the others",
)
async def get_rfm(
    customer_id: UUID,
    deps: Dependencies,
    as_of: AsOf = None,
    period_days: PeriodDays = YEAR_DAYS,
    currency: OneCurrency = None,
    area_id: Area = None,
    salesperson_id: Salesperson = None,
    min_position: MinPosition = None,
) -> Response:
    """`scores` is null for who bought nothing in the period, or does not belong to the customers asked for."""
    asked = Asked(as_of or deps.today(), period_days, currency, Scope(area_id, salesperson_id))
    ranking = await _ranking(deps, asked, min_position)
    scored = ranking.of.get(customer_id)
    if scored is not None:
        return Json({**_head(asked, ranking), **_body(scored, asked, ranking)})
    async with deps.pool.acquire() as c:
        sales = await one(c, SCHEMA, customer_id)
    if sales is None:
        raise Problem("CUSTOMER_UNKNOWN")
    found: dict[str, Any] = {"customer_id": customer_id, "scores": None, "reason": "NO_SALES"}
    if sales.first_sale_on is None:
        found["reason"] = "NEVER_BOUGHT"
    return Json({**_head(asked, ranking), **found})


async def _ranking(deps: Deps, asked: Asked, min_position: str | None) -> Ranking:
    for model in (CUSTOMER_SALES, SERVED):
        await _reached(deps, min_position, model)
    return await ranking_of(deps, asked, newest=min_position is not None)


async def _reached(deps: Deps, min_position: str | None, model: ReadModel[Any]) -> None:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, model, position))


def _head(asked: Asked, ranking: Ranking) -> dict[str, Any]:
    found = {
        "as_of": asked.as_of,
        "period_from": asked.first,
        "period_days": asked.period_days,
        "currency": ranking.currency,
        **asked.scope._asdict(),
        "buyers": len(ranking.buyers),
        "computed_at": ranking.computed_at,
    }
    return {name: value for name, value in found.items() if value is not None}


def _body(scored: Scored, asked: Asked, ranking: Ranking) -> dict[str, Any]:
    buyer = scored.buyer
    return {
        "customer_id": buyer.customer_id,
        "last_purchase_on": buyer.last_on,
        "recency_days": (asked.as_of - buyer.last_on).days,
        "frequency": buyer.purchases,
        "monetary": money_body(buyer.net, ranking.currency),
        "scores": {"recency": scored.recency, "frequency": scored.frequency, "monetary": scored.monetary},
    }
