"""What customers buy beside what the others buy, over HTTP: tendencies, and best sellers that are not yet bought."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about, caught_up, fraction, names_of, rests_on, standard_body, stated
from services.classification.domain.tendency import finding, lift, tendency
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.standards import PRODUCTS, current
from services.classification.read_models.best_sellers import BestSeller, best_sellers, not_yet
from services.classification.read_models.customer_sales import one
from services.classification.read_models.product_mix import Mix, Mixed, mix_of
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClass
from shared.contracts.products import ProductStandardPublished
from shared.web.amounts import money_body
from shared.web.fields import Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["products"])
reads = scope("classification.class.read")
OfClass = Annotated[ValueClass, Query(description="Customers of this value class, as they are classed now")]


@router.get(
    "/v1/customers/{customer_id}/product-mix",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: REFUSED},
    summary="Where a customer's purchases lean, what they lack, and where the focus is wrong",
)
async def get_product_mix(
    customer_id: UUID,
    asked: Asked,
    deps: Dependencies,
    request: Request,
    findings_only: Annotated[bool, Query(description="Only articles with a finding")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Articles in the order of the scope's sales. `lift` is the article's share in the customer's purchases over its share in the scope's;
    `room` what is missing to the scope's share. `unlike` is half the sum of the differences of all shares: 0 buys as the others do."""
    models = rests_on(asked)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        if await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        asked = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="product-mix", customer=customer_id, only=findings_only, **asked.filters())
        place = 0 if cursor is None else int(deps.cursors.decode(bound, cursor, 1)[0] or 0)
        standard = (await current(c, PRODUCTS)).standard
        mix = await mix_of(c, SCHEMA, asked, customer_id, standard.best_below)
        wrong = {each.article: finding(each.share, each.others_share, each.best, standard) for each in mix.articles}
        wanted = [
            each
            for each in mix.articles
            if wrong[each.article] is not None or (not findings_only and (each.net != 0 or each.best))
        ]
        behind = [each for each in wanted if each.rank > place]
        shown = behind[:limit]
        names = await names_of(c, asked.last, [each.article for each in shown])
        head = {
            "customer_id": customer_id,
            **heading(asked, await basis(c, SCHEMA, models)),
            "standard": standard_body(standard),
            **_summary(mix, asked),
            "findings": _counted([each for each in wrong.values() if each is not None]),
        }
    following = deps.cursors.encode(bound, (shown[-1].rank,)) if len(behind) > limit else None
    items = [_mixed(each, mix, wrong[each.article], asked, standard, names.get(each.article)) for each in shown]
    return page_response(Page(items, following), request, head)


def _summary(mix: Mix, asked: Question) -> dict[str, Any]:
    unlike = sum((abs(each.share - each.others_share) for each in mix.articles), Decimal(0)) / 2
    found = {
        "net": money_body(mix.own, asked.currency),
        "scope_net": money_body(mix.others, asked.currency),
        "unlike": fraction(unlike) if mix.own > 0 else None,
    }
    return stated(found)


def _counted(found: list[str]) -> dict[str, int]:
    return {name: found.count(name) for name in sorted(set(found))}


def _mixed(
    each: Mixed, mix: Mix, wrong: str | None, asked: Question, standard: ProductStandardPublished, name: str | None
) -> dict[str, Any]:
    room = max(each.others_share * mix.own - each.net, Decimal(0))
    return stated(
        {
            "article": each.article,
            "name": name,
            "rank": each.rank,
            "best_seller": each.best,
            "net": money_body(each.net, asked.currency),
            "share": fraction(each.share),
            "scope_share": fraction(each.others_share),
            "lift": fraction(lift(each.share, each.others_share)),
            "tendency": tendency(each.share, each.others_share, standard),
            "finding": wrong,
            "room": about(room, asked.currency),
        }
    )


@router.get(
    "/v1/best-sellers",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Best sellers, and how many customers of a class do not yet buy them",
)
async def list_best_sellers(
    asked: Asked, deps: Dependencies, value_class: OfClass = "B", min_position: MinPosition = None
) -> Response:
    """All best sellers of the scope, the largest first. `usual` is what a customer of the class who buys the article buys of it on the
    average, `potential` that times those who do not."""
    models = rests_on(asked, VALUE_CLASSES)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        standard = (await current(c, PRODUCTS)).standard
        found = await best_sellers(c, SCHEMA, asked, value_class, standard.best_below)
        names = await names_of(c, asked.last, [each.article for each in found.articles])
        head = heading(asked, await basis(c, SCHEMA, models))
    return Json(
        {
            **head,
            "standard": standard_body(standard),
            "value_class": value_class,
            "customers": found.customers,
            "items": [_best(each, found.customers, asked, names.get(each.article)) for each in found.articles],
        }
    )


def _best(each: BestSeller, customers: int, asked: Question, name: str | None) -> dict[str, Any]:
    usual = each.class_net / each.buyers if each.buyers else None
    lacking = customers - each.buyers
    return stated(
        {
            "article": each.article,
            "name": name,
            "rank": each.rank,
            "net": money_body(each.net, asked.currency),
            "share": fraction(each.share),
            "buyers": each.buyers,
            "lacking": lacking,
            "usual": None if usual is None else about(usual, asked.currency),
            "potential": None if usual is None else about(usual * lacking, asked.currency),
        }
    )


@router.get(
    "/v1/best-sellers/customers",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Customers of a class who do not yet buy an article",
)
async def list_not_yet(
    article: Annotated[Reference, Query(description="The article")],
    asked: Asked,
    deps: Dependencies,
    request: Request,
    value_class: OfClass = "B",
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Who bought most of all products first. `expected` is the article's share in what the scope buys, of what the customer buys."""
    models = rests_on(asked, VALUE_CLASSES)
    await caught_up(deps, min_position, models)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="not-yet", article=article, value_class=value_class, **asked.filters())
        after = None
        if cursor is not None:
            net, customer = deps.cursors.decode(bound, cursor, 2)
            after = (Decimal(str(net)), UUID(str(customer)))
        found = await not_yet(c, SCHEMA, asked, value_class, article, after, limit + 1)
        head = {**heading(asked, await basis(c, SCHEMA, models)), "value_class": value_class, "article": article}
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (str(shown[-1].net), str(shown[-1].customer_id)))
    items = [
        {
            "customer_id": each.customer_id,
            "net": money_body(each.net, asked.currency),
            "expected": about(each.net * each.share, asked.currency),
        }
        for each in shown
    ]
    return page_response(Page(items, following), request, head)
