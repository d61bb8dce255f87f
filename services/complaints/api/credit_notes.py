"""Whether the ledger credits what complaints give, over HTTP."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.complaints.api.deps import Dependencies
from services.complaints.api.spans import caught_up
from services.complaints.handlers.deps import SCHEMA
from services.complaints.read_models.credit_notes import CREDIT_NOTES, CreditRow, Filters, page, to_credit, told_of
from shared.projections.reached import basis
from shared.web.amounts import money_body
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["complaints"], dependencies=[scope("complaints.complaint.read")])


@router.get(
    "/v1/complaint-credit-notes", dependencies=[listed], summary="Credit notes of complaints, and where the ledger says otherwise"
)
async def list_credit_notes(
    deps: Dependencies,
    request: Request,
    complaint_id: UUID | None = None,
    customer_id: UUID | None = None,
    differing: Annotated[bool | None, Query(description="Only where complaint and ledger differ, or only where not")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`named` by solutions of the complaint, `noted` in the ledger with the complaint's id. `to_credit`: what was carried out by credit
    notes, else what was agreed on; beside other remedies it is the most. `differs`:

    - COMPLAINT_UNKNOWN: the ledger names a complaint that this customer has not made.
    - NOT_IN_LEDGER: a solution names a note that stands in the ledger without this complaint, or not at all yet.
    - NOT_NAMED: the ledger has a note for the complaint that no solution names yet.
    - OTHER_AMOUNT: another amount is credited than is to be.
    """
    filters = Filters(complaint_id, customer_id, differing)
    bound = filter_hash(list="credit-notes", **filters._asdict())
    after = None if cursor is None else str(deps.cursors.decode(bound, cursor, 1)[0])
    await caught_up(deps, min_position, CREDIT_NOTES)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
        from_what = await basis(c, SCHEMA, (CREDIT_NOTES,))
    following = deps.cursors.encode(bound, [rows[limit - 1].credit_id]) if len(rows) > limit else None
    return page_response(Page([_shown(row) for row in rows[:limit]], following), request, {"from_what": from_what})


def _shown(row: CreditRow) -> dict[str, Any]:
    told = told_of(row.told)
    due = to_credit(told)
    named = [{"source": one.source, "number": one.number, "amount": money_body(one.amount, one.currency)} for one in told.named]
    noted = [
        {
            "source": one.source,
            "number": one.number,
            "noted_on": one.noted_on,
            "amount": money_body(one.amount, one.currency),
        }
        for one in told.noted
    ]
    return {
        "complaint_id": row.complaint_id,
        "customer_id": row.customer_id,
        "differs": list(row.differs),
        "to_credit": [] if due is None else [money_body(amount, currency) for currency, amount in sorted(due[0].items())],
        "named": named,
        "noted": noted,
    }
