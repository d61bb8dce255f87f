"""Stock at customers over HTTP: what a survey counted, average stock, and how often it turned over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about, caught_up, number, rests_on, standard_body, stated
from services.classification.api.product_bodies import COUNTS, CountsBody
from services.classification.domain.stock import Count, Turnover, borders, turnover
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.product_problems import (
    COUNT_OUT_OF_RANGE,
    COUNTED_TWICE,
    MONTHS_NOT_WHOLE,
    UNIT_PRICE_UNKNOWN,
)
from services.classification.handlers.products import record_counts
from services.classification.handlers.standards import PRODUCTS, current
from services.classification.read_models.articles import ARTICLES, described_on
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.stock_counts import STOCK_COUNTS
from services.classification.read_models.stock_turnover import NOTHING, Amounts, Stocked, counted, our_sales, sell_out
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.web.amounts import money_body
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["products"])
MOST_MONTHS = 12
By = Literal["QUANTITY", "AMOUNT"]


@router.post(
    "/v1/customers/{customer_id}/stock-counts",
    dependencies=[scope("classification.class.write")],
    responses={
        404: {"description": "The customer is not known"},
        422: {"description": f"{COUNT_OUT_OF_RANGE} or {COUNTED_TWICE}"},
    },
    status_code=201,
    summary="Record what was counted in a customer's stock",
)
async def post_stock_counts(
    customer_id: UUID,
    body: Annotated[CountsBody, Body(openapi_examples=COUNTS)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """At the end of a day. Of two counts of one article and day the later statement stands."""
    command = body.command(customer_id, key.principal, deps.today())
    return respond(await record_counts(deps, command, key, event_meta(request)), request)


@router.get(
    "/v1/stock-turnover",
    dependencies=[analysis, scope("classification.class.read"), listed],
    responses={422: {"description": f"{MONTHS_NOT_WHOLE}, {UNIT_PRICE_UNKNOWN}; {REFUSED['description']}"}},
    summary="Average stock at customers and its turnover",
)
async def list_stock_turnover(
    asked: Asked,
    deps: Dependencies,
    request: Request,
    by: Annotated[By, Query(description="Sales and stock both as quantities, or both as amounts by the unit price")] = "QUANTITY",
    customer_id: Annotated[UUID | None, Query(description="Only this customer")] = None,
    article: Annotated[Reference | None, Query(description="Only this article")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Of whole months: without `from` of the last one that is over by `to`. Average stock of a month is the mean of its start and its end,
    counted within the days of the standard; turnover is sales over average stock. Sales are what the customer is reported to have sold on
    (`SELL_OUT`), else what we sold to it (`OUR_SALES`). Where something is missing there is no figure but the `reason`."""
    asked = _months(asked, given="from" in request.query_params)
    models = (*rests_on(asked), STOCK_COUNTS, ARTICLES, SUB_SOLD)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="stock-turnover", by=by, customer=customer_id, article=article, **asked.filters())
        after = None
        if cursor is not None:
            customer, of = map(str, deps.cursors.decode(bound, cursor, 2))
            after = Stocked(UUID(customer), of)
        standard = (await current(c, PRODUCTS)).standard
        counts = await counted(c, SCHEMA, asked, standard.count_days, customer_id, article, after, limit + 1)
        pairs = list(counts)[:limit]
        names = {one.article for one in pairs} | ({article} if article is not None else set())
        articles = {one.article: one for one in await described_on(c, SCHEMA, asked.last, names)} if names else {}
        if by == "AMOUNT" and article is not None:
            described = articles.get(article)
            if described is None or described.price_in(asked.currency) is None:
                raise Problem(UNIT_PRICE_UNKNOWN)
        ours, theirs = await our_sales(c, SCHEMA, asked, pairs), await sell_out(c, SCHEMA, asked, pairs)
        head = {**heading(asked, await basis(c, SCHEMA, models)), "by": by, "standard": standard_body(standard)}
    items = []
    for pair in pairs:
        unit = articles[pair.article].counted_in(asked.currency) if pair.article in articles else None
        sales = theirs.get(pair, ours.get(pair, NOTHING))
        sold = sales.net if by == "AMOUNT" else sales.quantity
        found = turnover(counts[pair], asked.first, asked.last, standard.count_days, sold, unit, by_amount=by == "AMOUNT")
        source = "SELL_OUT" if pair in theirs else "OUR_SALES"
        items.append(_item(pair, found, sales, source, None if unit is None else unit.unit, asked))
    following = None
    if len(counts) > limit:
        following = deps.cursors.encode(bound, (str(pairs[-1].customer_id), pairs[-1].article))
    return page_response(Page(items, following), request, head)


def _months(asked: Question, *, given: bool) -> Question:
    """The whole months of the question. Raises Problem (422)."""
    if not given:
        last = (asked.last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
        return asked._replace(first=last.replace(day=1), last=last)
    whole = asked.first.day == 1 and (asked.last + timedelta(days=1)).day == 1
    if not whole or len(borders(asked.first, asked.last)) > MOST_MONTHS + 1:
        raise Problem(MONTHS_NOT_WHOLE)
    return asked


def _item(pair: Stocked, found: Turnover, sales: Amounts, source: str, unit: str | None, asked: Question) -> dict[str, Any]:
    return stated(
        {
            "customer_id": pair.customer_id,
            "article": pair.article,
            "unit": unit,
            "counts": _counts(found.counts, asked),
            "average_stock": number(found.average),
            "average_value": None if found.value is None else about(found.value, asked.currency),
            "sales_from": source,
            "sales_quantity": number(sales.quantity),
            "sales": money_body(sales.net, asked.currency),
            "turnover": number(found.turnover),
            "reason": found.reason,
        }
    )


def _counts(counts: Sequence[Count | None], asked: Question) -> list[dict[str, Any]]:
    """Each border of a month with the count that stands for it."""
    found = []
    for border, one in zip(borders(asked.first, asked.last), counts, strict=True):
        count = None if one is None else {"counted_on": one.counted_on, "quantity": number(one.quantity), "unit": one.unit}
        found.append({"border": border, "count": count})
    return found
