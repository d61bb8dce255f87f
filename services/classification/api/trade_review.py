"""The analysis at the end of a month or quarter over HTTP: what moved, by whom, and whose visits are to change for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import heading
from services.classification.api.deps import Dependencies
from services.classification.domain.months import Against, Span, compared_with
from services.classification.domain.trade_review import MOVED, RULE, RULE_VERSION, Movement, Visits, span_of
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.plan_problems import PERIOD_MALFORMED
from services.classification.handlers.problems import PERIOD_NOT_OVER
from services.classification.handlers.standards import SERVICE_LEVELS, current
from services.classification.read_models.class_changes import CLASS_CHANGES
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.served import SERVED, Scope
from services.classification.read_models.sold import SOLD
from services.classification.read_models.trade_review import Adjustment, After, GroupBy, Mover, Sum, adjustments, movers, sums_by
from shared.contracts.classification import ValueClass
from shared.postgres.pool import Connection
from shared.web.amounts import money_body
from shared.web.fields import Currency, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["trade performance"])
reads = scope("classification.class.read")
_REFUSED: dict[int | str, dict[str, Any]] = {422: {"description": f"{PERIOD_MALFORMED} or {PERIOD_NOT_OVER}"}}


class Reviewed(NamedTuple):
    """A month or quarter that is over, and what it is compared with."""

    asked: Question
    before: Span
    period: str
    against: Against

    def filters(self) -> dict[str, Any]:
        return {**self.asked.filters(), "against": self.against}


async def reviewed(
    deps: Dependencies,
    period: Annotated[str, Query(description="A month or quarter that is over: 2026-03, 2026-Q1", examples=["2026-Q1"])],
    against: Annotated[Against, Query(description="The period before, or the same one a year earlier")] = "BEFORE",
    currency: Annotated[Currency | None, Query(description="One currency; that with the most sales by default")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Only customers of this salesperson")] = None,
) -> Reviewed:
    """Raises Problem (422)."""
    try:
        span = span_of(period)
        before = compared_with(span, against)
    except ValueError:
        raise Problem(PERIOD_MALFORMED) from None
    if span.last >= deps.today():
        raise Problem(PERIOD_NOT_OVER)
    return Reviewed(Question(span.first, span.last, currency, Scope(area_id, salesperson_id)), before, period, against)


Review = Annotated[Reviewed, Depends(reviewed)]


@router.get(
    "/v1/trade-review",
    dependencies=[reads, analysis, listed],
    responses=_REFUSED,
    summary="What moved in a month or quarter, by area or salesperson",
)
async def get_trade_review(
    deps: Dependencies,
    review: Review,
    by: Annotated[GroupBy, Query(description="What the sums are given for")] = "area_id",
) -> Response:
    """NEW bought for the first time, BACK did again, LOST no more, the others GREW, SHRANK or stayed EVEN; RETURNS: net sales above nothing in
    neither period. Customers without an area or salesperson are a group of their own, which has no name."""
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        review, head = await _begun(c, review)
        found = [] if review.asked.currency is None else await sums_by(c, SCHEMA, review.asked, review.before, by)
    groups: dict[str | None, list[Sum]] = {}
    for one in found:
        groups.setdefault(one.group, []).append(one)
    shown = [{**({} if name is None else {by: name}), **_sums(sums, review)} for name, sums in groups.items()]
    return Json({**head, **_sums(found, review), "groups": shown})


@router.get(
    "/v1/trade-review/customers",
    dependencies=[reads, analysis, listed],
    responses=_REFUSED,
    summary="The customers behind what moved",
)
async def list_movers(
    deps: Dependencies,
    request: Request,
    review: Review,
    movement: Annotated[Movement | None, Query(description="Only these")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """By the amount that they moved, up or down, the largest first."""
    bound = filter_hash(list="movers", movement=movement, **review.filters())
    after = _after(deps, bound, cursor)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        review, head = await _begun(c, review)
        if review.asked.currency is None:
            return page_response(Page([], None), request, head)
        found = await movers(c, SCHEMA, review.asked, review.before, movement, after, limit + 1)
    following = _following(deps, bound, found[limit - 1]) if len(found) > limit else None
    return page_response(Page([_mover(one, review) for one in found[:limit]], following), request, head)


@router.get(
    "/v1/route-adjustments",
    dependencies=[reads, analysis, listed],
    responses=_REFUSED,
    summary="Whose visits are to change, and why",
)
async def list_adjustments(
    deps: Dependencies,
    request: Request,
    review: Review,
    visits: Annotated[Visits | None, Query(description="Only who is to be visited more, or less")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Customers whose value class or net sales moved so far that the route should follow: new ones, those who came back or were lost, a
    class that rose or fell, net sales that moved by 30 %. By the amount; `routes` counts them by area; `visit_days` are what the service
    levels give its class. It proposes; persons decide."""
    bound = filter_hash(list="route-adjustments", visits=visits, **review.filters())
    after = _after(deps, bound, cursor)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        review, head = await _begun(c, review)
        levels = (await current(c, SERVICE_LEVELS)).standard
        head["service_levels_version"] = levels.version
        head["rule"] = {"name": RULE, "version": RULE_VERSION, "moved": str(MOVED)}
        if review.asked.currency is None:
            return page_response(Page([], None), request, head)
        routes, found = await adjustments(c, SCHEMA, review.asked, review.before, visits, after, limit + 1)
    head["routes"] = [{name: value for name, value in one._asdict().items() if value is not None} for one in routes]
    days = {level.value_class: level.visit_days for level in levels.levels}
    items = [_adjustment(one, days, review) for one in found[:limit]]
    following = _following(deps, bound, found[limit - 1].mover) if len(found) > limit else None
    return page_response(Page(items, following), request, head)


async def _begun(c: Connection, review: Reviewed) -> tuple[Reviewed, dict[str, Any]]:
    review = review._replace(asked=await in_currency(c, SCHEMA, review.asked))
    from_what = await basis(c, SCHEMA, (SOLD, CUSTOMER_SALES, SERVED, CLASS_CHANGES))
    before = {"from": review.before.first, "to": review.before.last}
    return review, {"period": review.period, **heading(review.asked, from_what), "against": before}


def _after(deps: Deps, bound: bytes, cursor: str | None) -> After | None:
    if cursor is None:
        return None
    amount, customer = deps.cursors.decode(bound, cursor, 2)
    return After(Decimal(str(amount)), UUID(str(customer)))


def _following(deps: Deps, bound: bytes, last: Mover) -> str:
    return deps.cursors.encode(bound, (str(abs(last.now - last.before)), str(last.customer_id)))


def _sums(sums: Iterable[Sum], review: Reviewed) -> dict[str, Any]:
    movements: dict[Movement, tuple[int, Decimal, Decimal]] = {}
    for one in sums:
        customers, before, now = movements.get(one.movement, (0, Decimal(0), Decimal(0)))
        movements[one.movement] = customers + one.customers, before + one.before, now + one.now
    before = sum((one[1] for one in movements.values()), Decimal(0))
    now = sum((one[2] for one in movements.values()), Decimal(0))
    shown = [
        {"movement": name, "customers": one[0], **_amounts(one[1], one[2], review)} for name, one in sorted(movements.items())
    ]
    return {**_amounts(before, now, review), "movements": shown}


def _mover(one: Mover, review: Reviewed) -> dict[str, Any]:
    found = {
        "customer_id": one.customer_id,
        "area_id": one.area_id,
        "salesperson_id": one.salesperson_id,
        "movement": one.movement,
    }
    shown = {name: value for name, value in found.items() if value is not None}
    return {**shown, **_amounts(one.before, one.now, review), "first_sale_on": one.first_sale_on}


def _adjustment(one: Adjustment, days: Mapping[ValueClass, int], review: Reviewed) -> dict[str, Any]:
    """`days`: how often the service levels have a customer of each class visited."""
    classes = {"value_class_before": one.class_before, "value_class": one.class_now}
    usual = {"visit_days_before": _of_class(days, one.class_before), "visit_days": _of_class(days, one.class_now)}
    shown = {name: value for name, value in usual.items() if value is not None}
    return {**_mover(one.mover, review), **classes, **shown, "visits": one.visits, "reason": one.reason}


def _of_class(days: Mapping[ValueClass, int], value_class: ValueClass | None) -> int | None:
    return None if value_class is None else days.get(value_class)


def _amounts(before: Decimal, now: Decimal, review: Reviewed) -> dict[str, Any]:
    of = review.asked.currency
    return {"net_before": money_body(before, of), "net": money_body(now, of), "change": money_body(now - before, of)}
