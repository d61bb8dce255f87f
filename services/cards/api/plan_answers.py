"""One example an answer about collecting and paying, shown in the API's document."""

from __future__ import annotations

from services.cards.api.promise_answers import page_of

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_NAMED = {"customer_id": _ID, "name": "Hua Xin Trading Co.", "salesperson_id": "wang"}


def _cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


COLLECTION = page_of(
    {
        **_NAMED,
        "why": "OVERDUE",
        "to_collect": _cny("500.00"),
        "overdue": _cny("500.00"),
        "disputed": _cny("300.00"),
        "promised": _cny("0.00"),
        "oldest_due_on": "2026-02-09",
        "days_overdue": 141,
        "promises_due": 0,
        "promises_broken": 0,
        "credit_level": "act",
        "value_class": "B",
        "invoices": [
            {
                "source": "erp",
                "number": "2026-0101",
                "due_on": "2026-02-09",
                "days_overdue": 141,
                "open": _cny("500.00"),
                "disputed": _cny("0.00"),
            }
        ],
    }
)
PAYMENTS = page_of(
    {
        **_NAMED,
        "why": "PROMISED",
        "amount": _cny("1200.00"),
        "due_on": "2026-07-15",
        "promise_id": "0c1d1c5e-5a75-5d5c-8f0e-0d9f4e0d7b11",
    }
)
