"""Key customers of a scope with their key data, and who of the future, new and potential ones is most like them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.composition import share_of
from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.marks import mark_day
from services.classification.handlers.standards import VALUE_CLASS, current
from services.classification.read_models.key_customers import KeyCustomer, Likely, Standing, Weight, key_customers, likely
from services.classification.read_models.mark_columns import CARD_MARKS, models_of
from services.classification.read_models.scoping import Question, basis, in_currency
from shared.web.amounts import money_body
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["key customers"])
reads = scope("classification.class.read")
_DATA = KeyCustomer._fields[4:]


@router.get(
    "/v1/key-customers",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Key customers of a scope, by net sales, with their key data",
)
async def list_key_customers(
    deps: Dependencies, request: Request, asked: Asked, limit: Limit = DEFAULT_LIMIT, cursor: CursorParameter = None
) -> Response:
    """Those who make the share of A by the standard of value classes, within the scope and the period; data as of its last day."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        abc = (await current(c, VALUE_CLASS)).standard
        at = await mark_day(deps, c, asked.last)
        bound = filter_hash(list="key-customers", **question.filters())
        after = 0 if cursor is None else int(deps.cursors.decode(bound, cursor, 1)[0] or 0)
        found = await key_customers(c, SCHEMA, question, abc, at, after, limit + 1)
        head = {**heading(question, await basis(c, SCHEMA, models_of(_DATA, at))), "standard_version": abc.version}
    following = deps.cursors.encode(bound, [found[limit - 1].rank]) if len(found) > limit else None
    return page_response(Page([_key(one, question) for one in found[:limit]], following), request, head)


@router.get(
    "/v1/key-customers/likely",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Future, new and potential customers by how much they are like key customers",
)
async def list_likely_key_customers(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    among: Annotated[Standing | None, Query(description="Never bought, new, or of class B; all of them when left out")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """`profile`: how many times as often each value of a mark is there among key customers as among all (`lift`). A customer's score is the
    sum of the logarithms of its lifts: above 0 it is more like key customers than the average one."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        abc = (await current(c, VALUE_CLASS)).standard
        at = await mark_day(deps, c, asked.last)
        bound = filter_hash(list="likely-key-customers", among=among, **question.filters())
        after = None
        if cursor is not None:
            score, customer = deps.cursors.decode(bound, cursor, 2)
            after = Decimal(str(score)), UUID(str(customer))
        profile, found = await likely(c, SCHEMA, question, abc, at, among, after, limit + 1)
        head = {
            **heading(question, await basis(c, SCHEMA, models_of(("time_series", *CARD_MARKS), at))),
            "standard_version": abc.version,
            "profile": [
                {"mark": one.mark, "value": one.value, "key_customers": one.key, "customers": one.all, "lift": one.lift}
                for one in profile
            ],
        }
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (str(found[limit - 1].score), str(found[limit - 1].customer_id)))
    return page_response(Page([_likely(one, profile) for one in found[:limit]], following), request, head)


def _key(one: KeyCustomer, question: Question) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "rank": one.rank,
        "net": money_body(one.net, question.currency),
        "share": share_of(one.net, one.total),
        **{name: getattr(one, name) for name in _DATA},
    }


def _likely(one: Likely, profile: Sequence[Weight]) -> dict[str, Any]:
    lifts = {(each.mark, each.value): each.lift for each in profile}
    marks = [(mark, getattr(one, mark)) for mark in CARD_MARKS]
    why = [{"mark": mark, "value": value, "lift": lifts[mark, value]} for mark, value in marks if (mark, value) in lifts]
    return {"customer_id": one.customer_id, "standing": one.standing, "score": one.score, "why": why}
