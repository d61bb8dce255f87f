"""One card as it is shown, folded from its stream."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.api.card_views import SEES_PERSONS, terms_shown
from services.cards.api.part_views import parts_body
from services.cards.api.standing_views import standing_shown
from services.cards.domain.as_of import card_at, standing
from services.cards.domain.card import Erased, Particulars, Registered, Stub
from services.cards.domain.merging import Merging, merging_of
from services.cards.domain.parts import parts_of
from services.cards.domain.refusals import CardUnknown, CustomerIsErased
from services.cards.handlers.deps import Deps
from services.cards.handlers.problems import refused
from shared.auth.principal import Principal
from shared.contracts.envelope import Envelope


async def card_body(
    deps: Deps,
    caller: Principal,
    customer_id: UUID,
    events: Sequence[Envelope],
    as_of: date | None = None,
    known_at: date | None = None,
) -> dict[str, Any]:
    """The card of a day by what was known on a day; now where they are left out. Raises Problem: CUSTOMER_UNKNOWN, CUSTOMER_ERASED."""
    state = card_at(events, deps.zone, as_of, known_at)
    if isinstance(card_at(events, deps.zone), Erased):
        # Also of the days before: what is gone cannot be shown of any day.
        raise refused(CustomerIsErased())
    if not isinstance(state, Stub | Registered):
        raise refused(CardUnknown())
    stood = standing(events, deps.zone, as_of, known_at)
    body = {
        "customer_id": customer_id,
        "stub": isinstance(state, Stub),
        **particulars_body(state.particulars),
        **await parts_body(deps, caller, customer_id, parts_of(stood, deps.zone), as_of or deps.today()),
        **_merging(merging_of(envelope.event for envelope in stood)),
        **standing_shown(stood, state, as_of or deps.today()),
    }
    if not caller.may(SEES_PERSONS):
        body["personal_data"] = "withheld"
    return body


def _merging(state: Merging) -> dict[str, Any]:
    found: dict[str, Any] = {} if state.lead_id is None else {"merged_into": state.lead_id}
    return found | ({"merged": state.merged} if state.merged else {})


def particulars_body(known: Particulars) -> dict[str, Any]:
    """What is known of a customer apart from who it is."""
    found: dict[str, Any] = {"external_ids": known.external_ids}
    if known.area_id is not None:
        found["area_id"] = known.area_id
    if known.salesperson_id is not None:
        found["salesperson_id"] = known.salesperson_id
    if known.terms is not None:
        found["terms"] = terms_shown(known.terms.payment_days, known.terms.credit_limit, known.terms.agreed_on.isoformat())
    if known.introduced_by is not None:
        found["introduced_by"] = known.introduced_by
    if known.restriction is not None:
        found["restriction"] = known.restriction
    if known.agreements.closures:
        found["closures"] = known.agreements.closures
    if known.agreements.next_order_on is not None:
        found["next_order_on"] = known.agreements.next_order_on
    return found
