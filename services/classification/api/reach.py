"""Which customer is behind what the service's paths name."""

from __future__ import annotations

from services.classification.handlers.prospect_problems import INTENT_UNKNOWN
from services.classification.read_models.purchase_intents import OF_INTENT
from services.classification.read_models.whose import WHOSE
from shared.web.reach import Behind, Reach

REACH = Reach(
    served=WHOSE,
    objects={"intent_id": Behind(INTENT_UNKNOWN, "", OF_INTENT)},
    # A sample is of a salesperson, and shows a caller the cards that are the caller's; runs and years are the company's.
    of_nobody=frozenset({"run_id", "sample_id", "year"}),
)
