"""Where staff and vehicles are needed most."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA
from services.classification.read_models.allocation import Need, Whom, needs
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.potentials import POTENTIALS
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD
from shared.web.amounts import money_body
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["allocation"])
FROM_WHAT = (SOLD, INVESTMENTS, POTENTIALS, SERVED)


@router.get(
    "/v1/allocation",
    dependencies=[analysis, scope("classification.class.read"), listed],
    responses={422: REFUSED},
    summary="Where staff and vehicles are needed most: value and potential against the support of the period",
)
async def list_allocation(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    by: Annotated[Whom, Query()] = "area_id",
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """`need` is the mean of the shares of value and potential less the mean of the shares of cost and visits: above 0 it gets less than
    it deserves. Cost is that in the currency of the sales; potential is that of the cards now."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        bound = filter_hash(list="allocation", by=by, **question.filters())
        after = None
        if cursor is not None:
            need, whom = deps.cursors.decode(bound, cursor, 2)
            after = Decimal(str(need)), str(whom)
        found = await needs(c, SCHEMA, question, by, after, limit + 1)
        head = {**heading(question, await basis(c, SCHEMA, FROM_WHAT)), "by": by}
    following = deps.cursors.encode(bound, (str(found[limit - 1].need), found[limit - 1].whom)) if len(found) > limit else None
    return page_response(Page([_shown(one, by, question) for one in found[:limit]], following), request, head)


def _shown(one: Need, by: Whom, question: Question) -> dict[str, Any]:
    shown = {by if name == "whom" else name: value for name, value in one._asdict().items() if value is not None}
    return {**shown, "net": money_body(one.net, question.currency), "cost": money_body(one.cost, question.currency)}
