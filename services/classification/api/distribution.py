"""Distribution targets of dealers over HTTP, and how far they are reached."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked
from services.classification.api.bodies import example
from services.classification.api.deps import Dependencies
from services.classification.domain.distribution import SetTarget, Standing, in_force, standing, state_of
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.plan_problems import TARGET_OUT_OF_RANGE
from services.classification.handlers.plans import set_target, targets_of
from services.classification.read_models.customer_sales import one
from services.classification.read_models.distribution import Dealer, SubDealer, dealers, sub_dealers
from services.classification.read_models.distribution_targets import DISTRIBUTION_TARGETS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.scoping import Question, basis
from services.classification.read_models.served import Scope
from services.classification.read_models.sub_sold import SUB_SOLD
from shared.contracts.plans import DistributionTargetSet, Milestone
from shared.web import fields
from shared.web.amounts import money_body
from shared.web.commands import Command, IfMatchOptional, etag, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, DecimalString, Whole
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["distribution"])
reads = scope("classification.class.read")
MODELS = (SUB_SOLD, PROFILES, DISTRIBUTION_TARGETS)


Breadth = Annotated[Whole, Field(le=1_000_000)]


class MilestoneBody(fields.Body):
    """What is to be reached through the day `by_on`."""

    by_on: BusinessDay
    breadth: Breadth | None = None
    depth: DecimalString | None = None


class TargetBody(fields.Body):
    """From `from_on` through `to_on`: `breadth` sub-dealers that buy from the dealer, and `depth` different articles that each of these buys
    on average. Neither: nothing is planned any more from `from_on` on. `milestones` are the plan on the way."""

    from_on: BusinessDay
    to_on: BusinessDay
    breadth: Breadth | None = None
    depth: DecimalString | None = None
    milestones: Annotated[tuple[MilestoneBody, ...], Field(max_length=36)] = ()


TARGET = example(
    {
        "from_on": "2026-07-01",
        "to_on": "2026-12-31",
        "breadth": 40,
        "depth": "6.5",
        "milestones": [{"by_on": "2026-09-30", "breadth": 25}],
    }
)


@router.put(
    "/v1/customers/{customer_id}/distribution-target",
    dependencies=[scope("classification.class.write")],
    responses={404: {"description": "The customer is not known"}, 422: {"description": TARGET_OUT_OF_RANGE}},
    summary="Set how far a dealer is to distribute, and the plan on the way",
)
async def put_target(
    customer_id: UUID,
    body: Annotated[TargetBody, Body(openapi_examples=TARGET)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Of two targets with the same first day the later one stands; on each day that which began last holds."""
    milestones = tuple(Milestone(by_on=step.by_on, breadth=step.breadth, depth=step.depth) for step in body.milestones)
    command = SetTarget(customer_id, body.from_on, body.to_on, body.breadth, body.depth, milestones, key.principal)
    return respond(await set_target(deps, command, version, key, event_meta(request)), request)


@router.get(
    "/v1/customers/{customer_id}/distribution",
    dependencies=[reads, analysis],
    responses={404: {"description": "The customer is not known"}, 422: REFUSED},
    summary="How far a dealer distributes: its target, what it reached, and its sub-dealers",
)
async def get_distribution(
    customer_id: UUID,
    deps: Dependencies,
    request: Request,
    asked: Asked,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Sub-dealers by id: those who stood under the dealer on the last day, and those who bought from it. What is held against a target
    is counted from its first day, else from that of the period. Currency and scope say nothing here."""
    bound = filter_hash(list="sub-dealers", customer_id=customer_id, first=asked.first, last=asked.last)
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        known, version = await targets_of(c, customer_id)
        if not version and await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        found = await dealers(c, SCHEMA, asked.first, asked.last, Scope(), None, 1, only=customer_id)
        target = in_force(known, asked.last)
        first = asked.first if target is None else target.from_on
        listed = await sub_dealers(c, SCHEMA, customer_id, first, asked.last, after, limit + 1)
        head = {"customer_id": customer_id, **_head(asked, await basis(c, SCHEMA, MODELS))}
    head["targets"] = [_target(each) for _, each in sorted(known.items())]
    if found:
        head |= {name: value for name, value in _dealer(found[0], asked.last).items() if name != "customer_id"}
    following = deps.cursors.encode(bound, [str(listed[limit - 1].customer_id)]) if len(listed) > limit else None
    response = page_response(Page([_sub_dealer(each) for each in listed[:limit]], following), request, head)
    response.headers["ETag"] = etag(version)
    return response


@router.get(
    "/v1/distribution",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="Dealers with the breadth and depth of their distribution, held against their targets",
)
async def list_distribution(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    customer_id: Annotated[UUID | None, Query(description="Only this dealer")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """By id: dealers of the scope who have sub-dealers on the last day, reported sales in the period, or have a target in force."""
    bound = filter_hash(list="distribution", customer_id=customer_id, **asked.filters())
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        found = await dealers(c, SCHEMA, asked.first, asked.last, asked.scope, after, limit + 1, only=customer_id)
        head = _head(asked, await basis(c, SCHEMA, MODELS))
    following = deps.cursors.encode(bound, [str(found[limit - 1].customer_id)]) if len(found) > limit else None
    return page_response(Page([_dealer(each, asked.last) for each in found[:limit]], following), request, head)


def _head(asked: Question, from_what: list[dict[str, str]]) -> dict[str, Any]:
    whose = {name: value for name, value in asked.scope._asdict().items() if value is not None}
    return {"from": asked.first, "to": asked.last, **whose, "from_what": from_what}


def _dealer(dealer: Dealer, as_of: date) -> dict[str, Any]:
    reached, target = dealer.reached, dealer.target
    held = None if target is None else standing(target, reached, as_of)
    found: dict[str, Any] = {
        "customer_id": dealer.customer_id,
        "state": state_of(held),
        "counted_from": dealer.first,
        "attached": reached.attached,
        "breadth": reached.breadth,
        "depth": None if reached.depth is None else str(reached.depth),
        "articles": reached.articles,
    }
    if target is not None and held is not None:
        found |= {"target": _target(target), **_missing(held)}
    return found


def _missing(held: Standing) -> dict[str, Any]:
    found: dict[str, Any] = {"breadth_missing": held.breadth_missing}
    if held.depth_missing is not None:
        found["depth_missing"] = str(held.depth_missing)
    if held.due is not None:
        found["due"] = _step(held.due)
    return {name: value for name, value in found.items() if value is not None}


def _target(target: DistributionTargetSet) -> dict[str, Any]:
    goal = _step(Milestone(by_on=target.to_on, breadth=target.breadth, depth=target.depth))
    found = {"from_on": target.from_on, "to_on": goal.pop("by_on"), **goal}
    return {**found, "milestones": [_step(each) for each in target.milestones]} if target.milestones else found


def _step(step: Milestone) -> dict[str, Any]:
    found = {"by_on": step.by_on, "breadth": step.breadth, "depth": None if step.depth is None else str(step.depth)}
    return {name: value for name, value in found.items() if value is not None}


def _sub_dealer(sub: SubDealer) -> dict[str, Any]:
    net = [money_body(amount, currency) for currency, amount in sub.net]
    found = {"customer_id": sub.customer_id, "attached": sub.attached, "articles": sub.articles, "last_sale_on": sub.last_on}
    return {**{name: value for name, value in found.items() if value is not None}, "net": net}
