"""Receivables over HTTP: one customer's on any day, the list of who owes, and the ledger's entries."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.balance_views import balance_body, balances_of_row
from services.cards.api.deps import Dependencies
from services.cards.domain.identity import ledger_stream
from services.cards.domain.ledger import KIND_OF
from services.cards.domain.refusals import CardUnknown
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_lookup import known
from services.cards.read_models.receivables import RECEIVABLES, Filters, Receivable, one, page
from services.cards.read_models.transactions import LedgerEntry
from services.cards.read_models.transactions import page as ledger_page
from shared.projections.waiting import wait_for
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["receivables"])
reads = scope("cards.ledger.read")
_UNKNOWN: answers.Responses = {404: {"description": "No customer has this id"}}


@router.get(
    "/v1/customers/{customer_id}/receivables",
    dependencies=[reads],
    responses={200: answers.RECEIVABLES, **_UNKNOWN},
    summary="Open items, ageing, disputes and exposure of a customer at the end of a day",
)
async def get_receivables(
    customer_id: UUID,
    deps: Dependencies,
    as_of: Annotated[BusinessDay | None, Query(description="Business day; today where it is left out")] = None,
    min_position: MinPosition = None,
) -> Response:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, RECEIVABLES, position))
    async with deps.pool.acquire() as c:
        row = await one(c, SCHEMA, customer_id)
        if row is None and not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
    day = as_of or deps.today()
    if row is None:
        return Json({"customer_id": customer_id, "as_of": day, "balances": []})
    return Json({**_head(row), "as_of": day, "balances": [balance_body(b, lines=True) for b in balances_of_row(row, day)]})


def _head(row: Receivable) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": row.customer_id}
    for name in ("name", "area_id", "salesperson_id", "payment_days"):
        if getattr(row, name) is not None:
            found[name] = getattr(row, name)
    return found


@router.get(
    "/v1/receivables",
    dependencies=[reads, listed],
    responses={200: answers.OWING},
    summary="Customers with open items, the oldest due first",
)
async def list_receivables(
    deps: Dependencies,
    request: Request,
    overdue: Annotated[
        bool | None, Query(description="Only customers with something overdue today, or only those without")
    ] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(salesperson_id, overdue)
    bound = filter_hash(list="receivables", **filters._asdict())
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, RECEIVABLES, position))
    today = deps.today()
    after = None if cursor is None else _after(deps, bound, cursor)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, today, after, limit + 1)
    shown = rows[:limit]
    items = [
        {**_head(row), "as_of": today, "balances": [balance_body(b, lines=False) for b in balances_of_row(row, today)]}
        for row in shown
    ]
    next_cursor = None
    if len(rows) > limit:
        next_cursor = deps.cursors.encode(bound, (str(shown[-1].oldest_due_on), str(shown[-1].customer_id)))
    return page_response(Page(items, next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[date, UUID]:
    due, customer = deps.cursors.decode(bound, cursor, 2)
    return date.fromisoformat(str(due)), UUID(str(customer))


@router.get(
    "/v1/customers/{customer_id}/transactions",
    dependencies=[reads],
    responses={200: answers.LEDGER, **_UNKNOWN},
    summary="What was recorded for a customer, the newest first",
)
async def list_transactions(
    customer_id: UUID, deps: Dependencies, request: Request, limit: Limit = 50, cursor: CursorParameter = None
) -> Response:
    bound = filter_hash(list="transactions", customer_id=customer_id)
    before = None if cursor is None else int(deps.cursors.decode(bound, cursor, 1)[0] or 0)
    async with deps.pool.acquire() as c:
        entries = await ledger_page(c, SCHEMA, ledger_stream(customer_id), before, limit + 1)
        if not entries and not await known(c, SCHEMA, [customer_id]):
            raise refused(CardUnknown())
    shown = entries[:limit]
    next_cursor = deps.cursors.encode(bound, (shown[-1].version,)) if len(entries) > limit else None
    return page_response(Page([entry_body(entry) for entry in shown], next_cursor), request)


def entry_body(entry: LedgerEntry) -> dict[str, Any]:
    """An entry as it is shown to whom it concerns."""
    fact: dict[str, Any] = msgspec.to_builtins(entry.fact)
    del fact["customer_id"]
    return {"id": entry.event_id, "type": KIND_OF[type(entry.fact)], **fact, "recorded_at": entry.recorded_at}
