"""Cards over HTTP: reading one. What concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.card_views import SEES_PERSONS, terms_shown
from services.cards.api.clocks import AsOf, KnownAt
from services.cards.api.deps import Dependencies
from services.cards.api.part_views import parts_body
from services.cards.api.standing_views import standing_shown
from services.cards.domain.as_of import card_at, standing
from services.cards.domain.card import Erased, Particulars, Registered, Stub
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import Merging, merging_of
from services.cards.domain.parts import parts_of
from services.cards.domain.refusals import CardUnknown, CustomerIsErased
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
    summary="One card, always fresh, or as it was on a day by what was known on a day",
    responses={
        200: answers.CARD,
        404: {"description": "No customer has this id, or had a card then"},
        410: {"description": "The personal data were erased"},
    },
)
async def get_customer(
    customer_id: UUID, caller: Caller, deps: Dependencies, request: Request, as_of: AsOf = None, known_at: KnownAt = None
) -> Response:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    state = card_at(loaded.events, deps.zone, as_of, known_at)
    if isinstance(card_at(loaded.events, deps.zone), Erased):
        # Also of the days before: what is gone cannot be shown of any day.
        raise refused(CustomerIsErased())
    if not isinstance(state, Stub | Registered):
        raise refused(CardUnknown())
    stood = standing(loaded.events, deps.zone, as_of, known_at)
    body = {
        "customer_id": customer_id,
        "stub": isinstance(state, Stub),
        **_particulars(state.particulars),
        **await parts_body(deps, caller, customer_id, parts_of(stood, deps.zone), as_of or deps.today()),
        **_merging(merging_of(envelope.event for envelope in stood)),
        **standing_shown(stood, state, as_of or deps.today()),
    }
    if not caller.may(SEES_PERSONS):
        body["personal_data"] = "withheld"
    return resource(body, loaded.version, request)


def _merging(state: Merging) -> dict[str, Any]:
    found: dict[str, Any] = {} if state.lead_id is None else {"merged_into": state.lead_id}
    return found | ({"merged": state.merged} if state.merged else {})


def _particulars(known: Particulars) -> dict[str, Any]:
    found: dict[str, Any] = {"external_ids": known.external_ids}
    if known.area_id is not None:
        found["area_id"] = known.area_id
    if known.salesperson_id is not None:
        found["salesperson_id"] = known.salesperson_id
    if known.terms is not None:
        found["terms"] = terms_shown(known.terms.payment_days, known.terms.credit_limit, known.terms.agreed_on.isoformat())
    if known.restriction is not None:
        found["restriction"] = known.restriction
    return found
