"""Alerts decided a measure: holding or stopping trade, or releasing it, goes onto the customer's card."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from services.cards.domain.identity import card_stream
from shared.contracts.alerts import MeasureDecided
from shared.contracts.cards import TradeReleased, TradeRestricted
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import ALERTS_EVENTS
from shared.event_store.events import Append, NewEvent
from shared.projections.reaction import Reaction

_MEASURES = UUID("9f0c52ab-7f0d-5a0b-b8a1-5f0b5f2f4a77")


def react(envelope: Envelope) -> Sequence[Append]:
    """Nobody may refuse a measure that credit control has decided: the card is written whatever its version."""
    event = envelope.event
    if not isinstance(event, MeasureDecided):
        return ()
    followed = _followed(event)
    if followed is None:
        return ()
    new = NewEvent(
        uuid5(_MEASURES, str(envelope.event_id)), followed, envelope.occurred_at, {"causationid": str(envelope.event_id)}
    )
    return (Append(card_stream(event.customer_id), "any", event.customer_id, envelope.part, [new]),)


def _followed(event: MeasureDecided) -> Event | None:
    match event.measure:
        case "HOLD" | "STOP":
            return TradeRestricted(
                customer_id=event.customer_id, measure=event.measure, alert_id=event.alert_id, decided_by=event.decided_by
            )
        case "RELEASE":
            return TradeReleased(customer_id=event.customer_id, alert_id=event.alert_id, decided_by=event.decided_by)
    return None


MEASURE_DECIDED = Reaction(name="measure_decided", topics={ALERTS_EVENTS: frozenset({MeasureDecided.type})}, react=react)
