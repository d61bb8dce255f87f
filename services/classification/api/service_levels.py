"""What care is due: of all customers of a scope the most urgent first, and of one customer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.marks import mark_day
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.handlers.standards import SERVICE_LEVELS, current
from services.classification.read_models.customer_sales import one as known_customer
from services.classification.read_models.due_care import DueCare, Wanted, due_care
from services.classification.read_models.investments import INVESTMENTS
from services.classification.read_models.scoping import basis
from services.classification.read_models.served import Scope
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.customer_grades import Carer, ServiceLevelsPublished
from shared.postgres.pool import Connection
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import analysis, scope

router = APIRouter(tags=["service levels"])
reads = scope("classification.class.read")
AsOf = Annotated[BusinessDay | None, Query(description="As of the end of this business day; today when left out")]


@router.get(
    "/v1/service-levels",
    dependencies=[reads, analysis, listed],
    responses={422: {"description": AS_OF_IN_FUTURE}},
    summary="Who is to be visited or called, by the care that its class gets",
)
async def list_due_care(
    deps: Dependencies,
    request: Request,
    as_of: AsOf = None,
    within_days: Annotated[int, Query(ge=0, le=731, description="Also who is due within so many days")] = 0,
    value_class: Annotated[Literal["A", "B", "C"] | None, Query()] = None,
    carer: Annotated[Carer | None, Query(description="Only what this role has to do")] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """The most urgent first. Visits and contacts in person are those recorded as invested: VISIT, SUPPORT, TRAINING."""
    day = _day(deps, as_of)
    whose = Scope(area_id, salesperson_id)
    wanted = Wanted(value_class, carer, day + timedelta(days=within_days))
    bound = filter_hash(list="service-levels", day=day, **wanted._asdict(), **whose._asdict())
    after = None
    if cursor is not None:
        due, customer = deps.cursors.decode(bound, cursor, 2)
        after = date.fromisoformat(str(due)), UUID(str(customer))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        levels = (await current(c, SERVICE_LEVELS)).standard
        found = await due_care(c, SCHEMA, await mark_day(deps, c, day), levels, whose, wanted, after, limit + 1)
        head = await _head(c, day, levels)
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (found[limit - 1].due_on.isoformat(), str(found[limit - 1].customer_id)))
    return page_response(Page([_due(one, day) for one in found[:limit]], following), request, head)


@router.get(
    "/v1/customers/{customer_id}/service-level",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: {"description": AS_OF_IN_FUTURE}},
    summary="The care that a customer gets by its class, and what is due",
)
async def get_due_care(customer_id: UUID, deps: Dependencies, as_of: AsOf = None) -> Response:
    """`level` is null for who has no value class, or one without a level."""
    day = _day(deps, as_of)
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        if await known_customer(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        levels = (await current(c, SERVICE_LEVELS)).standard
        wanted = Wanted(customer_id=customer_id)
        found = await due_care(c, SCHEMA, await mark_day(deps, c, day), levels, Scope(), wanted, None, 1)
        head = await _head(c, day, levels)
    if not found:
        return Json({**head, "customer_id": customer_id, "level": None})
    (level,) = [one for one in levels.levels if one.value_class == found[0].value_class]
    care = {"visit_days": level.visit_days, "contact_days": level.contact_days, "carer": level.carer}
    return Json({**head, **_due(found[0], day), "level": care})


def _day(deps: Deps, as_of: date | None) -> date:
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem(AS_OF_IN_FUTURE)
    return day


async def _head(c: Connection, day: date, levels: ServiceLevelsPublished) -> dict[str, Any]:
    return {"as_of": day, "standard_version": levels.version, "from_what": await basis(c, SCHEMA, (VALUE_CLASSES, INVESTMENTS))}


def _due(one: DueCare, day: date) -> dict[str, Any]:
    found = {name: value for name, value in one._asdict().items() if value is not None}
    due = [what for what, on in (("VISIT", one.visit_due_on), ("CONTACT", one.contact_due_on)) if on <= day]
    return {**found, "due": due}
