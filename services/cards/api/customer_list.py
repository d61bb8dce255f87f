"""The list of customers over HTTP. What concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.card_views import shown, terms_shown, without_nothing
from services.cards.api.deps import Dependencies
from services.cards.api.list_query import SortParameter, WhereParameter, given, query_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customer_lookup import owners
from services.cards.read_models.customer_pages import Query as ListQuery
from services.cards.read_models.customer_pages import page, place_of
from services.cards.read_models.customer_row import MARKS, Customer, basics_in, external_ids_of, figures_in
from services.cards.read_models.customers import CUSTOMERS
from shared.auth.principal import Principal
from shared.contracts.cards import Basics, ExternalId
from shared.contracts.money import Money
from shared.projections.waiting import wait_for
from shared.web.fields import Name, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import FieldError, Problem
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
reads = scope("cards.customer.read")


@router.get(
    "/v1/customers",
    dependencies=[reads, listed],
    responses={200: answers.CARDS},
    summary="Customers by name; stubs and persons come first",
)
async def list_customers(
    caller: Caller,
    deps: Dependencies,
    request: Request,
    name_prefix: Annotated[
        Name | None, Query(description="Beginning of a company's name; case and width make no difference")
    ] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    kind: Annotated[Literal["COMPANY", "PERSON"] | None, Query()] = None,
    stub: Annotated[bool | None, Query()] = None,
    nature: Annotated[Reference | None, Query()] = None,
    shop_kind: Annotated[Reference | None, Query()] = None,
    industry: Annotated[Reference | None, Query()] = None,
    where: WhereParameter = (),
    sort: SortParameter = "name",
    merged: Annotated[bool, Query(description="Those that were merged into another card, instead of all others")] = False,
    external_id: Annotated[
        str | None, Query(max_length=300, description="`system:value`; also of a merged card", examples=["erp:K-1077"])
    ] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    named = given(
        area_id=area_id,
        salesperson_id=salesperson_id,
        kind=kind,
        stub=stub,
        nature=nature,
        shop_kind=shop_kind,
        industry=industry,
    )
    texts = [*named, *([] if name_prefix is None else [f"name^={name_prefix}"]), *where]
    query = query_of(texts, sort, "#/query", merged=merged if external_id is None else None)
    bound = filter_hash(list="customers", external_id=external_id, where=texts, sort=sort, merged=merged)
    after = None if cursor is None else deps.cursors.decode(bound, cursor, 2)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    async with deps.pool.acquire() as c:
        if external_id is not None:
            owner = await owners(c, SCHEMA, [external_id_of(external_id)])
            query = replace(query, customer_ids=list(owner.values()))
        rows = await page(c, SCHEMA, query, after, limit + 1)
    return await page_of_customers(deps, caller, request, query, rows, bound, limit)


async def page_of_customers(
    deps: Deps, caller: Principal, request: Request, query: ListQuery, rows: list[Customer], bound: bytes, limit: int
) -> Response:
    """A page as it is answered; `rows` may hold one more than `limit`."""
    kept = rows[:limit]
    next_cursor = deps.cursors.encode(bound, place_of(kept[-1], query)) if len(rows) > limit else None
    return page_response(Page(await _items(deps, caller, kept), next_cursor), request)


def external_id_of(text: str) -> ExternalId:
    """`system:value` as it stands in an address. Raises Problem: VALIDATION_FAILED."""
    system, colon, value = text.partition(":")
    if not (system and colon and value):
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/external_id", "EXTERNAL_ID_FORM", "must be system:value")])
    return ExternalId(system, value)


_STATED = ("area_id", "salesperson_id", "restriction", "stage", "stage_since", "dealer_id", "merged_into")
_marks_of, _stated_of = attrgetter(*MARKS), attrgetter(*_STATED)


async def _items(deps: Deps, caller: Principal, rows: list[Customer]) -> list[dict[str, Any]]:
    registered = [(row.customer_id, basics_in(row.basics)) for row in rows if row.basics is not None]
    opened = {customer: basics for (customer, _), basics in zip(registered, await shown(deps, caller, registered), strict=True)}
    return [_item(row, opened.get(row.customer_id)) for row in rows]


def _item(row: Customer, basics: Basics | None) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": row.customer_id, "stub": row.stub, "external_ids": external_ids_of(row.external_ids)}
    if basics is not None:
        found |= without_nothing(basics)
    marks = {name: value for name, value in zip(MARKS, _marks_of(row), strict=True) if value is not None}
    if marks:
        found["marks"] = marks
    found |= {name: value for name, value in zip(_STATED, _stated_of(row), strict=True) if value is not None}
    found["channel"] = "DIRECT" if row.dealer_id is None else "INDIRECT"
    if row.payment_days is not None and row.agreed_on is not None:
        limit = None
        if row.credit_limit is not None and row.credit_currency is not None:
            limit = Money(row.credit_limit, row.credit_currency)
        found["terms"] = terms_shown(row.payment_days, limit, row.agreed_on.isoformat())
    if figures := figures_in(row.figures):
        found["figures"] = figures
    return found
