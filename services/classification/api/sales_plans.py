"""Sales plans by area and year over HTTP: proposed from what was sold, made, and held against what came month by month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.classification.api.analysis_query import heading
from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.api.sales_formula import side_body
from services.classification.domain.months import MONTHS, Span, compared_with
from services.classification.domain.sales_plan import Formula, MonthHeld, PlanSales, held
from services.classification.domain.sales_proposal import METHOD, VERSION
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.plan_problems import (
    NOTHING_TO_PLAN_FROM,
    PLAN_DOES_NOT_ADD_UP,
    PLAN_OUT_OF_RANGE,
    PLAN_UNKNOWN,
)
from services.classification.handlers.plans import plan_sales, plans_of
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.sales_proposals import months_of, proposal_of
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.months_sold import months_sold
from services.classification.read_models.scoping import Question, basis
from services.classification.read_models.served import Scope
from services.classification.read_models.sold import SOLD
from services.classification.read_models.two_periods import sides
from shared.contracts.plans import SalesPlanned
from shared.web import fields
from shared.web.amounts import money_body
from shared.web.commands import Command, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Currency, DecimalString, Reference, Whole
from shared.web.problem import Problem
from shared.web.reach import company, listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["sales plans"])
reads = scope("classification.class.read")
Year = Annotated[int, Path(ge=2000, le=2100, description="The year that is planned")]
Area = Annotated[Reference | None, Query(description="An area; the company where it is left out")]


Dealers = Annotated[Whole, Field(le=10_000_000)]


class FormulaBody(fields.Body):
    """Sales = (dealers kept + new ones) times what each buys in the year on average."""

    kept_dealers: Dealers
    new_dealers: Dealers
    average: DecimalString


class PlanBody(fields.Body):
    """Twelve months, a formula, both (they must agree), or neither: then the plan is what would be proposed. A formula without months
    follows the season of the years before."""

    currency: Currency
    area_id: Reference | None = None
    months: Annotated[tuple[DecimalString, ...] | None, Field(min_length=MONTHS, max_length=MONTHS)] = None
    formula: FormulaBody | None = None

    def plan_formula(self) -> Formula | None:
        one = self.formula
        return None if one is None else Formula(one.kept_dealers, one.new_dealers, one.average)


PLAN = example({"currency": "CNY", "area_id": "east", "formula": {"kept_dealers": 20, "new_dealers": 4, "average": "50000.00"}})


@router.get(
    "/v1/sales-plans/{year}/proposal",
    dependencies=[reads, analysis, listed],
    summary="A plan of the year proposed from what was sold before it",
)
async def get_proposal(
    year: Year,
    deps: Dependencies,
    currency: Annotated[Currency | None, Query(description="That with the most sales by default")] = None,
    area_id: Area = None,
) -> Response:
    """Method SEASON_AND_GROWTH: the latest twelve whole months before the year, with their growth over the twelve before them (at most 30 %
    either way), spread by the season of up to three years. `remarks` say where too little is known. It changes nothing."""
    found = await proposal_of(deps, year, currency, area_id)
    head = {"year": year, "method": METHOD, "method_version": VERSION, **heading(found.asked, found.from_what)}
    if found.proposal is None:
        return Json({**head, "months": [], "remarks": ["NO_SALES"]})
    one, of = found.proposal, found.asked.currency
    return Json(
        {
            **head,
            "rests_on": {"through": one.through, "months_known": one.months_known, "net": money_body(one.base, of)},
            "growth": str(one.growth),
            "season": [f"{share:.6f}" for share in one.season],
            "months": [money_body(month, of) for month in one.months],
            "net": money_body(sum(one.months, Decimal(0)), of),
            "remarks": one.remarks,
        }
    )


@router.put(
    "/v1/sales-plans/{year}",
    dependencies=[scope("classification.standard.write"), analysis],
    responses={422: {"description": f"{PLAN_OUT_OF_RANGE}, {PLAN_DOES_NOT_ADD_UP} or {NOTHING_TO_PLAN_FROM}"}},
    summary="Plan the sales of an area, or of the company",
)
async def put_plan(
    year: Year,
    body: Annotated[PlanBody, Body(openapi_examples=PLAN)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Of two plans of one area, currency and year the later one stands."""
    formula = body.plan_formula()
    months, method = await months_of(deps, year, body.currency, body.area_id, body.months, formula)
    command = PlanSales(year, body.currency, body.area_id, months, formula, method, key.principal)
    return respond(await plan_sales(deps, command, version, key, event_meta(request)), request)


@router.get(
    "/v1/sales-plans/{year}",
    dependencies=[reads, analysis, company],
    summary="All plans of a year, and what those of the areas come to",
)
async def list_plans(year: Year, deps: Dependencies, request: Request) -> Response:
    """Always fresh. `areas` sums the plans of areas by currency: beside the plan of the company it shows what nobody has taken on."""
    async with deps.pool.acquire() as c:
        known, version = await plans_of(c, year)
    areas: dict[str, Decimal] = {}
    for (currency, area_id), plan in known.items():
        if area_id is not None:
            areas[currency] = areas.get(currency, Decimal(0)) + sum(plan.months)
    items = [_plan(plan) for _, plan in sorted(known.items(), key=lambda one: (one[0][0], one[0][1] or ""))]
    sums = [money_body(net, currency) for currency, net in sorted(areas.items())]
    return resource({"year": year, "items": items, "areas": sums}, version, request, persons=False)


@router.get(
    "/v1/sales-plans/{year}/comparison",
    dependencies=[reads, analysis, listed],
    responses={404: {"description": PLAN_UNKNOWN}, 422: {"description": AS_OF_IN_FUTURE}},
    summary="A plan against what came, month by month, and by the formula",
)
async def get_comparison(
    year: Year,
    deps: Dependencies,
    currency: Annotated[Currency, Query(description="The plan's")],
    area_id: Area = None,
    as_of: Annotated[BusinessDay | None, Query(description="Last day that counts; today where it is left out")] = None,
) -> Response:
    """`due` is what was planned through the day: all of a month that is over, by days of one that runs. `dealers` and averages are those of
    the year so far, beside those of the formula where the plan rests on one."""
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem(AS_OF_IN_FUTURE)
    last = min(day, date(year, MONTHS, 31))
    asked = Question(date(year, 1, 1), last, currency, Scope(area_id=area_id))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        plan = (await plans_of(c, year))[0].get((currency, area_id))
        if plan is None:
            raise Problem(PLAN_UNKNOWN)
        head = {"year": year, **heading(asked, await basis(c, SCHEMA, (SOLD, CUSTOMER_SALES)))}
        begun = asked.first <= last
        net = await months_sold(c, SCHEMA, asked) if begun else {}
        side = (await sides(c, SCHEMA, asked, compared_with(Span(asked.first, last), "YEAR_BEFORE"))).now if begun else None
    months = held(plan, {month.month: amount for month, amount in net.items()}, last)
    return Json(
        {
            **head,
            "plan": _plan(plan),
            "net": money_body(months[-1].net_so_far, currency),
            "due": money_body(months[-1].due_so_far, currency),
            "behind": months[-1].net_so_far < months[-1].due_so_far,
            **({} if side is None else {"so_far": side_body(side, currency)}),
            "months": [_month(one, year, currency) for one in months],
        }
    )


def _plan(plan: SalesPlanned) -> dict[str, Any]:
    found = {
        "currency": plan.currency,
        "area_id": plan.area_id,
        "method": plan.method,
        "kept_dealers": plan.kept_dealers,
        "new_dealers": plan.new_dealers,
        "average": money_body(plan.average, plan.currency),
        "months": [str(month) for month in plan.months],
        "net": money_body(sum(plan.months, Decimal(0)), plan.currency),
    }
    return {name: value for name, value in found.items() if value is not None}


def _month(one: MonthHeld, year: int, currency: str) -> dict[str, Any]:
    amounts = {name: value for name, value in one._asdict().items() if name != "month"}
    return {"period": f"{year}-{one.month:02}", **{name: money_body(amount, currency) for name, amount in amounts.items()}}
