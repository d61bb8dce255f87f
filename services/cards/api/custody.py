"""Visits and the custody of cards over HTTP: who takes which card along today, and whether it has come back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.cards.api import custody_examples as said
from services.cards.api.answers import Responses
from services.cards.api.deps import Dependencies
from services.cards.domain.custody import CancelVisit, CheckOut, CustodyCommand, PlanVisit, ReturnCard
from services.cards.handlers.custody import carry_out, custody
from services.cards.handlers.custody_problems import (
    CARD_HELD_BY_ANOTHER,
    CARD_IS_IN,
    CARD_IS_OUT,
    NO_VISIT_TODAY,
    NOT_THEIR_CUSTOMER,
    VISIT_IN_PAST,
    VISIT_PLANNED,
    VISIT_UNKNOWN,
)
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.visits import VISITS, CardState, Filters, Listed, Place, page, taken_last_by
from shared.auth.principal import Principal
from shared.auth.rows import Own
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue
from shared.projections.waiting import wait_for
from shared.web.commands import Command, CommandKey, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import FieldError, Problem
from shared.web.reach import also, listed
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["custody"])
reads = scope("cards.visit.read")
writes = scope("cards.visit.write")
_GONE: Responses = {
    404: {"description": "No customer has this id"},
    410: {"description": "The customer's personal data were erased"},
}


class PersonBody(BodyModel):
    """`salesperson_id`: for whom; the person behind the caller where it is left out. A salesperson names nobody else."""

    salesperson_id: Reference | None = None

    def person(self, caller: Principal) -> str:
        """Raises Problem: VALIDATION_FAILED."""
        own = caller.rows.person_id if isinstance(caller.rows, Own) else None
        named = self.salesperson_id or own or caller.person_id
        if named is None:
            raise _wrong("MISSING", "say for whom: no person stands behind this caller")
        if own is not None and named != own:
            raise _wrong("NOT_YOURSELF", "must be the person behind the caller")
        return named


class VisitBody(PersonBody):
    planned_on: BusinessDay


class NothingBody(BodyModel):
    """Nothing is to be said."""


def _wrong(code: str, detail: str) -> Problem:
    return Problem("VALIDATION_FAILED", errors=[FieldError("#/salesperson_id", code, detail)])


async def _carried_out(deps: Deps, customer_id: UUID, command: CustodyCommand, key: CommandKey, request: Request) -> Response:
    return respond(await carry_out(deps, customer_id, command, key, event_meta(request)), request)


@router.post(
    "/v1/customers/{customer_id}/visits",
    status_code=201,
    dependencies=[writes],
    responses={201: said.PLANNED, **_GONE, 409: {"description": VISIT_PLANNED}, 422: {"description": VISIT_IN_PAST}},
    summary="Plan a visit",
)
async def plan_visit(
    customer_id: UUID,
    body: Annotated[VisitBody, Body(openapi_examples=said.VISIT_BODY)],
    caller: Caller,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = PlanVisit(key.new_id(), body.person(caller), body.planned_on, deps.today(), key.principal)
    return await _carried_out(deps, customer_id, command, key, request)


@router.post(
    "/v1/customers/{customer_id}/visits/{visit_id}/cancellation",
    dependencies=[writes],
    responses={200: said.CANCELLED, 404: {"description": VISIT_UNKNOWN}, 409: {"description": CARD_IS_OUT}},
    summary="A visit does not take place",
)
async def cancel_visit(
    customer_id: UUID,
    visit_id: UUID,
    _body: Annotated[NothingBody, Body(openapi_examples=said.NOTHING)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _carried_out(deps, customer_id, CancelVisit(visit_id, key.principal), key, request)


@router.post(
    "/v1/customers/{customer_id}/check-out",
    dependencies=[writes],
    responses={200: said.OUT, **_GONE, 409: {"description": f"{NO_VISIT_TODAY}, {NOT_THEIR_CUSTOMER} or {CARD_IS_OUT}"}},
    summary="Take the card along for today's visit",
)
async def check_out(
    customer_id: UUID,
    body: Annotated[PersonBody, Body(openapi_examples=said.PERSON_BODY)],
    caller: Caller,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Only for a visit that is planned for today, only by whoever serves the customer now, and to be returned today."""
    command = CheckOut(body.person(caller), deps.today(), key.principal)
    return await _carried_out(deps, customer_id, command, key, request)


@router.post(
    "/v1/customers/{customer_id}/return",
    dependencies=[writes, also(taken_last_by)],
    responses={200: said.RETURNED, **_GONE, 409: {"description": f"{CARD_IS_IN} or {CARD_HELD_BY_ANOTHER}"}},
    summary="The card has come back",
)
async def return_card(
    customer_id: UUID,
    _body: Annotated[NothingBody, Body(openapi_examples=said.NOTHING)],
    caller: Caller,
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    """A salesperson returns what that person has, also of a customer whom somebody else serves by now; others take back what anybody has."""
    person = caller.rows.person_id if isinstance(caller.rows, Own) else None
    return await _carried_out(deps, customer_id, ReturnCard(person, deps.today(), key.principal), key, request)


@router.get(
    "/v1/customers/{customer_id}/custody",
    dependencies=[reads],
    responses={200: said.CUSTODY, 404: {"description": "No customer has this id"}},
    summary="Where the card is, where it has been, and which visits are planned; always fresh",
)
async def get_custody(customer_id: UUID, deps: Dependencies) -> Response:
    loaded, state = await custody(deps, customer_id)
    today = deps.today()
    body: dict[str, Any] = {"customer_id": customer_id, "card": "IN"}
    if (out := state.out) is not None:
        body["card"] = "OVERDUE" if out.due_on < today else "OUT"
        body |= {"with": out.salesperson_id, "visit_id": out.visit_id, "due_on": out.due_on}
    body["visits"] = [visit for visit in state.visits.values() if visit.planned_on >= today]
    body["history"] = [
        {"did": did, "salesperson_id": event.salesperson_id, "visit_id": event.visit_id, "at": envelope.recorded_at}
        for envelope in reversed(loaded.events)
        if (did := _DID.get(type(event := envelope.event))) is not None
        and isinstance(event, CardCheckedOut | CardReturned | CardReturnOverdue)
    ][:_MOST_HISTORY]
    return Json(body)


_DID = {CardCheckedOut: "CHECKED_OUT", CardReturned: "RETURNED", CardReturnOverdue: "OVERDUE"}
_MOST_HISTORY = 100


@router.get(
    "/v1/visits",
    dependencies=[reads, listed],
    responses={200: said.VISITS},
    summary="Visits by day and person: whether the card was read before, has gone out, and has come back",
)
async def list_visits(
    deps: Dependencies,
    request: Request,
    day: Annotated[BusinessDay | None, Query(description="Planned for this day")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Visits of this person")] = None,
    customer_id: UUID | None = None,
    card: Annotated[CardState | None, Query(description="Where the card is that went with them")] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """`card_read_at`: when the visitor first opened the card for this visit, from the day before on. Without it nobody has read it."""
    filters = Filters(day, salesperson_id, customer_id, card)
    bound = filter_hash(list="visits", **filters._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    for model in (VISITS, CUSTOMERS):
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, deps.zone.key, after, limit + 1)
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1].row
        next_cursor = deps.cursors.encode(bound, (last.planned_on.isoformat(), last.salesperson_id, str(last.visit_id)))
    return page_response(Page([_shown(one) for one in rows[:limit]], next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> Place:
    day, person, visit = deps.cursors.decode(bound, cursor, 3)
    return date.fromisoformat(str(day)), str(person), UUID(str(visit))


def _shown(one: Listed) -> dict[str, Any]:
    row = one.row
    found: dict[str, Any] = {
        "visit_id": row.visit_id,
        "customer_id": row.customer_id,
        "name": one.name,
        "salesperson_id": row.salesperson_id,
        "planned_on": row.planned_on,
        "cancelled": row.cancelled or None,
        "card": row.card,
        "card_read_at": one.card_read_at,
        "out_at": row.out_at,
        "back_at": row.back_at,
    }
    return {name: value for name, value in found.items() if value is not None}
