"""One example a request, shown in the API's document."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.models import Example

_COMPLAINT: dict[str, Any] = {
    "customer": {"system": "erp", "value": "K-1077"},
    "kind": "QUALITY",
    "channel": "HOTLINE",
    "received_on": "2026-03-02",
    "remedy_sought": "REPLACEMENT",
    "claimed": {"amount": "4800.00", "currency": "CNY"},
    "invoices": [{"source": "erp", "number": "2026-2207"}],
    "article": "A-17",
    "batch": "B-2606",
    "description": "Every second hinge of the batch breaks.",
}


def example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


COMPLAINT = example(_COMPLAINT)
BULK = example([{**_COMPLAINT, "source": "crm", "source_event_id": "4417"}])
ASSESSMENT = example({"founded": True, "severity": "HIGH", "assessed_on": "2026-03-05"})
SOLUTION = example({"solution": "REPLACED", "carried_out_on": "2026-03-11"})
SETTLEMENT = example({"agreed": {"amount": "3000.00", "currency": "CNY"}, "settled_on": "2026-03-12"})
CLOSURE = example({"lesson": "CHECK_HARDNESS_OF_EACH_BATCH", "closed_on": "2026-03-20"})
WITHDRAWAL = example({"withdrawn_on": "2026-03-04"})
STEP = example({"at": "2026-03-02T02:40:00Z"})
ASSIGNMENT = example({"department": "QUALITY_CONTROL"})
INVESTIGATION = example({"findings": "The log of the oven of 3 February shows it."})
PROPOSAL = example(
    {
        "remedies": ["REPLACE", "CREDIT_NOTE"],
        "offered": {"amount": "3000.00", "currency": "CNY"},
        "because": "HALF_OF_THE_BATCH_IS_GOOD",
    }
)
REFUSAL = example({"because": "TOO_LITTLE_FOR_A_MAIN_CUSTOMER"})
CONFIRMATION = example({"satisfied": False, "because": "REPLACEMENT_BREAKS_TOO"})
HOLD = example({"reason": "WAITING_FOR_SAMPLES"})
