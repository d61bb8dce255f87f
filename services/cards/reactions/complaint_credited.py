"""A credit note that names a complaint is told beside the ledger: who follows complaints need not read every sale for it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid5

from shared.contracts.envelope import Envelope
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.contracts.transactions import ComplaintCredited, CreditNoted
from shared.event_store.events import Append, NewEvent
from shared.projections.reaction import Reaction

_CREDITS = UUID("5b1f6f3e-54a5-5d0d-9d1b-3a4b8f2f6a10")


def react(envelope: Envelope) -> Sequence[Append]:
    event = envelope.event
    if not isinstance(event, CreditNoted) or event.complaint_id is None:
        return ()
    told = ComplaintCredited(
        complaint_id=event.complaint_id,
        customer_id=event.customer_id,
        source=event.source,
        source_event_id=event.source_event_id,
        number=event.number,
        noted_on=event.noted_on,
        amount=event.amount,
    )
    new = NewEvent(uuid5(_CREDITS, str(envelope.event_id)), told, envelope.occurred_at, {"causationid": str(envelope.event_id)})
    return (Append(f"complaint-credits-{event.complaint_id}", "any", event.customer_id, envelope.part, [new]),)


COMPLAINT_CREDITED = Reaction(name="complaint_credited", topics={CARDS_TRANSACTIONS: frozenset({CreditNoted.type})}, react=react)
