"""Possible duplicates over HTTP: two cards that may be of one customer, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api.answers import answer
from services.cards.api.deps import Dependencies
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customer_pages import customers_of
from services.cards.read_models.customer_row import Customer, external_ids_of
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.duplicates import FIRST, Pair, next_pairs, of_customer
from shared.projections.waiting import wait_for
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["customers"])
_WINDOWS = 20
"""So many times the store is asked for one page: 100,000 customers. A page may be short, or empty, and still have a next one."""
_SHOWN = {
    "customers": [
        {
            "customer_id": "df93c5a8-dfea-5f5b-a254-1e58423d36b1",
            "stub": False,
            "external_ids": [{"system": "erp", "value": "K-1077"}],
            "name": "Hua Xin Trading Co.",
            "place": "Suzhou",
        },
        {"customer_id": "0190f7a4-1111-7000-8000-000000000004", "stub": False, "external_ids": [], "name": "HUA XIN TRADING"},
    ],
    "reasons": ["name", "telephone"],
}


@router.get(
    "/v1/duplicates",
    dependencies=[scope("cards.customer.read"), listed],
    summary="Pairs of cards that may be of one customer, by name, number, telephone, e-mail or address",
    responses={200: answer("One page; it may be short and still have a next one", {"items": [_SHOWN]})},
)
async def list_duplicates(
    deps: Dependencies,
    request: Request,
    customer_id: Annotated[UUID | None, Query(description="Only who may be the same as this customer")] = None,
    agreeing: Annotated[int, Query(ge=1, le=5, description="How many reasons must speak for it")] = 1,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """A name counts without its legal form, width, case and punctuation; a number without separators and leading zeros; telephones
    in their international form. Merged and erased cards are left out. Nothing is merged by itself: see `/v1/customers/{id}/merge`."""
    bound = filter_hash(list="duplicates", customer_id=customer_id, agreeing=agreeing)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    after = (FIRST, FIRST) if cursor is None else _after(deps, bound, cursor)
    if customer_id is not None:
        async with deps.pool.acquire() as c:
            found, seen = await of_customer(c, SCHEMA, customer_id, agreeing), None
        found = [pair for pair in found if pair.second > after[1]]
    else:
        found, seen = await _search(deps, after, agreeing, limit)
    kept = found[:limit]
    if len(found) > limit:
        seen = kept[-1].first, kept[-1].second
    next_cursor = None if seen is None else deps.cursors.encode(bound, [str(one) for one in seen])
    return page_response(Page(await _items(deps, kept), next_cursor), request)


_LAST = UUID(int=2**128 - 1)


async def _search(deps: Deps, after: tuple[UUID, UUID], agreeing: int, limit: int) -> tuple[list[Pair], tuple[UUID, UUID] | None]:
    """Pairs behind a pair, and the place through which the customers were looked at; None at their end."""
    found: list[Pair] = []
    # The first of the pair before may have more partners, unless it was looked through.
    behind = after[0] if after[1] == _LAST else UUID(int=max(after[0].int - 1, 0))
    for _ in range(_WINDOWS):
        async with deps.pool.acquire() as c:
            pairs, last = await next_pairs(c, SCHEMA, behind, agreeing)
        found += [pair for pair in pairs if (pair.first, pair.second) > after]
        if last is None:
            return found, None
        behind = last
        if len(found) > limit:
            break
    return found, (behind, _LAST)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[UUID, UUID]:
    first, second = deps.cursors.decode(bound, cursor, 2)
    return UUID(str(first)), UUID(str(second))


async def _items(deps: Deps, pairs: Sequence[Pair]) -> list[dict[str, Any]]:
    async with deps.pool.acquire() as c:
        known = await customers_of(c, SCHEMA, {one for pair in pairs for one in (pair.first, pair.second)})
    return [
        {"customers": [_item(known[pair.first]), _item(known[pair.second])], "reasons": pair.reasons}
        for pair in pairs
        if pair.first in known and pair.second in known
    ]


def _item(row: Customer) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": row.customer_id, "stub": row.stub, "external_ids": external_ids_of(row.external_ids)}
    for name in ("kind", "name", "place", "area_id", "salesperson_id"):
        if getattr(row, name) is not None:
            found[name] = getattr(row, name)
    return found
