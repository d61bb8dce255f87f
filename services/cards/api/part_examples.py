"""Examples of what is said about a customer, and of the answers, shown in the API's document."""

from __future__ import annotations

from services.cards.api.answers import answer
from services.cards.api.examples import example

_VISIT = {"source": "SALESPERSON", "observed_on": "2026-03-02", "reference": "V-118"}
_FORM = {"source": "QUESTIONNAIRE", "observed_on": "2026-03-05", "reference": "Q-7"}
_REPORT = {
    "source": "AGENCY",
    "agency": "Harbour Credit",
    "observed_on": "2026-03-09",
    "reference": "R-2026-31",
    "cost": {"amount": "800.00", "currency": "CNY"},
}
_CUSTOMER = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_TASK = "0190f7a4-1111-7000-8000-000000000001"

CHARACTERISTICS = example(
    {
        "provenance": _VISIT,
        "service_area": "Hangzhou and Shaoxing",
        "sales_power": 4,
        "potential": 5,
        "philosophy": "Few brands, each of them in depth",
        "policy": "Builds up the county towns",
        "staff": 36,
        "annual_sales": {"amount": "12000000.00", "currency": "CNY"},
        "management_traits": "Decides himself, and fast",
    }
)
BUSINESS_STATUS = example(
    {
        "provenance": _FORM,
        "sales_results": [{"year": 2025, "sales": {"amount": "11800000.00", "currency": "CNY"}}],
        "annual_purchases": {"amount": "1500000.00", "currency": "CNY"},
        "share_with_us": 35,
        "managers_quality": 4,
        "staff_quality": 3,
        "competitors": "Buys fittings from two others",
        "business_tie": "CONTRACT",
        "attitude": "COOPERATIVE",
    }
)
TRADE_STATUS = example(
    {
        "provenance": _REPORT,
        "activity": "Sells our whole range",
        "problems": "Stock is low before the season",
        "advantages": "Three shops in good places",
        "measures": "Agree on deliveries before the season",
        "reputation": 4,
        "credit_status": "FAIR",
        "trade_conditions": "30 days net",
        "days_late": 6,
        "credit_problems": [
            {"happened_on": "2024-08-19", "kind": "LATE_PAYMENT", "amount": {"amount": "4200.00", "currency": "CNY"}}
        ],
    }
)
DECISION_MAKER = example(
    {"provenance": _VISIT, "role": "PURCHASING", "person": {"name": "Wang Min", "telephone": "+8613800138000"}}
)
NEED = example({"provenance": _VISIT, "kind": "SERVICE", "text": "Deliveries before nine in the morning"})
NEED_RECORDED = answer(
    "Recorded; the ETag is the card's new version", {"customer_id": _CUSTOMER, "need_id": "0190f7a4-1111-7000-8000-000000000002"}
)
ACTION = example({"action": "First stop of the morning tour", "taken_on": "2026-03-09", "met": True})
VERIFICATION = example({"task_id": _TASK, "outcome": "REFUTED", "verified_on": "2026-03-20"})
OPEN_VERIFICATIONS = answer(
    "One page",
    {
        "items": [
            {
                "task_id": _TASK,
                "customer_id": _CUSTOMER,
                "name": "Hua Xin Trading Co.",
                "salesperson_id": "wang",
                "field": "business.annual_purchases",
                "stated": "1500000.00",
                "known": "880000.00",
                "known_from": "LEDGER",
                "currency": "CNY",
                **_FORM,
                "entered_at": "2026-03-06T08:15:30.123456Z",
                "entered_by": "43ada27a-4e80-5457-9073-37511ade2373",
            }
        ]
    },
)
CARD = answer(
    "The card as it stands: basics and marks, then each field of its parts with what is known about it. The ETag is the card's version",
    {
        "customer_id": _CUSTOMER,
        "stub": False,
        "kind": "COMPANY",
        "name": "Hua Xin Trading Co.",
        "external_ids": [{"system": "erp", "value": "K-1077"}],
        "marks": {"shop_kind": "WHOLESALE"},
        "salesperson_id": "wang",
        "stage": "TRADING",
        "channel": "DIRECT",
        "parts": {
            "trade": {
                "days_late": {
                    "value": 6,
                    **_REPORT,
                    "valid_from": "2026-03-09",
                    "entered_at": "2026-03-10T08:15:30.123456Z",
                    "entered_by": "43ada27a-4e80-5457-9073-37511ade2373",
                    "verified": {"outcome": "CONFIRMED", "on": "2026-03-20", "by": "6a0f6e8c-3f6b-5b54-8a43-0d3f4a1c7e11"},
                    "confidence": "0.95",
                }
            }
        },
        "needs": [],
        "open_verifications": [],
    },
)
