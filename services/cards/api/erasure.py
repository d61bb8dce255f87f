"""Erasing a customer's personal data over HTTP: one person asks, another agrees, and a legal hold keeps what the law wants kept."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.deps import Dependencies
from services.cards.api.examples import example
from services.cards.domain.card import Erased, Unregistered
from services.cards.domain.erasing import (
    AskForErasure,
    Erasing,
    LiftHold,
    PlaceHold,
    Who,
    WithdrawErasure,
    erasing_of,
)
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.domain.refusals import CardUnknown
from services.cards.handlers.cards import state_of
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.erasure import agree, prepare
from services.cards.handlers.erasure_problems import (
    ERASURE_NEEDS_SECOND_PERSON,
    ERASURE_NOT_REQUESTED,
    LEGAL_HOLD,
    LEGAL_HOLD_UNKNOWN,
)
from services.cards.handlers.merge_problems import CUSTOMER_MERGED
from services.cards.handlers.problems import refused
from services.cards.read_models.erasures import waiting
from shared.auth.principal import Principal
from shared.contracts.cards import CustomerErased
from shared.contracts.erasure import ErasureRequested, HoldGround, LegalHoldPlaced
from shared.contracts.event import Event
from shared.event_store.load import load, load_many
from shared.web import fields
from shared.web.commands import Command, respond
from shared.web.correlation import event_meta
from shared.web.fields import Code, SystemName
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
asks = scope("cards.customer.erase")
agrees = scope("cards.erasure.approve")
holds = scope("cards.hold.write")
reads = scope("cards.erasure.read")
_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_HOLD_ID = "0190f7a4-1111-7000-8000-000000000009"
_WHO = "43ada27a-4e80-5457-9073-37511ade2373"
_GONE: answers.Responses = {410: {"description": "The customer's personal data were erased"}}
_UNKNOWN: answers.Responses = {404: {"description": "No customer has this id"}}
_REQUEST = {"reason": "REQUESTED_BY_CUSTOMER", "requested_by": _WHO, "requested_at": "2026-03-02T08:15:30.123456Z"}
_HOLD = {"hold_id": _HOLD_ID, "ground": "LITIGATION", "reference": "7-C-114", "placed_by": _WHO}


class ErasureBody(fields.Body):
    """Why the personal data are to go: a code, not a story."""

    reason: Code


class NothingBody(fields.Body):
    """There is nothing to say."""


class HoldBody(fields.Body):
    """Why the personal data must be kept, and the number of the file that says so."""

    ground: HoldGround
    reference: SystemName | None = None


def who(caller: Principal) -> Who:
    return Who(caller.id, caller.person_id)


@router.post(
    "/v1/customers/{customer_id}/erasure",
    dependencies=[asks],
    responses={
        200: answers.answer("It waits for a second person", {"customer_id": _ID, "status": "REQUESTED"}),
        409: {"description": CUSTOMER_MERGED},
        **_UNKNOWN,
        **_GONE,
    },
    summary="Ask for the customer's personal data to be erased, for ever",
)
async def erase_customer(
    customer_id: UUID,
    body: Annotated[ErasureBody, Body(openapi_examples=example({"reason": "REQUESTED_BY_CUSTOMER"}))],
    key: Command,
    caller: Caller,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Nothing is erased yet: somebody else agrees to it. Asked for again, the first request stays. A legal hold keeps nobody from asking."""
    command = AskForErasure(body.reason, who(caller))
    return respond(await prepare(deps, customer_id, command, key, event_meta(request)), request)


@router.post(
    "/v1/customers/{customer_id}/erasure/approval",
    dependencies=[agrees],
    responses={
        200: answers.answer("Erased; the ETag is the card's new version", {"customer_id": _ID, "status": "ERASED"}),
        409: {"description": f"{ERASURE_NOT_REQUESTED}, {ERASURE_NEEDS_SECOND_PERSON}, {LEGAL_HOLD} or {CUSTOMER_MERGED}"},
        **_UNKNOWN,
        **_GONE,
    },
    summary="Agree to an erasure that somebody else has asked for: the personal data are gone, for ever",
)
async def approve_erasure(
    customer_id: UUID,
    _body: Annotated[NothingBody, Body(openapi_examples=example({}))],
    key: Command,
    caller: Caller,
    deps: Dependencies,
    request: Request,
) -> Response:
    """The key of the customer, and of every card merged into it, is destroyed: nothing personal in any event, list, topic or backup
    can be read again. What it owes and has bought stays."""
    return respond(await agree(deps, customer_id, who(caller), key, event_meta(request)), request)


@router.post(
    "/v1/customers/{customer_id}/erasure/withdrawal",
    dependencies=[asks],
    responses={200: answers.CHANGED, 409: {"description": f"{ERASURE_NOT_REQUESTED} or {CUSTOMER_MERGED}"}, **_UNKNOWN, **_GONE},
    summary="Withdraw or turn down an erasure that was asked for",
)
async def withdraw_erasure(
    customer_id: UUID,
    _body: Annotated[NothingBody, Body(openapi_examples=example({}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await prepare(deps, customer_id, WithdrawErasure(key.principal), key, event_meta(request)), request)


@router.post(
    "/v1/customers/{customer_id}/legal-holds",
    dependencies=[holds],
    responses={
        200: answers.answer("It stands", {"customer_id": _ID, "hold_id": _HOLD_ID}),
        409: {"description": CUSTOMER_MERGED},
        **_UNKNOWN,
        **_GONE,
    },
    summary="Place a legal hold: while it stands the customer's personal data are not erased",
)
async def place_hold(
    customer_id: UUID,
    body: Annotated[HoldBody, Body(openapi_examples=example({"ground": "LITIGATION", "reference": "7-C-114"}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = PlaceHold(key.new_id(), body.ground, body.reference, key.principal)
    return respond(await prepare(deps, customer_id, command, key, event_meta(request)), request)


@router.post(
    "/v1/customers/{customer_id}/legal-holds/{hold_id}/lifting",
    dependencies=[holds],
    responses={
        200: answers.CHANGED,
        404: {"description": f"No customer has this id, or {LEGAL_HOLD_UNKNOWN}"},
        409: {"description": CUSTOMER_MERGED},
        **_GONE,
    },
    summary="Lift a legal hold",
)
async def lift_hold(
    customer_id: UUID,
    hold_id: UUID,
    _body: Annotated[NothingBody, Body(openapi_examples=example({}))],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return respond(await prepare(deps, customer_id, LiftHold(hold_id, key.principal), key, event_meta(request)), request)


@router.get(
    "/v1/customers/{customer_id}/erasure",
    dependencies=[reads],
    responses={
        200: answers.answer(
            "How far it is", {"customer_id": _ID, "status": "REQUESTED", "request": _REQUEST, "legal_holds": [_HOLD]}
        ),
        **_UNKNOWN,
    },
    summary="Whether the customer's erasure was asked for, by whom, and what holds it",
)
async def get_erasure(customer_id: UUID, deps: Dependencies) -> Response:
    """Also of an erased customer: who asked and who agreed. A hold on a card that was merged into this one names that card."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
        merged = merging_of(envelope.event for envelope in loaded.events).merged
        led = await load_many(c, SCHEMA, [card_stream(one) for one in merged])
    card = state_of(loaded)
    if isinstance(card, Unregistered):
        raise refused(CardUnknown())
    state = erasing_of(envelope.event for envelope in loaded.events)
    status = "ERASED" if isinstance(card, Erased) else "NONE" if state.request is None else "REQUESTED"
    holds = [_hold(one) for one in state.holds]
    for one in led.values():
        # A hold that a card brought along is lifted there.
        brought = erasing_of(envelope.event for envelope in one.events).holds
        holds += [_hold(hold) | {"customer_id": hold.customer_id} for hold in brought]
    body: dict[str, Any] = {"customer_id": customer_id, "status": status, "legal_holds": holds}
    for envelope in loaded.events:
        body |= _told(envelope.event, envelope.recorded_at, state)
    return Json(body)


def _told(event: Event, at: datetime, state: Erasing) -> dict[str, Any]:
    match event:
        case ErasureRequested() if event is state.request:
            return {"request": {"reason": event.reason, "requested_by": event.requested_by, "requested_at": at}}
        case CustomerErased():
            by = {name: getattr(event, name) for name in ("requested_by", "decided_by") if getattr(event, name) is not None}
            return {"erasure": {"reason": event.reason, **by, "erased_at": at}}
    return {}


def _hold(one: LegalHoldPlaced) -> dict[str, Any]:
    found: dict[str, Any] = {"hold_id": one.hold_id, "ground": one.ground, "placed_by": one.decided_by}
    return found | ({} if one.reference is None else {"reference": one.reference})


@router.get(
    "/v1/erasures",
    dependencies=[reads],
    responses={
        200: answers.answer("One page", {"items": [{"customer_id": _ID, **_REQUEST, "held": False}]}),
    },
    summary="Erasures that wait for a second person",
)
async def list_erasures(
    deps: Dependencies, request: Request, limit: Limit = DEFAULT_LIMIT, cursor: CursorParameter = None
) -> Response:
    bound = filter_hash(list="erasures")
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    async with deps.pool.acquire() as c:
        found = await waiting(c, SCHEMA, after, limit + 1)
    more = deps.cursors.encode(bound, (str(found[limit - 1].customer_id),)) if len(found) > limit else None
    return page_response(Page([one._asdict() for one in found[:limit]], more), request)
