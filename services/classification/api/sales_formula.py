"""Sales = number of dealers times average per dealer, over HTTP: of a period, and what moved it against another one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.domain.months import Against, Span, compared_with
from services.classification.domain.sales_formula import Side, average, change
from services.classification.handlers.deps import SCHEMA
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import basis, in_currency
from services.classification.read_models.sold import SOLD
from services.classification.read_models.two_periods import sides
from shared.contracts.money import decimals
from shared.web.amounts import money_body
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["trade performance"])
Compared = Annotated[Against, Query(description="The period before, or the same one a year earlier")]


@router.get(
    "/v1/sales-formula",
    dependencies=[analysis, scope("classification.class.read"), listed],
    responses={422: REFUSED},
    summary="Sales as number of dealers, kept and new, times average per dealer, against another period",
)
async def get_sales_formula(deps: Dependencies, asked: Asked, against: Compared = "YEAR_BEFORE") -> Response:
    """Dealers are customers with net sales above nothing; new ones bought for the first time in the period. `others`: net sales of those
    who returned as much as they bought. More or fewer dealers count with the average of before, the average with the dealers of now;
    the parts of `change` add up to it."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        head = heading(asked, await basis(c, SCHEMA, (SOLD, CUSTOMER_SALES)))
        if asked.currency is None:
            return Json(head)
        before = compared_with(Span(asked.first, asked.last), against)
        found = await sides(c, SCHEMA, asked, before)
    moved = change(found.before, found.now, decimals(asked.currency))
    return Json(
        {
            **head,
            **side_body(found.now, asked.currency),
            "against": {"from": before.first, "to": before.last, **side_body(found.before, asked.currency)},
            "change": {name: money_body(amount, asked.currency) for name, amount in moved._asdict().items()},
        }
    )


def side_body(side: Side, currency: str) -> dict[str, Any]:
    """A period by the formula, as it is shown."""
    return {
        "dealers": {"kept": side.kept, "new": side.new, "all": side.dealers},
        "average": money_body(average(side.dealers_net, side.dealers, decimals(currency)), currency),
        "average_kept": money_body(average(side.kept_net, side.kept, decimals(currency)), currency),
        "average_new": money_body(average(side.new_net, side.new, decimals(currency)), currency),
        "others": money_body(side.others, currency),
        "net": money_body(side.net, currency),
    }
