"""Whom an order concerns: the cards of a customer as they stand at this moment, read from their streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from services.cards.domain.as_of import card_at, day_of, standing
from services.cards.domain.card import Erased, Registered, Unregistered
from services.cards.domain.merging import merging_of
from services.cards.domain.trade_check import Restriction
from services.cards.handlers.deps import SCHEMA
from services.cards.handlers.stages import standing_of
from services.cards.read_models.customer_lookup import loaded_cards
from shared.contracts.cards import TradeReleased, TradeRestricted
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class CardsOf:
    """`ids` are those of all cards of the customer, the one that leads first. What is said is said of that one, but for the
    restriction: that of any card is one of the customer, and the hardest counts."""

    ids: Sequence[UUID]
    lead_id: UUID
    erased: bool
    registered: bool
    past: bool
    limit: Money | None
    restriction: Restriction | None


async def cards_of(c: Connection, customer_id: UUID, zone: ZoneInfo) -> CardsOf | None:
    """None where nobody has a card under this id. Always fresh."""
    loaded = dict(await loaded_cards(c, SCHEMA, [customer_id]))
    if customer_id not in loaded:
        return None
    merging = merging_of(envelope.event for envelope in loaded[customer_id].events)
    lead_id = merging.lead_id or customer_id
    if lead_id != customer_id:
        loaded |= await loaded_cards(c, SCHEMA, [lead_id])
        merging = merging_of(envelope.event for envelope in loaded[lead_id].events)
    if others := [one for one in merging.merged if one not in loaded]:
        loaded |= await loaded_cards(c, SCHEMA, others)
    events = loaded[lead_id].events
    card = card_at(events, zone)
    if isinstance(card, Unregistered):
        return None
    terms = card.particulars.terms
    restrictions = [one for each in loaded.values() if (one := _restriction(each.events, zone)) is not None]
    return CardsOf(
        ids=[lead_id, *(one for one in loaded if one != lead_id)],
        lead_id=lead_id,
        erased=isinstance(card, Erased),
        registered=isinstance(card, Registered),
        past=standing_of(standing(events, zone, None, None), card).stage == "PAST",
        limit=None if terms is None else terms.credit_limit,
        restriction=max(restrictions, key=lambda one: one.measure == "STOP", default=None),
    )


def _restriction(events: Sequence[Envelope], zone: ZoneInfo) -> Restriction | None:
    found: Restriction | None = None
    for envelope in standing(events, zone, None, None):
        match envelope.event:
            case TradeRestricted(measure=measure, alert_id=alert_id):
                found = Restriction(measure, day_of(envelope.occurred_at, zone), alert_id)
            case TradeReleased():
                found = None
    return found
