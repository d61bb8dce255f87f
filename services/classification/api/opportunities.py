"""The most probable opportunities, over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.api.product_answers import about
from services.classification.api.prospect_views import prospect_view
from services.classification.api.prospects import Area, AsOf, Salesperson, head, there
from services.classification.domain.opportunity import NONE, PRIOR, probabilities
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.prospects import asked_day
from services.classification.read_models.opportunities import Opportunity, Sought, busiest, ended_by_grade, ranked
from services.classification.read_models.served import Scope
from shared.web.fields import Currency
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["prospects"])


@router.get(
    "/v1/opportunities",
    dependencies=[analysis, scope("classification.class.read"), listed],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Open purchase intents by probability times expected amount, the most valuable first",
)
async def list_opportunities(
    deps: Dependencies,
    request: Request,
    as_of: AsOf = None,
    currency: Currency | None = None,
    salesperson_id: Salesperson = None,
    area_id: Area = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`learnt` says from how many ended intents of the whole company each probability comes. Without a currency it is that of
    most open intents; what has no expected amount, or one in another currency, is counted and not ranked. Whom to stop
    contacting is left out."""
    await there(deps, min_position)
    narrowed = Scope(area_id, salesperson_id)
    bound = filter_hash(list="opportunities", as_of=as_of, currency=currency, **narrowed._asdict())
    after = None
    if cursor is not None:
        value, intent = deps.cursors.decode(bound, cursor, 2)
        after = (Decimal(str(value)), UUID(str(intent)))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        day, standard = await asked_day(deps, c, as_of)
        total, by_grade = await ended_by_grade(c, SCHEMA, day)
        likely = probabilities(total, by_grade)
        wanted = currency or await busiest(c, SCHEMA, day, narrowed)
        # No open intent has an amount: any currency finds nothing.
        sought = Sought(day, narrowed, wanted or "", likely)
        summed, found = await ranked(c, SCHEMA, sought, after, limit + 1)
        heading = await head(c, day.day, standard)
    heading |= {
        "currency": wanted,
        "open": summed.open,
        "value": about(summed.value, wanted),
        "without_amount": summed.without_amount,
        "in_other_currencies": summed.in_other_currencies,
        "learnt": {
            "from": "ended intents of the company that ever had the grade",
            "prior_weight": PRIOR,
            "ended": total.ended,
            "won": total.won,
            "by_grade": {
                grade: {
                    "ended": by_grade.get(grade, NONE).ended,
                    "won": by_grade.get(grade, NONE).won,
                    "probability": str(probability),
                }
                for grade, probability in likely.items()
            },
        },
    }
    shown = found[:limit]
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (str(shown[-1].value), str(shown[-1].prospect.intent_id)))
    return page_response(Page([_item(one, deps) for one in shown], following), request, heading)


def _item(one: Opportunity, deps: Deps) -> dict[str, Any]:
    return {
        "value": about(one.value, one.prospect.currency),
        "probability": str(one.probability),
        "counted_as": one.counted_as,
        **prospect_view(one.prospect, deps.zone),
    }
