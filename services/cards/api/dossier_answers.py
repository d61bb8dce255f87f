"""One example an answer about the pages of a customer, shown in the API's document."""

from __future__ import annotations

from services.cards.api.answers import ITEM, answer
from services.cards.api.promise_answers import page_of

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_COMPLAINT = {
    "complaint_id": "4d0e4e2b-56c4-5a5b-8b1c-bf1f1b0a9c55",
    "kind": "QUALITY",
    "channel": "HOTLINE",
    "state": "OPEN",
    "received_on": "2026-06-12",
    "disputed": True,
    "invoices": [{"source": "erp", "number": "2026-2207"}],
    "claimed": {"amount": "300.00", "currency": "CNY"},
}
_ALERT = {
    "alert_id": "a0cfb5cd-51ea-5b37-9c2d-6a4a4dd2a2b9",
    "kind": "credit",
    "level": "act",
    "state": "OPEN",
    "true_on": "2026-06-20",
    "opened_at": "2026-06-20T16:00:00Z",
    "channel": "CNY",
    "rule_id": "overdue_debt",
    "reasons": [{"code": "OVERDUE", "sentence": "500.00 CNY are overdue since 141 days.", "figures": {"days": 141}}],
}
_BALANCE = {
    "currency": "CNY",
    "outstanding": "1800.00",
    "ageing": {"not_due": "1000.00", "days_1_30": "300.00", "days_31_60": "0.00", "days_61_90": "0.00", "over_90": "500.00"},
    "overdue": "800.00",
    "disputed": "300.00",
    "disputed_overdue": "300.00",
    "unallocated": "0.00",
    "exposure": "1800.00",
    "credit_limit": "2000.00",
    "available": "200.00",
    "over_limit": False,
}
_GRADE = {
    "grade": "SHRINK",
    "since": "2026-05-31",
    "points": 3,
    "reasons": [
        {
            "code": "OVERDUE_SHARE",
            "sentence": "50.0 % of what is open in CNY is overdue and not disputed.",
            "figures": {"overdue": "500.00", "open": "1000.00", "currency": "CNY", "share_percent": "50.0", "points": 2},
        }
    ],
    "expected_change": [{"amount": "-500.00", "currency": "CNY"}],
    "standard_version": 1,
}
_PROMISE = {
    "id": "0c1d1c5e-5a75-5d5c-8f0e-0d9f4e0d7b11",
    "made_by": "CUSTOMER",
    "kind": "PAY",
    "state": "PENDING",
    "made_on": "2026-06-20",
    "due_on": "2026-06-30",
    "amount": {"amount": "500.00", "currency": "CNY"},
    "version": 1,
}
_COSTS = [{"amount": "800.00", "currency": "CNY"}]
_INVESTED = {"times": 1, "hours": "6", "costs": _COSTS, "last_on": "2026-05-12"}
_NAMED = {"name": "Hua Xin Trading Co.", "salesperson_id": "wang"}

DOSSIER = answer(
    "All that is known of the customer",
    {
        "customer_id": _ID,
        "as_of": "2026-06-30",
        "record": {"customer_id": _ID, "kind": "COMPANY", **_NAMED, "external_ids": [{"system": "erp", "value": "K-1077"}]},
        "statistics": {
            "value_class": {
                "value_class": "A",
                "standard": "value-class",
                "standard_version": 2,
                "period_from": "2025-07-01",
                "period_to": "2026-06-30",
                "rank": 3,
                "share": "0.071",
                "net": {"amount": "51200.00", "currency": "CNY"},
                "reason": "SHARE",
            },
            "credit_grade": _GRADE,
            "trade": {
                "customer_id": _ID,
                "as_of": "2026-06-30",
                "purchasing": "BUYING",
                "first_on": "2024-03-11",
                "last_on": "2026-06-22",
                "usual_gap_days": 14,
                "currencies": [],
                "habits": {"purchase_days": 52, "since": "2025-07-02"},
                "terms": {"payment_days": 30, "kept": []},
            },
            "receivables": [{**_BALANCE, "items": [ITEM]}],
        },
        "complaints": {"open": [_COMPLAINT], "received": 4, "withdrawn": 1},
        "alerts": {"open": [_ALERT], "opened": 2},
        "promises": {"pending": [{**_PROMISE, "customer_id": _ID}], "ended": {"CUSTOMER": {"KEPT": 3, "BROKEN": 1, "WAIVED": 0}}},
        "invested": {**_INVESTED, "kinds": [{"kind": "PROMOTION", **_INVESTED}]},
    },
)
CREDIT_CARD = answer(
    "The customer's credit",
    {
        "customer_id": _ID,
        "as_of": "2026-06-30",
        **_NAMED,
        "terms": {"payment_days": 30, "agreed_on": "2026-01-05", "credit_limit": {"amount": "2000.00", "currency": "CNY"}},
        "value_class": "A",
        "credit_grade": _GRADE,
        "balances": [{**_BALANCE, "items": [ITEM]}],
        "disputes": [_COMPLAINT],
        "alerts": [_ALERT],
        "promises": [{**_PROMISE, "customer_id": _ID}],
        "past_problems": {"stated": {}, "alerts": [], "promises_broken": []},
        "agency_report": {},
    },
)
REGISTER = page_of(
    {
        "customer_id": _ID,
        "external_ids": [{"system": "erp", "value": "K-1077"}],
        "kind": "COMPANY",
        **_NAMED,
        "stage": "TRADING",
        "payment_days": 30,
        "credit_limit": {"amount": "2000.00", "currency": "CNY"},
        "value_class": "A",
        "credit_level": "act",
        "receivables": [
            {"currency": "CNY", "outstanding": "1800.00", "overdue": "800.00", "disputed": "300.00", "unallocated": "0.00"}
        ],
        "open_complaints": 1,
        "open_alerts": 1,
        "promises_pending": 1,
        "promises_late": 0,
        "last_bought_on": "2026-06-22",
    }
)
