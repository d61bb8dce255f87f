"""Results of a day or a period: by customer, salesperson, area, or of the company."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import trade_answers
from services.cards.api.deps import Dependencies
from services.cards.api.trade_lists import (
    PERIODS,
    Area,
    By,
    Day,
    First,
    Last,
    Salesperson,
    after,
    all_reached,
    currencies,
    customer,
    everyone,
    paged,
    period_of,
    reads,
    served,
)
from services.cards.api.trade_views import result
from services.cards.domain.period import Period, sums_in
from services.cards.domain.spans import Sums
from services.cards.handlers.deps import SCHEMA
from services.cards.read_models.results import Listed, Scope, Wanted, matching, sums_by
from services.cards.read_models.serving import books_of
from services.cards.read_models.trade import TRADE
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed

router = APIRouter(tags=["trade"])
_Sums = Mapping[tuple[str, str], Sums]


@router.get(
    "/v1/results",
    dependencies=[reads, listed],
    responses={200: trade_answers.RESULTS, **PERIODS},
    summary="What was sold and returned: yesterday, on another day or in a period",
)
async def list_results(
    deps: Dependencies,
    request: Request,
    by: Annotated[By, Query()] = "customer",
    day: Day = None,
    first: First = None,
    last: Last = None,
    salesperson_id: Salesperson = None,
    area_id: Area = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Yesterday where nothing is asked for. `share` is of the `total`, which is that of the customers asked for."""
    today = deps.today()
    yesterday = today - timedelta(days=1)
    period, of = period_of(day, first, last, today, (yesterday, yesterday)), Scope(area_id, salesperson_id)
    bound = filter_hash(list="results", by=by, first=period.first, last=period.last, **of._asdict())
    await all_reached(deps, min_position, TRADE)
    async with deps.pool.acquire() as c:
        total = await sums_by(c, SCHEMA, "trade", "company", period, of)
        if by == "customer":
            wanted = Wanted(of, traded_since=period.first)
            begin = after(deps, bound, cursor)
            found = await matching(c, SCHEMA, wanted, begin, limit + 1, lambda row: _row(row, period, total))
            page = paged(deps, bound, found, limit)
        else:
            sums = await sums_by(c, SCHEMA, "trade", by, period, of)
            page = Page([{**served(by, who), "results": _results(who, sums, total)} for who in everyone(sums)], None)
    head = {"from": period.first, "to": period.last, "by": by, "total": _results("", total, None)}
    return page_response(page, request, head)


def _row(row: Listed, period: Period, total: _Sums) -> dict[str, Any] | None:
    books = books_of(row.trade)
    sums = {("", currency): found for currency, book in books.items() if (found := sums_in(book, period)) is not None}
    return {**customer(row), "results": _results("", sums, total)} if sums else None


def _results(who: str, sums: _Sums, total: _Sums | None) -> list[dict[str, Any]]:
    return [
        {"currency": one, **result(sums[who, one], one, None if total is None else total.get(("", one)))}
        for one in currencies(who, sums)
    ]
