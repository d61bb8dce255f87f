"""Articles over HTTP: what they are, and the standard by which what is bought of them is judged."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.api.product_bodies import ARTICLE, PRODUCT_STANDARD, ArticleBody, ProductStandardBody
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.product_problems import (
    PACK_OUT_OF_RANGE,
    PRICE_OUT_OF_RANGE,
    PRODUCT_BORDERS_OUT_OF_ORDER,
)
from services.classification.handlers.products import describe_article
from services.classification.handlers.standards import PRODUCTS, current, publish
from services.classification.read_models.articles import ARTICLES, Article, described_on
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.commands import Command, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import company
from shared.web.scope import scope

router = APIRouter(tags=["products"])
reads, describes = scope("classification.class.read"), scope("classification.article.write")
publishes = scope("classification.standard.write")


@router.post(
    "/v1/articles",
    dependencies=[describes],
    responses={
        200: {"description": "Described"},
        422: {"description": f"{PRICE_OUT_OF_RANGE} or {PACK_OUT_OF_RANGE}"},
    },
    status_code=200,
    summary="Say what an article is",
)
async def post_article(
    body: Annotated[ArticleBody, Body(openapi_examples=ARTICLE)], key: Command, deps: Dependencies, request: Request
) -> Response:
    """All of it anew, from a day on. Articles that nobody has described are sold and ranked all the same, under their number."""
    return respond(await describe_article(deps, body.command(key.principal), key, event_meta(request)), request)


@router.get("/v1/articles", dependencies=[reads, company], summary="Articles as they are described on a day")
async def list_articles(
    deps: Dependencies,
    request: Request,
    as_of: Annotated[BusinessDay | None, Query(description="Today where it is left out")] = None,
    article: Annotated[Reference | None, Query(description="Only this one")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """By number."""
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, ARTICLES, position))
    day = as_of or deps.today()
    bound = filter_hash(list="articles", as_of=day, article=article)
    after = None if cursor is None else str(deps.cursors.decode(bound, cursor, 1)[0])
    async with deps.pool.acquire() as c:
        found = await described_on(c, SCHEMA, day, None if article is None else [article], after, limit + 1)
    following = deps.cursors.encode(bound, [found[limit - 1].article]) if len(found) > limit else None
    return page_response(Page([_item(one) for one in found[:limit]], following), request, {"as_of": day})


@router.get(
    "/v1/standards/products", dependencies=[reads, company], summary="The standard by which products and purchases are judged"
)
async def get_product_standard(deps: Dependencies, request: Request) -> Response:
    """Version 0 is built in; see the field's descriptions in the body of PUT."""
    async with deps.pool.acquire() as c:
        found = await current(c, PRODUCTS)
    return resource(PRODUCTS.shown(found.standard), found.version, request, persons=False)


@router.put(
    "/v1/standards/products",
    dependencies=[publishes],
    responses={
        200: {"description": "Published; answers from now on follow it"},
        422: {"description": PRODUCT_BORDERS_OUT_OF_ORDER},
    },
    summary="Publish a standard for products",
)
async def put_product_standard(
    body: Annotated[ProductStandardBody, Body(openapi_examples=PRODUCT_STANDARD)],
    version: IfMatch,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """What is left out is as it is built in. If-Match is the ETag of the standard in force, `"0"` before the first one was published."""
    command = body.standard(key.principal)
    return respond(await publish(deps, PRODUCTS, command, version, key, event_meta(request)), request)


def _item(one: Article) -> dict[str, Any]:
    found = {
        "article": one.article,
        "name": one.name,
        "from_on": one.from_on,
        "unit": one.unit,
        "unit_prices": [money_body(price.amount, price.currency) for price in one.unit_prices],
        "packs": [{"unit": pack.unit, "holds": f"{pack.holds:f}"} for pack in one.packs],
    }
    return {name: value for name, value in found.items() if value is not None}
