"""Products over HTTP: by sales or gross profit, and how far the tasks set for them are."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about, caught_up, fraction, names_of, number, rests_on, stated
from services.classification.api.product_bodies import TASK, TaskBody
from services.classification.domain.sales_task import progress
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.product_problems import TASK_OUT_OF_RANGE, TASK_PERIOD_NOT_WHOLE
from services.classification.handlers.products import set_task
from services.classification.read_models.articles import Article, described_on
from services.classification.read_models.products import Order, Product, Products, ranked_products
from services.classification.read_models.sales_tasks import SALES_TASKS
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD
from services.classification.read_models.task_progress import Reached, tasks_between
from shared.web.amounts import money_body
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["products"])
reads = scope("classification.class.read")


@router.get(
    "/v1/products",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Products by net sales or gross profit, with running totals and shares",
)
async def list_products(
    asked: Asked,
    deps: Dependencies,
    request: Request,
    order: Annotated[Order, Query(description="What they are ranked by")] = "net",
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`share` is a product's in the net sales of all products of the scope, `running` the sum of what is ranked by down to this product,
    `cumulated_share` that sum in the whole. Gross profit and `margin_rate` are those of the sales whose cost is known, `costed_share`
    says how much of the net sales that is. Sales that name no article are beside: `without_article`."""
    models = rests_on(asked)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="products", order=order, **asked.filters())
        after = None
        if cursor is not None:
            amount, article = deps.cursors.decode(bound, cursor, 2)
            after = (None if amount is None else Decimal(str(amount)), str(article))
        found = await ranked_products(c, SCHEMA, asked, order, after, limit + 1)
        shown = found.page[:limit]
        names = await names_of(c, asked.last, [one.article for one in shown])
        head = {**heading(asked, await basis(c, SCHEMA, models)), "order": order, **_whole(found, asked)}
    following = None
    if len(found.page) > limit:
        last = shown[-1]
        by = last.net if order == "net" else last.gross_profit
        following = deps.cursors.encode(bound, (None if by is None else str(by), last.article))
    items = [_product(one, found, asked, order, names.get(one.article)) for one in shown]
    return page_response(Page(items, following), request, head)


def _whole(found: Products, asked: Question) -> dict[str, Any]:
    return stated(
        {
            "products": found.products,
            "net": money_body(found.net, asked.currency),
            "without_article": money_body(found.without_article, asked.currency),
            "gross_profit": money_body(found.gross_profit, asked.currency),
            "margin_rate": fraction(found.gross_profit, found.costed_net),
            "costed_share": fraction(found.costed_net, found.net),
        }
    )


def _product(one: Product, all_of_them: Products, asked: Question, order: Order, name: str | None) -> dict[str, Any]:
    whole = all_of_them.net if order == "net" else all_of_them.gross_profit
    return stated(
        {
            "rank": one.rank,
            "article": one.article,
            "name": name,
            "quantity": number(one.quantity),
            "net": money_body(one.net, asked.currency),
            "share": fraction(one.net, all_of_them.net),
            "running": money_body(one.running, asked.currency),
            "cumulated_share": fraction(one.running, whole),
            "gross_profit": money_body(one.gross_profit, asked.currency),
            "margin_rate": fraction(one.gross_profit, one.costed_net),
            "costed_share": fraction(one.costed_net, one.net),
        }
    )


@router.post(
    "/v1/sales-tasks",
    dependencies=[scope("classification.standard.write")],
    responses={200: {"description": "Set"}, 422: {"description": f"{TASK_OUT_OF_RANGE} or {TASK_PERIOD_NOT_WHOLE}"}},
    status_code=200,
    summary="Set how much of an article is to be sold",
)
async def post_task(
    body: Annotated[TaskBody, Body(openapi_examples=TASK)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """Of one article, period and scope there is one task, and the later statement stands."""
    return respond(await set_task(deps, body.command(key.principal), key, event_meta(request)), request)


@router.get(
    "/v1/sales-tasks",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="What is to be sold of which article, whether it is met, and how far it is",
)
async def list_tasks(
    asked: Asked,
    deps: Dependencies,
    request: Request,
    article: Annotated[Reference | None, Query(description="Only tasks of this article")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Tasks whose period has days from `from` to `to`, by article; each in its own currency or unit, as of the end of `to`.

    `expected` is what an even pace would have come to, `behind` says that less was sold. MISSED: the period is over. What a task of an
    area or a salesperson counts is sold to their customers of now; `area_id` and `salesperson_id` show only such tasks."""
    models = (SOLD, SERVED, SALES_TASKS)
    await caught_up(deps, min_position, models)
    filters = {**asked.filters(), "currency": None}
    bound = filter_hash(list="sales-tasks", article=article, **filters)
    after = None
    if cursor is not None:
        of, first_on, task = map(str, deps.cursors.decode(bound, cursor, 3))
        after = (of, date.fromisoformat(first_on), UUID(task))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        found = await tasks_between(c, SCHEMA, asked.first, asked.last, asked.scope, article, after, limit + 1)
        shown = found[:limit]
        articles = await described_on(c, SCHEMA, asked.last, {one.task.article for one in shown}) if shown else []
        head = heading(asked._replace(currency=None), await basis(c, SCHEMA, models))
    following = None
    if len(found) > limit:
        last = shown[-1].task
        following = deps.cursors.encode(bound, (last.article, last.first_on.isoformat(), str(last.task_id)))
    described = {one.article: one for one in articles}
    items = [_task(one, asked.last, described.get(one.task.article)) for one in shown]
    return page_response(Page(items, following), request, head)


def _task(found: Reached, as_of: date, described: Article | None) -> dict[str, Any]:
    task = found.task
    far = progress(task.wanted, found.reached, task.first_on, task.last_on, as_of)

    def measured(amount: Decimal) -> Any:
        return number(amount) if task.currency is None else about(amount, task.currency)

    return stated(
        {
            "task_id": task.task_id,
            "article": task.article,
            "name": None if described is None else described.name,
            "period": task.period,
            "from": task.first_on,
            "to": task.last_on,
            "area_id": task.area_id,
            "salesperson_id": task.salesperson_id,
            "unit": described.unit if described is not None and task.currency is None else None,
            "wanted": measured(task.wanted),
            "reached": measured(found.reached),
            "missing": measured(far.missing),
            "share": fraction(far.share),
            "state": far.state,
            "met": far.state == "MET",
            "expected": measured(far.expected),
            "behind": far.behind,
        }
    )
