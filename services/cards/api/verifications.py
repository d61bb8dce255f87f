"""Figures that wait to be verified, over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import part_examples
from services.cards.api.deps import Dependencies
from services.cards.api.part_bodies import FieldName
from services.cards.api.part_views import figure_text
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.verifications import VERIFICATIONS, Filters, Listed, page
from shared.projections.waiting import wait_for
from shared.web.fields import Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["parts of a card"])


@router.get(
    "/v1/verifications",
    dependencies=[scope("cards.customer.read"), listed],
    responses={200: part_examples.OPEN_VERIFICATIONS},
    summary="Stated figures that contradict the ledger or an agency and wait for somebody to look into them, the longest waiting first",
)
async def list_verifications(
    deps: Dependencies,
    request: Request,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    customer_id: UUID | None = None,
    field: Annotated[FieldName | None, Query(examples=["business.annual_purchases"])] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(salesperson_id, customer_id, field)
    bound = filter_hash(list="verifications", **filters._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, VERIFICATIONS, position))
    async with deps.pool.acquire() as c:
        found = await page(c, SCHEMA, filters, after, limit + 1)
    next_cursor = None
    if len(found) > limit:
        last = found[limit - 1].row
        next_cursor = deps.cursors.encode(bound, (last.entered_at.isoformat(), str(last.task_id)))
    return page_response(Page([_item(one) for one in found[:limit]], next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[datetime, UUID]:
    entered, task = deps.cursors.decode(bound, cursor, 2)
    return datetime.fromisoformat(str(entered)), UUID(str(task))


def _item(one: Listed) -> dict[str, Any]:
    row = one.row
    found = {
        "task_id": row.task_id,
        "customer_id": row.customer_id,
        "name": one.name,
        "salesperson_id": one.salesperson_id,
        "field": row.field,
        "stated": figure_text(row.stated, row.currency),
        "known": figure_text(row.known, row.currency),
        "known_from": row.known_from,
        "currency": row.currency,
        "source": row.source,
        "observed_on": row.observed_on,
        "reference": row.reference,
        "entered_at": row.entered_at,
        "entered_by": row.entered_by,
    }
    return {name: value for name, value in found.items() if value is not None}
