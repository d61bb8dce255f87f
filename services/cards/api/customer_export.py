"""The list of customers as CSV over HTTP: streamed page by page, whatever its length."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from services.cards.api.card_views import shown
from services.cards.api.deps import Dependencies
from services.cards.api.list_query import SortParameter, WhereParameter, query_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customer_pages import Query as ListQuery
from services.cards.read_models.customer_pages import page, place_of
from services.cards.read_models.customer_parts import FIGURES
from services.cards.read_models.customer_row import Customer, basics_in, external_ids_of, figures_in
from services.cards.read_models.customers import CUSTOMERS
from shared.auth.principal import Principal
from shared.contracts.cards import Basics
from shared.projections.waiting import wait_for
from shared.web.csv import Cell, csv_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
AT_ONCE = 500
Mark = Annotated[bool, Query(description="Begin with a byte order mark, which some spreadsheets need")]

_PLAIN = (
    "kind place country area_id salesperson_id nature shop_kind industry ownership location legal_form founded_on trading_since "
    "payment_days credit_limit credit_currency agreed_on restriction stage stage_since dealer_id merged_into"
).split()
_PERSONAL = ("telephone", "email", "address")
HEADER = (
    "customer_id", "name", "external_ids", *_PLAIN, *_PERSONAL,
    *(name for figure, kind in FIGURES.items() for name in ((figure, f"{figure}.currency") if kind == "money" else (figure,))),
)  # fmt: skip


def file_answer(example: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"description": "A file, as it is written", "content": {"text/csv": {"example": example}}}}


@router.get(
    "/v1/customers.csv",
    dependencies=[scope("cards.customer.read"), listed],
    response_class=StreamingResponse,
    responses=file_answer("customer_id,name,...\r\ndf93c5a8-dfea-5f5b-a254-1e58423d36b1,Hua Xin Trading Co.,...\r\n"),
    summary="The list of customers as CSV",
)
async def export_customers(
    caller: Caller,
    deps: Dependencies,
    where: WhereParameter = (),
    sort: SortParameter = "name",
    mark: Mark = False,
    min_position: MinPosition = None,
) -> Response:
    """All that hold, in one file. Names of persons, telephones, e-mail addresses and addresses need the scope `cards.pii.read`. What a
    spreadsheet would take for a formula begins with an apostrophe."""
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    return await exported(deps, caller, query_of(where, sort, "#/query"), "customers.csv", mark=mark)


async def exported(deps: Deps, caller: Principal, query: ListQuery, name: str, *, mark: bool) -> StreamingResponse:
    """The customers of a query as a file."""
    pages = await started(deps, query)

    async def rows() -> AsyncIterator[list[Sequence[Cell]]]:
        async for some in pages:
            yield [_row(row, basics) for row, basics in await with_basics(deps, caller, some)]

    return csv_response(name, HEADER, rows(), mark=mark)


async def started(deps: Deps, query: ListQuery) -> AsyncIterator[list[Customer]]:
    """All customers of a query in pages. The first is read at once: whatever is wrong shows before the answer has begun."""
    first = await _page(deps, query, None)

    async def pages() -> AsyncIterator[list[Customer]]:
        some = first
        while some:
            yield some
            some = await _page(deps, query, some[-1]) if len(some) == AT_ONCE else []

    return pages()


async def _page(deps: Deps, query: ListQuery, last: Customer | None) -> list[Customer]:
    async with deps.pool.acquire() as c:
        return await page(c, SCHEMA, query, None if last is None else place_of(last, query), AT_ONCE)


async def with_basics(deps: Deps, caller: Principal, rows: Sequence[Customer]) -> list[tuple[Customer, Basics | None]]:
    """The rows with their basics as the caller may see them; a stub has none."""
    registered = [(row.customer_id, basics_in(row.basics)) for row in rows if row.basics is not None]
    opened = dict(zip((customer for customer, _ in registered), await shown(deps, caller, registered), strict=True))
    return [(row, opened.get(row.customer_id)) for row in rows]


def _row(row: Customer, basics: Basics | None) -> list[Cell]:
    figures = figures_in(row.figures)
    cells: list[Cell] = [
        row.customer_id,
        row.name or (None if basics is None else basics.person_name),
        " ".join(f"{one.system}:{one.value}" for one in external_ids_of(row.external_ids)),
        *(getattr(row, name) for name in _PLAIN),
        *(None if basics is None else getattr(basics, name) for name in _PERSONAL),
    ]
    for name, kind in FIGURES.items():
        value = figures.get(name)
        if kind == "money":
            cells += [None, None] if value is None else [value["amount"], value["currency"]]
        else:
            cells.append(value)
    return cells
