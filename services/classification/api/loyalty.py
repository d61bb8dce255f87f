"""Loyalty over HTTP: one customer's measures and layers, the loyal and those who lead others, and a portfolio's growth and churn."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.domain.loyalty import Attitude, Measured, Scored
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.loyalty import Known, known_of
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.standards import LOYALTY, current
from services.classification.read_models.customer_sales import CUSTOMER_SALES, one
from services.classification.read_models.loyalty import Wanted, attitudes, buyers, portfolio
from services.classification.read_models.quality_incidents import QUALITY_INCIDENTS
from services.classification.read_models.relation_types import RELATION_TYPES
from services.classification.read_models.scoping import basis
from services.classification.read_models.served import Scope
from services.classification.read_models.sold import SOLD
from services.classification.read_models.surveys import SURVEYS
from shared.contracts.loyalty import LoyaltyStandardPublished, RelationType
from shared.projections.waiting import wait_for
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["loyalty"])
reads = scope("classification.class.read")
MODELS = (SOLD, SURVEYS, RELATION_TYPES, QUALITY_INCIDENTS)
AsOf = Annotated[BusinessDay | None, Query(description="At the end of this day; today where it is left out")]


@router.get(
    "/v1/customers/{customer_id}/loyalty",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: {"description": AS_OF_IN_FUTURE}},
    summary="How loyal a customer is: attitude, depth, relation and the eight measures, each with where it comes from",
)
async def get_loyalty(customer_id: UUID, deps: Dependencies, as_of: AsOf = None, min_position: MinPosition = None) -> Response:
    """`attitude` is null for who bought nothing in the period, or is too new. A score is a fraction; `known` is the fraction of the weights
    that rests on anything. Growth, acquisition and churn are measures of a portfolio, see there."""
    day = _day(deps, as_of)
    await _reached(deps, min_position)
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        sales = await one(c, SCHEMA, customer_id)
        if sales is None:
            raise Problem("CUSTOMER_UNKNOWN")
        standard = (await current(c, LOYALTY)).standard
        bought = await buyers(c, SCHEMA, Scope(), day, standard, limit=1, customers=[customer_id])
        (known,) = await known_of(c, [(customer_id, sales.first_sale_on, bought[0] if bought else None)], day, standard)
        from_what = await basis(c, SCHEMA, MODELS)
    return Json({**_head(day, standard, from_what), **_body(known, day, standard)})


@router.get(
    "/v1/loyalty",
    dependencies=[reads, analysis, listed],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Who leads others, who is loyal, who switches, who is loyal to nobody",
)
async def list_loyalty(
    deps: Dependencies,
    request: Request,
    attitude: Annotated[Attitude | None, Query(description="Only this attitude")] = None,
    relation: Annotated[RelationType | None, Query(description="Only this type of relation")] = None,
    relation_due: Annotated[bool | None, Query(description="Whether the type of relation is to be stated anew")] = None,
    leads: Annotated[bool | None, Query(description="Whether others follow it, by its surveys")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Only customers of this salesperson")] = None,
    as_of: AsOf = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Who bought in the standard's period. First those whom others follow, then the loyal, the most regular first: whom to keep and grow."""
    day, wanted, whose = _day(deps, as_of), Wanted(attitude, relation, relation_due, leads), Scope(area_id, salesperson_id)
    bound = filter_hash(list="loyalty", as_of=day, **wanted._asdict(), **whose._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    await _reached(deps, min_position)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        standard = (await current(c, LOYALTY)).standard
        found = await buyers(c, SCHEMA, whose, day, standard, limit=limit + 1, wanted=wanted, after=after)
        known = await known_of(c, [(each.customer_id, each.buying.first_on, each) for each in found[:limit]], day, standard)
        from_what = await basis(c, SCHEMA, MODELS)
    following = None
    if len(found) > limit:
        follows, rank, fewer, customer = found[limit - 1].place
        following = deps.cursors.encode(bound, (follows, rank, fewer, str(customer)))
    head = {**_head(day, standard, from_what), **{name: value for name, value in whose._asdict().items() if value is not None}}
    return page_response(Page([_body(each, day, standard) for each in known], following), request, head)


@router.get(
    "/v1/loyalty-portfolio",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Growth, acquisition and churn of the customers of a scope, their repeat purchase rate and their attitudes",
)
async def get_portfolio(asked: Asked, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """The period is compared with the one of equal length before it. Whoever bought in any currency has bought. Rates are fractions, null
    where there is nothing to compare with: growth and churn of the buyers before; acquired of those acquired and the prospects left;
    bought on two days or more of all buyers. Prospects are those known now."""
    await _reached(deps, min_position)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        standard = (await current(c, LOYALTY)).standard
        found = await portfolio(c, SCHEMA, asked.scope, asked.first, asked.last)
        counts = await attitudes(c, SCHEMA, asked.scope, asked.last, standard)
        from_what = await basis(c, SCHEMA, (SOLD, CUSTOMER_SALES, SURVEYS))
    return Json(
        {
            **heading(asked._replace(currency=None), from_what),
            "standard_version": standard.version,
            **found._asdict(),
            **{name: _fraction(rate) for name, rate in found.rates().items()},
            "attitudes": {name or "TOO_NEW": counts.get(name, 0) for name in ("LOYAL", "SWITCHING", "WITHOUT", None)},
        }
    )


def _day(deps: Deps, as_of: date | None) -> date:
    today = deps.today()
    if as_of is not None and as_of > today:
        raise Problem(AS_OF_IN_FUTURE)
    return as_of or today


async def _reached(deps: Deps, min_position: str | None) -> None:
    for model in MODELS:
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[int, int, int, UUID]:
    follows, rank, fewer, customer = deps.cursors.decode(bound, cursor, 4)
    return int(follows or 0), int(rank or 0), int(fewer or 0), UUID(str(customer))


def _head(day: date, standard: LoyaltyStandardPublished, from_what: list[dict[str, str]]) -> dict[str, Any]:
    period = standard.spans * standard.span_days
    return {"as_of": day, "period_days": period, "standard_version": standard.version, "from_what": from_what}


def _body(known: Known, day: date, standard: LoyaltyStandardPublished) -> dict[str, Any]:
    leads = known.answers.get("leads")
    found: dict[str, Any] = {"customer_id": known.customer_id, "attitude": None, "why": {"reason": "NO_SALES"}}
    if known.judged is not None:
        found |= {"attitude": known.judged.attitude, "why": known.judged.reasons}
    if known.buying is not None:
        found |= {"first_purchase_on": known.buying.first_on, "last_purchase_on": known.buying.last_on}
    return {
        **found,
        "leads": None if leads is None else bool(leads.value),
        "relation": _relation(known, day, standard),
        "quality": _scored(known.quality),
        "depth": {
            "deepest": known.depth.deepest,
            "habit": known.depth.habit,
            "layers": {
                layer: {**_scored(score), "reached": known.depth.reached[layer]} for layer, score in known.depth.layers.items()
            },
        },
        "measures": [_measure(each, known, day, standard) for each in known.measures],
    }


def _relation(known: Known, day: date, standard: LoyaltyStandardPublished) -> dict[str, Any]:
    if known.relation is None:
        return {"type": None, "due": True}
    relation, stated_on = known.relation
    return {"type": relation, "stated_on": stated_on, "due": (day - stated_on).days >= standard.relation_days}


def _scored(score: Scored) -> dict[str, Any]:
    return {"score": _fraction(score.score), "known": _fraction(score.known)}


def _fraction(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.4f}"


def _number(value: Decimal | None) -> str | None:
    return f"{value:.0f}" if value is not None and value == int(value) else _fraction(value)


def _measure(each: Measured, known: Known, day: date, standard: LoyaltyStandardPublished) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": each.number,
        "measure": each.measure,
        "layer": each.layer,
        "value": _number(each.value),
        "score": _fraction(each.score),
    }
    if each.measure == "LENGTH":
        decided = known.answers.get("days_to_decide")
        first_on = known.first_on
        found |= {
            "scored": standard.length,
            "relation_days": None if first_on is None or first_on > day else (day - first_on).days,
            "days_to_decide": None if decided is None else int(decided.value),
        }
    if each.answer is not None:
        answer = each.answer
        entered = {"survey_id": answer.survey_id, "source": answer.source, "answered_on": answer.answered_on}
        return {**found, "from": "SURVEY", **entered, "recorded_by": answer.recorded_by}
    return found if each.basis is None else {**found, "from": "EVENTS", "basis": each.basis}
