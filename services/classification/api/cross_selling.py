"""Cross-selling gaps over HTTP: what goes with what customers buy, and they do not yet buy."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about, caught_up, fraction, names_of, rests_on, standard_body, stated
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.standards import PRODUCTS, current
from services.classification.read_models.cross_selling import Gap, gaps
from services.classification.read_models.customer_sales import CUSTOMER_SALES, one
from services.classification.read_models.scoping import Question, basis, in_currency
from shared.web.amounts import money_body
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["products"])
reads = scope("classification.class.read")


@router.get(
    "/v1/customers/{customer_id}/cross-selling",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: REFUSED},
    summary="What customers with alike baskets buy and this one does not",
)
async def get_cross_selling(
    customer_id: UUID,
    asked: Asked,
    deps: Dependencies,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """As the list, for one customer."""
    return await _cross_selling(deps, request, asked, customer_id, limit, cursor, min_position)


@router.get(
    "/v1/cross-selling",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="What customers do not yet buy that goes with what they buy, by expected value",
)
async def list_cross_selling(
    asked: Asked,
    deps: Dependencies,
    request: Request,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`likelihood`: of the customers who buy `because`, so many buy `article` too; `lift`: that many times as often as anybody. `expected` is
    likelihood × `usual_share` of the article in the purchases of those who buy both × what the customer buys. Baskets are those of the
    company, by the standard; the list looks at the largest customers of the scope, see `customers`."""
    return await _cross_selling(deps, request, asked, None, limit, cursor, min_position)


async def _cross_selling(
    deps: Dependencies,
    request: Request,
    asked: Question,
    customer_id: UUID | None,
    limit: int,
    cursor: str | None,
    min_position: str | None,
) -> Response:
    models = rests_on(asked, CUSTOMER_SALES)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        if customer_id is not None and await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        asked = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="cross-selling", customer=customer_id, **asked.filters())
        after = None
        if cursor is not None:
            expected, customer, article = map(str, deps.cursors.decode(bound, cursor, 3))
            after = (Decimal(expected), UUID(customer), article)
        standard = (await current(c, PRODUCTS)).standard
        found = await gaps(c, SCHEMA, asked, standard, customer_id, after, limit + 1)
        shown = found.page[:limit]
        names = await names_of(c, asked.last, {each.article for each in shown})
        head = {
            **heading(asked, await basis(c, SCHEMA, models)),
            "standard": standard_body(standard),
            "baskets": found.baskets,
            "customers": found.customers,
        }
    following = None
    if len(found.page) > limit:
        last = shown[-1]
        following = deps.cursors.encode(bound, (str(last.expected), str(last.customer_id), last.article))
    items = [_gap(each, asked, names.get(each.article)) for each in shown]
    return page_response(Page(items, following), request, head)


def _gap(each: Gap, asked: Question, name: str | None) -> dict[str, Any]:
    return stated(
        {
            "customer_id": each.customer_id,
            "article": each.article,
            "name": name,
            "because": each.because,
            "likelihood": fraction(each.likelihood),
            "lift": fraction(each.lift),
            "both": each.both,
            "usual_share": fraction(each.usual_share),
            "net": money_body(each.net, asked.currency),
            "expected": about(each.expected, asked.currency),
        }
    )
