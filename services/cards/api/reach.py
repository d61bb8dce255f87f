"""Which customer is behind what the service's paths name."""

from __future__ import annotations

from services.cards.read_models.served import SERVED
from shared.web.reach import Behind, Reach

REACH = Reach(
    served=SERVED,
    objects={"promise_id": Behind("PROMISE_UNKNOWN", "promise-"), "intent_id": Behind("INTENT_UNKNOWN", "intent-")},
    # Needs, closures, legal holds and visits stand behind a customer in the path; lists hold questions, not customers.
    of_nobody=frozenset(
        {"need_id", "closure_id", "hold_id", "visit_id", "list_id", "area_id", "salesperson_id", "job_id", "source"}
    ),
)
