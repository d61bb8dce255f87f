"""Cards over HTTP: reading one. What concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.card_views import SEES_PERSONS, shown, terms_shown, without_nothing
from services.cards.api.deps import Dependencies
from services.cards.api.standing_views import standing_shown
from services.cards.domain.card import Erased, Particulars, Registered, Stub, Unregistered
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import Merging, merging_of
from services.cards.domain.refusals import CardUnknown, CustomerIsErased
from services.cards.handlers.cards import state_of
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.problems import refused
from shared.event_store.load import load
from shared.web.commands import resource
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
reads = scope("cards.customer.read")


@router.get(
    "/v1/customers/{customer_id}",
    dependencies=[reads],
    summary="One card, always fresh",
    responses={
        200: answers.CARD,
        404: {"description": "No customer has this id"},
        410: {"description": "The personal data were erased"},
    },
)
async def get_customer(customer_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    state = state_of(loaded)
    match state:
        case Unregistered():
            raise refused(CardUnknown())
        case Erased():
            raise refused(CustomerIsErased())
        case Stub():
            body = {"customer_id": customer_id, "stub": True, **_particulars(state.particulars)}
        case Registered():
            [basics] = await shown(deps, caller, [(customer_id, state.basics)])
            body = {"customer_id": customer_id, "stub": False, **without_nothing(basics), **_particulars(state.particulars)}
            if not caller.may(SEES_PERSONS):
                body["personal_data"] = "withheld"
    body |= _merging(merging_of(envelope.event for envelope in loaded.events))
    body |= standing_shown(loaded.events, state, deps.today())
    return resource(body, loaded.version, request)


def _merging(state: Merging) -> dict[str, Any]:
    found: dict[str, Any] = {} if state.lead_id is None else {"merged_into": state.lead_id}
    return found | ({"merged": state.merged} if state.merged else {})


def _particulars(known: Particulars) -> dict[str, Any]:
    found: dict[str, Any] = {"external_ids": known.external_ids, "marks": known.marks}
    if known.area_id is not None:
        found["area_id"] = known.area_id
    if known.salesperson_id is not None:
        found["salesperson_id"] = known.salesperson_id
    if known.terms is not None:
        found["terms"] = terms_shown(known.terms.payment_days, known.terms.credit_limit, known.terms.agreed_on.isoformat())
    if known.restriction is not None:
        found["restriction"] = known.restriction
    return found
