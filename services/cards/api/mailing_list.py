"""Whom to write to, over HTTP: customers with the lines of their addresses as their countries write them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from services.cards.api.answers import answer
from services.cards.api.card_views import SEES_PERSONS
from services.cards.api.customer_export import Mark, file_answer, started, with_basics
from services.cards.api.deps import Dependencies
from services.cards.api.list_query import SortParameter, WhereParameter, query_of
from services.cards.domain.addressee import addressee
from services.cards.handlers.deps import SCHEMA
from services.cards.read_models.customer_pages import page, place_of
from services.cards.read_models.customer_row import Customer
from services.cards.read_models.customers import CUSTOMERS
from shared.contracts.cards import Basics
from shared.projections.waiting import wait_for
from shared.web.csv import Cell, csv_response
from shared.web.fields import Country
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
reads = scope(SEES_PERSONS)
MOST_LINES = 8
HEADER = ("customer_id", "salesperson_id", "country", *(f"line_{n}" for n in range(1, MOST_LINES + 1)), "missing")
_REGISTERED = "stub=false"
PostedIn = Annotated[Country | None, Query(description="Where the letters are posted: within this country its name is left out")]
_SHOWN = {
    "customer_id": "df93c5a8-dfea-5f5b-a254-1e58423d36b1",
    "salesperson_id": "wang",
    "lines": ["215000", "江苏省苏州市虎丘区", "湖路5号", "华信贸易有限公司", "CHINA"],
}


@router.get(
    "/v1/mailing-list",
    dependencies=[reads, listed],
    summary="Customers with the lines of their addresses",
    responses={200: answer("One page; without lines where no street is known", {"items": [_SHOWN]})},
)
async def get_mailing_list(
    caller: Caller,
    deps: Dependencies,
    request: Request,
    where: WhereParameter = (),
    sort: SortParameter = "name",
    posted_in: PostedIn = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Narrowed and sorted as `/v1/customers`. Merged cards and stubs get no letter. `missing`: what the country's form asks for."""
    query = query_of([*where, _REGISTERED], sort, "#/query")
    bound = filter_hash(list="mailing", where=where, sort=sort, posted_in=posted_in)
    after = None if cursor is None else deps.cursors.decode(bound, cursor, 2)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, query, after, limit + 1)
    kept = rows[:limit]
    items = [_item(row, basics, posted_in) for row, basics in await with_basics(deps, caller, kept)]
    next_cursor = deps.cursors.encode(bound, place_of(kept[-1], query)) if len(rows) > limit else None
    return page_response(Page(items, next_cursor), request)


@router.get(
    "/v1/mailing-list.csv",
    dependencies=[reads, listed],
    response_class=StreamingResponse,
    responses=file_answer(
        "customer_id,...,line_1,line_2,...\r\ndf93c5a8-dfea-5f5b-a254-1e58423d36b1,...,215000,江苏省苏州市虎丘区,...\r\n"
    ),
    summary="The mailing list as CSV",
)
async def export_mailing_list(
    caller: Caller,
    deps: Dependencies,
    where: WhereParameter = (),
    sort: SortParameter = "name",
    posted_in: PostedIn = None,
    mark: Mark = False,
    min_position: MinPosition = None,
) -> Response:
    """One line of the address a column; customers of whom no street is known are left out."""
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    pages = await started(deps, query_of([*where, _REGISTERED], sort, "#/query"))

    async def rows() -> AsyncIterator[list[Sequence[Cell]]]:
        async for some in pages:
            items = [_item(row, basics, posted_in) for row, basics in await with_basics(deps, caller, some)]
            yield [_cells(item) for item in items if item["lines"]]

    return csv_response("mailing-list.csv", HEADER, rows(), mark=mark)


def _item(row: Customer, basics: Basics | None, posted_in: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": row.customer_id}
    if row.salesperson_id is not None:
        found["salesperson_id"] = row.salesperson_id
    if basics is not None:
        to = addressee(basics, posted_in)
        country = basics.country if basics.postal is None else basics.postal.country
        found |= {"country": country} if country else {}
        found |= {"lines": to.lines} | ({"missing": to.missing} if to.missing else {})
    return found


def _cells(item: dict[str, Any]) -> list[Cell]:
    kept, rest = item["lines"][: MOST_LINES - 1], item["lines"][MOST_LINES - 1 :]
    lines = [*kept, ", ".join(rest), *[""] * (MOST_LINES - 1 - len(kept))]
    return [item["customer_id"], item.get("salesperson_id"), item.get("country"), *lines, " ".join(item.get("missing", ()))]
