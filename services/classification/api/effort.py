"""What is put into new customers and into old ones, and who brings customers, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about
from services.classification.domain.effort import EXPECTED_RATIO, Spent, compared
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.effort import spending_currency, spent, traded
from services.classification.read_models.introductions import INTRODUCTIONS
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.referrals import Introduced, Referrer, introduced_by, referrers
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.web.amounts import money_body
from shared.web.fields import DecimalString
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["effort"])
reads = scope("classification.class.read")
_REFERRED_BY = (INTRODUCTIONS, SOLD, SERVED)


@router.get(
    "/v1/effort",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="What was put into new customers and into old ones, and what each won or kept has cost",
)
async def get_effort(
    deps: Dependencies,
    asked: Asked,
    new_days: Annotated[
        int, Query(ge=0, le=3660, description="So long after the first purchase a customer is new; before it always")
    ] = 180,
    hour_cost: Annotated[
        DecimalString | None, Query(description="What an hour costs, in the currency; without it hours cost nothing here")
    ] = None,
) -> Response:
    """Investments recorded in cards. `per_won`: spent on new ones for each that first bought in the period; `per_kept`: on old ones
    for each of before that bought in it. `expected`: a new customer costs 4 to 5 times an old one. Without a currency it is
    that of most investments, of the sales where none names one. `won_by_value_class`: quality goes before quantity."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        currency = asked.currency or await spending_currency(c, SCHEMA, asked)
        question = await in_currency(c, SCHEMA, asked._replace(currency=currency))
        new, old = await spent(c, SCHEMA, question, new_days)
        classes, kept = await traded(c, SCHEMA, question)
        from_what = await basis(c, SCHEMA, (INVESTMENTS, CUSTOMER_SALES, SOLD, SERVED, VALUE_CLASSES))
    currency = question.currency
    won = sum(classes.values())
    found = compared(new, old, won, kept, hour_cost)
    body = {
        **heading(question, from_what),
        "new_days": new_days,
        "hour_cost": None if hour_cost is None else str(hour_cost),
        "new": {
            **_spent(new, found.new_total, currency),
            "won": won,
            "per_won": about(found.per_won, currency),
            "won_by_value_class": {name or "NONE": number for name, number in classes.items()},
        },
        "old": {**_spent(old, found.old_total, currency), "kept": kept, "per_kept": about(found.per_kept, currency)},
        "ratio": None if found.ratio is None else str(found.ratio),
        "expected": [str(one) for one in EXPECTED_RATIO],
        "verdict": found.verdict,
    }
    return Json(body)


def _spent(one: Spent, total: Decimal, currency: str | None) -> dict[str, Any]:
    return {
        "customers": one.customers,
        "investments": one.investments,
        "in_other_currencies": one.in_other_currencies,
        "hours": f"{one.hours.normalize():f}",
        "cost": money_body(one.cost, currency),
        "total": money_body(total, currency),
    }


@router.get(
    "/v1/referrals",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Who brings customers, and what those buy, the most first",
)
async def list_referrals(
    deps: Dependencies, request: Request, asked: Asked, limit: Limit = DEFAULT_LIMIT, cursor: CursorParameter = None
) -> Response:
    """`introduced` counts everybody brought until the end of the period, `buying` those with net sales in it. A scope is that of who
    brings."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question, end = await in_currency(c, SCHEMA, asked), deps.end_of(asked.last)
        bound = filter_hash(list="referrals", **question.filters())
        after = None
        if cursor is not None:
            net, introduced, customer = deps.cursors.decode(bound, cursor, 3)
            after = (Decimal(str(net)), int(introduced or 0), UUID(str(customer)))
        sums, found = await referrers(c, SCHEMA, question, end, after, limit + 1)
        head = heading(question, await basis(c, SCHEMA, _REFERRED_BY))
    head |= {**sums._asdict(), "net": money_body(sums.net, question.currency)}
    shown, following = found[:limit], None
    if len(found) > limit:
        last = shown[-1]
        following = deps.cursors.encode(bound, (str(last.net), last.introduced, str(last.customer_id)))
    return page_response(Page([_referrer(one, question) for one in shown], following), request, head)


def _referrer(one: Referrer, asked: Question) -> dict[str, Any]:
    return {**one._asdict(), "net": money_body(one.net, asked.currency)}


@router.get(
    "/v1/customers/{customer_id}/referrals",
    dependencies=[reads, analysis],
    responses={422: REFUSED},
    summary="Whom a customer has brought, and what those buy",
)
async def list_introduced(
    customer_id: UUID,
    deps: Dependencies,
    request: Request,
    asked: Asked,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Empty for who has brought nobody."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="introduced", customer_id=customer_id, **question.filters())
        after = None
        if cursor is not None:
            net, customer = deps.cursors.decode(bound, cursor, 2)
            after = (Decimal(str(net)), UUID(str(customer)))
        found = await introduced_by(c, SCHEMA, customer_id, question, deps.end_of(asked.last), after, limit + 1)
        head = heading(question, await basis(c, SCHEMA, _REFERRED_BY))
    shown, following = found[:limit], None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (str(shown[-1].net), str(shown[-1].customer_id)))
    return page_response(Page([_introduced(one, question, deps) for one in shown], following), request, head)


def _introduced(one: Introduced, asked: Question, deps: Deps) -> dict[str, Any]:
    found = {
        "customer_id": one.customer_id,
        "introduced_on": one.since.astimezone(deps.zone).date(),
        "first_sale_on": one.first_sale_on,
        "net": money_body(one.net, asked.currency),
    }
    return {name: value for name, value in found.items() if value is not None}
