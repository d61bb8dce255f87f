"""Everything that the installation holds on one customer, as one document: what a person may ask for.

Source: Regulation (EU) 2016/679, article 15, and the Personal Information Protection Law of China, article 45.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.card_body import card_body
from services.cards.api.card_views import SEES_PERSONS
from services.cards.api.deps import Dependencies
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.subject import Held, facts, held, signs
from shared.auth.principal import Principal
from shared.event_store.load import load
from shared.privacy.fields import change
from shared.web.rendering import Json
from shared.web.scope import Caller, analysis, scope

router = APIRouter(tags=["customers"])
ABOUT = {
    "purposes": [
        "keeping the card of a customer with whom the company trades or wants to trade",
        "collecting what is owed, and deciding on credit",
        "handling complaints and questions",
        "warning early when a customer falls silent or pays late",
    ],
    "recipients": [
        "people of the company in the roles that docs/security.md names, each read recorded",
        "other systems of the company that read its topics: personal fields are sealed there",
    ],
    "kept": "until the personal data are erased; what was bought, paid and owed is kept for ever, without the person",
    "found_by": "keyed hashes of names, telephone numbers, e-mail addresses and addresses, counted by what each is a sign of",
}
_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_EVENT = {
    "type": "regulars.complaints.complaint-received.v1",
    "recorded_at": "2026-03-02T08:15:30.123456Z",
    "holds_from": "2026-03-02T00:00:00Z",
    "data": {"customer_id": _ID, "kind": "QUALITY", "description": "Two hinges are bent"},
}
_EXAMPLE = {
    "customer_id": _ID,
    "merged": [],
    "about": ABOUT,
    "card": {
        "customer_id": _ID,
        "stub": False,
        "kind": "PERSON",
        "person_name": "Li Na",
        "external_ids": [],
        "marks": {},
        "stage": "PROSPECT",
        "channel": "DIRECT",
        "needs": [],
        "open_verifications": [],
        "parts": {
            "basics": {
                "kind": {
                    "value": "PERSON",
                    "valid_from": "2026-03-02",
                    "entered_at": "2026-03-02T08:15:30.123456Z",
                    "confidence": "0.50",
                }
            }
        },
    },
    "found_by": {"name": 1, "telephone": 1},
    "held": {"alerts": [], "cards": [], "classification": [], "complaints": [_EVENT]},
}


@router.get(
    "/v1/customers/{customer_id}/subject-access",
    dependencies=[scope("cards.subject.read"), analysis],
    responses={
        200: answers.answer("All of it", _EXAMPLE),
        404: {"description": "No customer has this id"},
        410: {"description": "The personal data were erased"},
    },
    summary="Everything that is held on a customer, of all services, in one document",
)
async def get_subject_access(customer_id: UUID, caller: Caller, deps: Dependencies) -> Response:
    """Every event that concerns the customer or a card merged into it, as it was recorded, with personal fields in the clear for
    callers who may see them. Lists and figures are computed from these and hold nothing more."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    card = await card_body(deps, caller, customer_id, loaded.events)
    merged = merging_of(envelope.event for envelope in loaded.events).merged
    customers = [customer_id, *merged]
    found = await held(deps.stores, customers)
    async with deps.pool.acquire() as c:
        traded = await facts(c, SCHEMA, customers)
        found_by = await signs(c, SCHEMA, customers)
    found[SCHEMA] = sorted([*found[SCHEMA], *traded], key=lambda one: one.recorded_at)
    body: dict[str, Any] = {"customer_id": customer_id, "merged": merged, "about": ABOUT, "card": card, "found_by": found_by}
    body["held"] = {service: await _shown(deps, caller, events) for service, events in found.items()}
    if not caller.may(SEES_PERSONS):
        body["personal_data"] = "withheld"
    return Json(body)


async def _shown(deps: Deps, caller: Principal, events: Sequence[Held]) -> list[dict[str, Any]]:
    if caller.may(SEES_PERSONS):
        opened = await deps.sealer.unseal_structs([(one.event, one.stream) for one in events])
    else:
        opened = [change(one.event, lambda _field, _text: None) for one in events]
    return [
        {
            "type": type(event).type,
            "recorded_at": one.recorded_at,
            "holds_from": one.occurred_at,
            "data": msgspec.to_builtins(event),
        }
        for one, event in zip(events, opened, strict=True)
    ]
