"""One example a request and an answer about promises and investments, shown in the API's document."""

from __future__ import annotations

from typing import Any

from services.cards.api.answers import answer
from services.cards.api.examples import example

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_PROMISE_ID = "0c1d1c5e-5a75-5d5c-8f0e-0d9f4e0d7b11"
_INVESTMENT_ID = "7a6d4a52-0f6c-5e0b-b8e7-0a4f2f9d3c55"
_TO_PAY: dict[str, Any] = {
    "made_by": "CUSTOMER",
    "kind": "PAY",
    "due_on": "2026-06-30",
    "amount": {"amount": "5000.00", "currency": "CNY"},
    "invoices": [{"source": "erp", "number": "2026-2207"}],
}
_SHOWN = {"id": _PROMISE_ID, "customer_id": _ID, **_TO_PAY, "state": "PENDING", "made_on": "2026-06-20", "version": 1}
_SPENT = {"kind": "PROMOTION", "spent_on": "2026-05-12", "cost": {"amount": "800.00", "currency": "CNY"}, "hours": "6"}


def page_of(item: Any) -> dict[str, Any]:
    """One page that goes on."""
    return answer("One page", {"items": [item], "next_cursor": "AbC...", "next": "https://cards.example/v1/...?cursor=AbC..."})


TO_PAY = example({**_TO_PAY, "text": "Mrs Wang, by telephone: half of it by the end of June"})
END = example({"on": "2026-06-29"})
INVESTMENT = example({**_SPENT, "note": "Opening of the second shop"})

MADE = answer("It is there; the ETag is its version", {"id": _PROMISE_ID, "customer_id": _ID, "state": "PENDING"})
ENDED = answer("Done; the ETag is the new version", {"id": _PROMISE_ID, "customer_id": _ID, "state": "KEPT"})
PROMISE = answer("The promise; its version is the ETag", {**_SHOWN, "text": "Half of it by the end of June"})
PROMISES = page_of({**_SHOWN, "name": "Hua Xin Trading Co.", "salesperson_id": "wang"})
INVESTED = answer("Recorded", {"id": _INVESTMENT_ID, "customer_id": _ID})
INVESTMENTS = page_of({"id": _INVESTMENT_ID, **_SPENT, "decided_by": "43ada27a-4e80-5457-9073-37511ade2373"})
