"""Two cards of one customer, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Body as FastBody
from starlette.responses import Response

from services.cards.api.answers import answer
from services.cards.api.deps import Dependencies
from services.cards.api.examples import example
from services.cards.handlers.erasure_problems import MERGE_DURING_ERASURE
from services.cards.handlers.merge_problems import (
    CUSTOMER_MERGED,
    MERGE_CHAIN,
    MERGE_CURRENCIES_DIFFER,
    MERGE_WITH_OPEN_DISPUTES,
)
from services.cards.handlers.merging import MergeCards, merge
from shared.web.commands import Command, IfMatch, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body, Name
from shared.web.reach import named
from shared.web.scope import scope

router = APIRouter(tags=["customers"])
_MERGED_ID = "0190f7a4-1111-7000-8000-000000000004"


class MergeBody(Body):
    """The card that was found to be a second one of the same customer."""

    merged_id: UUID
    reason: Name | None = None


@router.post(
    "/v1/customers/{customer_id}/merge",
    dependencies=[scope("cards.merging.write"), named("merged_id")],
    summary="Merge another card of the same customer into this one, which leads from now on",
    responses={
        200: answer(
            "Done; the ETag is the leading card's new version",
            {"customer_id": "df93c5a8-dfea-5f5b-a254-1e58423d36b1", "merged_id": _MERGED_ID},
        ),
        404: {"description": "No customer has one of the two ids"},
        409: {
            "description": f"{MERGE_CURRENCIES_DIFFER}, {MERGE_WITH_OPEN_DISPUTES}, {CUSTOMER_MERGED}, {MERGE_CHAIN} or {MERGE_DURING_ERASURE}"
        },
        410: {"description": "The personal data of one of the two were erased"},
    },
)
async def merge_customers(
    customer_id: UUID,
    body: Annotated[MergeBody, FastBody(openapi_examples=example({"merged_id": _MERGED_ID, "reason": "registered twice"}))],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Both cards keep their history, their external ids and their ledger; facts for either go where they always went. Reading the
    merged card names the one that leads, the leading one names those merged into it, and the list leaves the merged ones out."""
    command = MergeCards(customer_id, body.merged_id, body.reason)
    return respond(await merge(deps, command, key, event_meta(request), version), request)
