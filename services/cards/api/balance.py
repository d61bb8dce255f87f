"""Sales against collections: by customer, salesperson, area, or of the company, with what is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
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
from services.cards.api.trade_views import NOTHING, balance
from services.cards.domain.period import Period, sums_in
from services.cards.domain.spans import Books, Sums, read_books
from services.cards.handlers.deps import SCHEMA
from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.receivables import RECEIVABLES, balances_of
from services.cards.read_models.results import Listed, Owed, Scope, Side, Wanted, matching, owed_by, sums_by
from services.cards.read_models.serving import books_of
from services.cards.read_models.trade import TRADE
from shared.postgres.pool import Connection
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed

router = APIRouter(tags=["trade"])
_Sums = Mapping[tuple[str, str], Sums]
_Owed = Mapping[tuple[str, str], Owed]


@router.get(
    "/v1/balance",
    dependencies=[reads, listed],
    responses={200: trade_answers.BALANCE, **PERIODS},
    summary="Do sales and collections balance? With what is overdue today",
)
async def list_balance(
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
    """From the first day of last month on where no period is asked for. Listed are customers who traded, paid or owe something;
    the first page has their `total`."""
    today = deps.today()
    last_month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    period, of = period_of(day, first, last, today, (last_month, today)), Scope(area_id, salesperson_id)
    bound = filter_hash(list="balance", by=by, first=period.first, last=period.last, **of._asdict())
    await all_reached(deps, min_position, TRADE, COLLECTED_MODEL, RECEIVABLES)
    head: dict[str, Any] = {"from": period.first, "to": period.last, "by": by, "as_of": today}
    async with deps.pool.acquire() as c:
        if by == "customer":
            begin = after(deps, bound, cursor)
            if begin is None:
                head["total"] = (await _by_side(c, "company", period, of, today)).get("", [])
            wanted = Wanted(of, with_money=True)
            found = await matching(c, SCHEMA, wanted, begin, limit + 1, lambda row: _row(row, period, today))
            page = paged(deps, bound, found, limit)
        else:
            sides = await _by_side(c, by, period, of, today)
            page = Page([{**served(by, who), "balances": balances} for who, balances in sides.items()], None)
    return page_response(page, request, head)


async def _by_side(c: Connection, side: Side, period: Period, of: Scope, today: date) -> dict[str, list[dict[str, Any]]]:
    traded = await sums_by(c, SCHEMA, "trade", side, period, of)
    paid = await sums_by(c, SCHEMA, "collected", side, period, of)
    owed = await owed_by(c, SCHEMA, side, today, of)
    return {who: _balances(who, traded, paid, owed) for who in everyone(traded, paid, owed)}


def _row(row: Listed, period: Period, today: date) -> dict[str, Any] | None:
    owed = {
        ("", currency): Owed(one.outstanding, sum((item.open for item in one.items if item.due_on < today), Decimal(0)))
        for currency, one in balances_of(row.open_items).items()
        if one.outstanding
    }
    found = _balances("", _in(books_of(row.trade), period), _in(read_books(row.collected), period), owed)
    return {**customer(row), "balances": found} if found else None


def _in(books: Books, period: Period) -> _Sums:
    return {("", one): found for one, book in books.items() if (found := sums_in(book, period)) is not None}


def _balances(who: str, traded: _Sums, paid: _Sums, owed: _Owed) -> list[dict[str, Any]]:
    return [
        balance(traded.get((who, one), NOTHING), paid.get((who, one), NOTHING), owed.get((who, one), Owed()), one)
        for one in currencies(who, traded, paid, owed)
    ]
