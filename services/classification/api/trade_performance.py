"""Trade by month and year over HTTP: of each customer, its share in the scope and in the company, and whether the expected level is met."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.api.expectations import stated
from services.classification.domain.expectation import NONE, Expectations, in_month, met
from services.classification.domain.months import MONTHS, last_day, months_between, months_to
from services.classification.handlers.deps import SCHEMA
from services.classification.read_models.customer_sales import CUSTOMER_SALES, company_months, one
from services.classification.read_models.expected_levels import EXPECTED_LEVELS, levels_of
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.sold import SOLD
from services.classification.read_models.trade_performance import Bought, Ranked, Unit, by_period, ranked
from shared.web.amounts import money_body
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["trade performance"])
reads = scope("classification.class.read")
MODELS = (SOLD, CUSTOMER_SALES, EXPECTED_LEVELS)
By = Annotated[Unit, Query(description="The periods that the figures are given for")]


@router.get(
    "/v1/trade-performance",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Sales by month or year of each customer, its share, and whether it is at the level that is expected",
)
async def list_trade_performance(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    by: By = "month",
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """The largest customers first. `share` is within the scope that was asked for, `company_share` of the company's net sales. What is
    expected is a matter of whole months: `levels` holds those within the period of which something was expected."""
    bound = filter_hash(list="trade-performance", by=by, **asked.filters())
    after = None
    if cursor is not None:
        net, customer = deps.cursors.decode(bound, cursor, 2)
        after = Bought(UUID(str(customer)), Decimal(str(net)))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        head = heading(asked, await basis(c, SCHEMA, MODELS))
        if asked.currency is None:
            return page_response(Page([], None), request, head)
        found = await ranked(c, SCHEMA, asked, by, after, limit + 1)
        customers = [each.customer_id for each in found.shown[:limit]]
        periods = await by_period(c, SCHEMA, asked, by, customers)
        months = periods if by == "month" else await by_period(c, SCHEMA, asked, "month", customers)
        company = await company_months(c, SCHEMA, asked.currency, asked.first, asked.last)
        levels = await levels_of(c, SCHEMA, customers)
    following = None
    if len(found.shown) > limit:
        last = found.shown[limit - 1]
        following = deps.cursors.encode(bound, (str(last.net), str(last.customer_id)))
    items = []
    for bought in found.shown[:limit]:
        held = _levels(asked, levels.get(bought.customer_id, NONE), months.get(bought.customer_id, {}), company)
        periods_shown = [_period(day, net, by, asked, found, company) for day, net in periods[bought.customer_id].items()]
        items.append({**_total(bought, asked, found), "periods": periods_shown, **({"levels": held} if held else {})})
    return page_response(Page(items, following), request, {**head, **_sums(asked, by, found, company)})


@router.get(
    "/v1/customers/{customer_id}/trade-performance",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: REFUSED},
    summary="Sales of a customer by month or year, with their share of the company's, and the levels that were expected",
)
async def get_trade_performance(customer_id: UUID, deps: Dependencies, asked: Asked, by: By = "month") -> Response:
    """As one line of the list; shares are of the company, and of whole months and years only. The scope says nothing here."""
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        if await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        asked = (await in_currency(c, SCHEMA, asked))._replace(scope=type(asked.scope)())
        head = {"customer_id": customer_id, **heading(asked, await basis(c, SCHEMA, MODELS))}
        if asked.currency is None:
            return Json({**head, "periods": []})
        months = (await by_period(c, SCHEMA, asked, "month", [customer_id])).get(customer_id, {})
        periods = months if by == "month" else (await by_period(c, SCHEMA, asked, by, [customer_id])).get(customer_id, {})
        company = await company_months(c, SCHEMA, asked.currency, asked.first, asked.last)
        known = (await levels_of(c, SCHEMA, [customer_id])).get(customer_id, NONE)
    shown = [_period(day, net, by, asked, None, company) for day, net in periods.items()]
    held = _levels(asked, known, months, company)
    net = money_body(sum(months.values(), Decimal(0)), asked.currency)
    return Json({**head, "net": net, "periods": shown, **({"levels": held} if held else {})})


def _sums(asked: Question, by: Unit, found: Ranked, company: Mapping[str, Decimal]) -> dict[str, Any]:
    periods = [_period(day, net, by, asked, None, company) for day, net in found.periods.items()]
    net = money_body(sum(found.periods.values(), Decimal(0)), asked.currency)
    return {"by": by, "net": net, "customers": found.customers, "periods": periods}


def _total(bought: Bought, asked: Question, found: Ranked) -> dict[str, Any]:
    whole = sum(found.periods.values(), Decimal(0))
    return {
        "customer_id": bought.customer_id,
        "net": money_body(bought.net, asked.currency),
        **_share("share", bought.net, whole),
    }


def _period(
    first: date, net: Decimal, by: Unit, asked: Question, within: Ranked | None, company: Mapping[str, Decimal]
) -> dict[str, Any]:
    """`whole`: the period asked for holds all of it. Only then is the company's figure of the same days known."""
    months = 1 if by == "month" else MONTHS
    labels = [f"{first.year}-{first.month + n:02}" for n in range(months)]
    whole = asked.first <= first and last_day(first, months) <= asked.last
    found: dict[str, Any] = {
        "period": labels[0] if by == "month" else str(first.year),
        "net": money_body(net, asked.currency),
        "whole": whole,
    }
    if within is not None:
        found |= _share("share", net, within.periods[first])
    return found | _share(
        "company_share", net, sum((company.get(one, Decimal(0)) for one in labels), Decimal(0)) if whole else None
    )


def _levels(
    asked: Question, known: Expectations, months: Mapping[date, Decimal], company: Mapping[str, Decimal]
) -> list[dict[str, Any]]:
    """The whole months of which something was expected, each held against what was bought; also those without any sale."""
    if not known or asked.currency is None:
        return []
    found = []
    for month in months_to(asked.last, months_between(asked.first, asked.last)):
        expected = in_month(known, asked.currency, month)
        if expected is None or month < asked.first or last_day(month) > asked.last:
            continue
        held = met(expected, month, months.get(month, Decimal(0)), company.get(month.isoformat()[:7], Decimal(0)))
        share = {} if held.share is None else {"company_share": f"{held.share:.6f}"}
        level = {"period": month.isoformat()[:7], "expected": stated(expected), "net": money_body(held.net, asked.currency)}
        found.append({**level, **share, "below": held.below})
    return found


def _share(name: str, net: Decimal, whole: Decimal | None) -> dict[str, str]:
    return {name: f"{net / whole:.6f}"} if whole is not None and whole > 0 else {}
