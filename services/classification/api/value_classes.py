"""Value classes: of all customers by rank, and of one customer with those it had before."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models.customer_sales import one
from services.classification.read_models.decisions import Standing, standings
from services.classification.read_models.findings import Finding, of_customer, page
from services.classification.read_models.runs import Run, last_decided, run_of
from services.classification.read_models.served import Scope
from shared.contracts.classification import ValueClass, ValueClassChanged
from shared.contracts.envelope import Envelope
from shared.event_store.load import load
from shared.web.amounts import money_body
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["classification"])
reads = scope("classification.class.read")
AsOf = Annotated[BusinessDay | None, Query(description="The class that stood at the end of this business day; now when left out")]


@router.get("/v1/value-classes", dependencies=[reads, listed], summary="Customers by rank, with their value class")
async def list_value_classes(
    deps: Dependencies,
    request: Request,
    value_class: Annotated[ValueClass | None, Query(description="Only this class")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Only customers of this salesperson")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """As the last run found them; going on with a cursor shows the run that the first page showed.

    `share` and `cumulated_share` are fractions of the positive net sales of all customers, `to_next` is the amount of further
    sales that would have made the next better class, `to_fall` the amount less that would have made a worse one. `since` and
    `flips` say how long the class holds and how often it has changed.
    """
    whose = Scope(area_id, salesperson_id)
    made_for = filter_hash(list="value-classes", value_class=value_class, **whose._asdict())
    async with deps.pool.acquire() as c:
        run, after = await last_decided(c, SCHEMA), 0
        if cursor is not None:
            run_id, rank = _after(deps, made_for, cursor)
            run, after = await run_of(c, SCHEMA, run_id), rank
        if run is None:
            return page_response(Page([], None), request)
        found = await page(c, SCHEMA, run, value_class, whose, after, limit + 1)
        held = await standings(c, SCHEMA, [finding.customer_id for finding in found])
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(made_for, [str(run.run_id), found[limit - 1].rank])
    items = [{**_item(run, finding), **_held(held.get(finding.customer_id))} for finding in found[:limit]]
    return page_response(Page(items, following), request)


def _after(deps: Deps, made_for: bytes, cursor: str) -> tuple[UUID, int]:
    run_id, rank = deps.cursors.decode(made_for, cursor, 2)
    return UUID(str(run_id)), int(rank or 0)


@router.get(
    "/v1/customers/{customer_id}/value-class",
    dependencies=[reads],
    responses={404: {"description": "The customer is not known"}},
    summary="The value class of a customer, with those before",
)
async def get_value_class(customer_id: UUID, deps: Dependencies, as_of: AsOf = None) -> Response:
    """`value_class` is null for who never bought, or bought nothing in the period. Read from the customer's own stream.

    `figures` say why: those of the last run, with how far it is to the borders; for an earlier day see `history`.
    """
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, f"classification-{customer_id}")
        sales = await one(c, SCHEMA, customer_id)
        run = await last_decided(c, SCHEMA)
        if run is not None and as_of is not None and run.period_to > as_of:
            run = None
        finding = None if run is None else await of_customer(c, SCHEMA, run, customer_id)
        held = await standings(c, SCHEMA, [customer_id], as_of)
    if not loaded.events and sales is None:
        raise Problem("CUSTOMER_UNKNOWN")
    told = [_change(envelope) for envelope in reversed(loaded.events)]
    history = [one for one in told if as_of is None or one["period_to"] <= as_of]
    found: dict[str, Any] = {"customer_id": customer_id, "value_class": None, "reason": "NEVER_BOUGHT", "history": history}
    if sales is not None and sales.first_sale_on is not None:
        found |= {"reason": "NOT_CLASSIFIED", "first_sale_on": sales.first_sale_on, "last_sale_on": sales.last_sale_on}
    if history:
        found |= {"value_class": history[0]["value_class"], "reason": history[0]["reason"], **_held(held.get(customer_id))}
    if run is not None and finding is not None:
        found["figures"] = _item(run, finding)
    return Json(found)


def _held(standing: Standing | None) -> dict[str, Any]:
    return {} if standing is None else standing._asdict()


def _item(run: Run, finding: Finding) -> dict[str, Any]:
    found = {
        "customer_id": finding.customer_id,
        "value_class": finding.value_class,
        "reason": finding.reason,
        "rank": finding.rank,
        "net": money_body(finding.net, run.currency),
        "share": finding.share,
        "cumulated_share": finding.cumulated_share,
        "to_next": money_body(finding.to_next, run.currency),
        "to_fall": money_body(finding.to_fall, run.currency),
        "by_margin": finding.by_margin or None,
        "run_id": run.run_id,
        "period_from": run.period_from,
        "period_to": run.period_to,
        "standard_version": run.standard_version,
    }
    return {name: value for name, value in found.items() if value is not None}


def _change(envelope: Envelope) -> dict[str, Any]:
    event = envelope.event
    if not isinstance(event, ValueClassChanged):
        raise AssertionError(f"unknown event {event!r}")
    return {
        "value_class": event.value_class,
        "previous": event.previous,
        "reason": event.reason,
        "period_from": event.period_from,
        "period_to": event.period_to,
        "run_id": event.run_id,
        "standard_version": event.standard_version,
        "rank": event.rank,
        "net": event.net,
        "share": event.share,
        "event_id": envelope.event_id,
        "recorded_at": envelope.recorded_at,
    }
