"""Value classes before they are given, over HTTP: who falls by a day unless it buys more, and whom a standard would move."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.bodies import Fraction
from services.classification.api.deps import Dependencies
from services.classification.domain.standard import PublishStandard, StandardRefused, checked, first_day
from services.classification.domain.value_class import Sales, Standard, least_more
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import (
    BOUNDS_OUT_OF_ORDER,
    OUTLOOK_DAY,
    PERIOD_NOT_OVER,
    PERIOD_OUT_OF_RANGE,
    refused,
)
from services.classification.handlers.standards import VALUE_CLASS, current
from services.classification.read_models import class_ladders
from services.classification.read_models.class_ladders import Falling, Moved, Outlook, Place
from services.classification.read_models.customer_sales import busiest_currency
from services.classification.read_models.runs import last_decided
from services.classification.read_models.scoping import basis
from services.classification.read_models.served import Scope
from services.classification.read_models.sold import SOLD
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.classification import ValueClass
from shared.contracts.money import decimals
from shared.postgres.pool import Connection
from shared.web.amounts import money_body
from shared.web.fields import BusinessDay, Currency, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["classification"])
reads = scope("classification.class.read")
MODELS = (SOLD, VALUE_CLASSES)
DAYS_AHEAD = 366
Area = Annotated[Reference | None, Query(description="Only customers of this area; classes are the company's")]
Salesperson = Annotated[Reference | None, Query(description="Only customers of this salesperson; classes are the company's")]
OneCurrency = Annotated[
    Currency | None,
    Query(
        description="One currency; that of the last run by default, before the first one that with the most sales in the period"
    ),
]


@router.get(
    "/v1/value-class-outlook",
    dependencies=[reads, analysis, listed],
    responses={422: {"description": OUTLOOK_DAY}},
    summary="Who falls into a worse class by a day, unless it buys so much until then",
)
async def get_outlook(
    deps: Dependencies,
    request: Request,
    on: Annotated[BusinessDay | None, Query(description="The day; the last one of this month where it is left out")] = None,
    value_class: Annotated[ValueClass | None, Query(description="Only those who have this class now")] = None,
    currency: OneCurrency = None,
    area_id: Area = None,
    salesperson_id: Salesperson = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """The period moves on, and what was bought long ago leaves it. Counted is what was sold so far, as if nobody bought anything until the
    day; `to_stay` is what the customer has to buy until then to keep its class, while the others do not. `becomes` is null for who has
    bought nothing in the period of that day. The class now is that of the last run; the standard is the one in force."""
    today = deps.today()
    day = on or _month_end(today)
    if not today <= day <= today + timedelta(days=DAYS_AHEAD):
        raise Problem(OUTLOOK_DAY)
    whose = Scope(area_id, salesperson_id)
    bound = filter_hash(list="outlook", on=day, value_class=value_class, currency=currency, **whose._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        standard = (await current(c, VALUE_CLASS)).standard
        first = first_day(standard, day)
        of = currency or await _usual_currency(c, first, day)
        found = Outlook([], {}, {}, Decimal(0))
        if of is not None:
            found = await class_ladders.outlook(
                c, SCHEMA, standard, day, of, held=value_class, scope=whose, after=after, limit=limit + 1
            )
        from_what = await basis(c, SCHEMA, MODELS)
    shown = found.falling[:limit]
    following = None
    if len(found.falling) > limit:
        following = _next(deps, bound, (shown[-1].held, -shown[-1].net, shown[-1].customer_id))
    head = {
        "on": day,
        "period_from": first,
        "currency": of,
        "standard_version": standard.version,
        "falling": _counts(found.counts, "value_class", "becomes"),
        "from_what": from_what,
    }
    return page_response(Page([_falling(one, found, standard, of) for one in shown], following), request, head)


async def _usual_currency(c: Connection, first: date, last: date) -> str | None:
    """What classes are held in: another currency would move everybody who buys in it."""
    run = await last_decided(c, SCHEMA)
    return run.currency if run is not None and run.currency is not None else await busiest_currency(c, SCHEMA, first, last)


def _falling(one: Falling, found: Outlook, standard: Standard, currency: str | None) -> dict[str, Any]:
    unit = Decimal(1).scaleb(-decimals(currency or ""))
    below = standard.falls_at(one.held)
    # Who buys anything at all is C at least.
    more = unit if below is None else least_more(Sales(one.customer_id, one.net), found.rungs[one.held], found.total, below, unit)
    return {
        "customer_id": one.customer_id,
        "value_class": one.held,
        "becomes": one.becomes,
        "net": money_body(one.net, currency),
        "to_stay": money_body(more, currency),
    }


@router.get(
    "/v1/standards/value-class/preview",
    dependencies=[reads, analysis, listed],
    responses={422: {"description": f"{BOUNDS_OUT_OF_ORDER}, {PERIOD_OUT_OF_RANGE} or {PERIOD_NOT_OVER}"}},
    summary="Whom a standard would move, before it is published",
)
async def preview_value_class_standard(
    deps: Dependencies,
    request: Request,
    a_below: Annotated[Fraction, Query(description="As in the standard")] = "0.80",
    b_below: Annotated[Fraction, Query(description="As in the standard")] = "0.95",
    period_days: Annotated[int, Query(description="As in the standard")] = 365,
    margin: Annotated[Fraction, Query(description="As in the standard")] = "0",
    period_to: Annotated[BusinessDay | None, Query(description="The period's last day, yesterday where it is left out")] = None,
    currency: OneCurrency = None,
    area_id: Area = None,
    salesperson_id: Salesperson = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Both standards are applied to the sales known now, so that whoever moves is moved by the standard and by nothing else. `in_force` and
    `wanted` are the classes by either, `value_class` is the one given by the last run. Nothing is kept."""
    asked = PublishStandard(Decimal(a_below), Decimal(b_below), period_days, Decimal(margin))
    today = deps.today()
    last = period_to or today - timedelta(days=1)
    if last >= today:
        raise Problem(PERIOD_NOT_OVER)
    whose = Scope(area_id, salesperson_id)
    bound = filter_hash(list="preview", asked=asked, last=last, currency=currency, **whose._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        in_force = (await current(c, VALUE_CLASS)).standard
        try:
            wanted = checked(asked, in_force.version + 1)
        except StandardRefused as refusal:
            raise refused(refusal) from None
        of = currency or await _usual_currency(c, min(first_day(in_force, last), first_day(wanted, last)), last)
        found = class_ladders.Preview([], {})
        if of is not None:
            found = await class_ladders.preview(c, SCHEMA, in_force, wanted, last, of, scope=whose, after=after, limit=limit + 1)
        from_what = await basis(c, SCHEMA, MODELS)
    following = _next(deps, bound, found.moved[limit - 1].place) if len(found.moved) > limit else None
    head = {
        "period_to": last,
        "currency": of,
        "standard_in_force": VALUE_CLASS.shown(in_force),
        "standard_wanted": {**VALUE_CLASS.shown(wanted), "version": None},
        "moved": sum(n for (was, becomes), n in found.counts.items() if was != becomes),
        "customers": _counts(found.counts, "in_force", "wanted"),
        "from_what": from_what,
    }
    return page_response(Page([_moved(one, of) for one in found.moved[:limit]], following), request, head)


def _moved(one: Moved, currency: str | None) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "in_force": one.in_force,
        "wanted": one.wanted,
        "value_class": one.held,
        "net": money_body(one.net, currency),
    }


def _counts(counts: Mapping[tuple[str | None, str | None], int], was: str, becomes: str) -> list[dict[str, Any]]:
    ordered = sorted(counts.items(), key=lambda item: tuple(one or "~" for one in item[0]))
    return [{was: first, becomes: second, "customers": n} for (first, second), n in ordered]


def _month_end(today: date) -> date:
    following = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    return following - timedelta(days=1)


def _after(deps: Deps, bound: bytes, cursor: str) -> Place:
    value_class, net, customer = deps.cursors.decode(bound, cursor, 3)
    return str(value_class), Decimal(str(net)), UUID(str(customer))


def _next(deps: Deps, bound: bytes, place: Place) -> str:
    return deps.cursors.encode(bound, (place[0], str(place[1]), str(place[2])))
