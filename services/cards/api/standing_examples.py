"""One example a request and an answer about where customers stand: in the organisation, in trade, under dealers, with intents."""

from __future__ import annotations

from services.cards.api.answers import answer
from services.cards.api.examples import example

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_DEALER = "0b52f0f4-5a43-5c0b-8e0f-8a1c5d8f2b10"
_INTENT = "7a1e4bb5-93a6-5a3e-9f0a-5f3a8e5c9d21"
_AREA = {
    "area_id": "EAST",
    "name": "East China",
    "parent_id": "CHINA",
    "superior_id": "E-07",
    "custodian_id": "E-12",
    "salespeople": ["E-44", "E-45"],
}
_SAID = {
    "number": "I-2026-031",
    "intent_class": "SHOWROOM",
    "grade": "B",
    "expected_on": "2026-09-30",
    "expected": {"amount": "80000.00", "currency": "CNY"},
}
_OPEN = {"id": _INTENT, "customer_id": _ID, "state": "OPEN", **_SAID, "opened_on": "2026-06-02", "version": 1}
_OPEN["graded_at"] = "2026-06-02T08:15:30.123456Z"

AREA_BODY = example({"name": "East China", "parent_id": "CHINA"})
SUPERIOR_BODY = example({"superior_id": "E-07", "valid_from": "2026-01-01"})
CUSTODIAN_BODY = example({"custodian_id": "E-12"})
SALESPERSON_BODY = example({"valid_from": "2026-03-01"})
STANDARD_BODY = example({"conditions": [{"code": "LICENCE", "text": "A business licence that is valid for a year at least"}]})
ADMISSION_BODY = example({"checks": [{"code": "LICENCE", "met": True, "note": "Seen on the visit"}]})
START_BODY = example({"valid_from": "2026-03-01"})
END_BODY = example({"reason": "CLOSED_DOWN", "valid_from": "2026-06-30"})
DEALER_BODY = example({"dealer_id": _DEALER, "valid_from": "2026-03-01"})
INTENT_BODY = example({**_SAID, "text": "Wants to refit the shop at the station"})
GRADE_BODY = example({"grade": "A", "intent_class": "SHOWROOM", "reason": "QUOTE_ACCEPTED"})
WON_BODY = example({"order_number": "O-5521"})
LOST_BODY = example({"reason": "COMPETITOR", "lost_on": "2026-08-12"})

AREA_CHANGED = answer("Done; the ETag is the organisation's new version", {"area_id": "EAST"})
AREA = answer("The area; its ETag is the organisation's version", _AREA)
AREAS = answer("All of them; the ETag is the organisation's version", {"items": [_AREA]})
SALESPEOPLE = answer(
    "All of them; the ETag is the organisation's version",
    {"items": [{"salesperson_id": "E-44", "area_id": "EAST", "since": "2026-03-01", "superior_id": "E-07"}]},
)
RESPONSIBLE = answer(
    "Who answers for the customer and for its card",
    {"customer_id": _ID, "area_id": "EAST", "salesperson_id": "E-44", "superior_id": "E-07", "custodian_id": "E-12"},
)
STANDARD_PUBLISHED = answer("Published; the ETag is the new version", {})
STANDARD = answer(
    "The newest version", {"version": 3, "conditions": [{"code": "LICENCE", "text": "A business licence that is valid"}]}
)
DEALER_CHANGED = answer("Done; the ETag is the card's new version", {"customer_id": _ID, "dealer_id": _DEALER})
SUB_DISTRIBUTORS = answer(
    "One page; those right under the dealer first",
    {"items": [{"customer_id": _ID, "dealer_id": _DEALER, "since": "2026-03-01", "depth": 1, "name": "Hua Xin Trading Co."}]},
)
INTENT_OPENED = answer("Opened", {"id": _INTENT, "customer_id": _ID, "number": "I-2026-031", "state": "OPEN"})
INTENT_CHANGED = answer("Done; the ETag is the intent's new version", {"id": _INTENT, "customer_id": _ID, "state": "OPEN"})
INTENT = answer("The intent; its version is the ETag", {**_OPEN, "text": "Wants to refit the shop at the station"})
INTENTS = answer(
    "One page; the nearest grade first", {"items": [{**_OPEN, "name": "Hua Xin Trading Co.", "salesperson_id": "wang"}]}
)
_SOLD = [{"net": {"amount": "310.00", "currency": "CNY"}, "sales": 1, "last_sold_on": "2026-03-12"}]
SUB_SALES = answer(
    "In all, and one page of those to whom it was sold",
    {"dealer_id": _DEALER, "totals": _SOLD, "items": [{"customer_id": _ID, "name": "Hua Xin Trading Co.", "totals": _SOLD}]},
)
SUB_PURCHASES = answer(
    "One page",
    {
        "items": [
            {
                "id": "5c24ae05-d304-547d-8299-fcf10464f722",
                "type": "sub_sale",
                "source": "erp",
                "source_event_id": "SO-44",
                "dealer_id": _DEALER,
                "sold_on": "2026-03-12",
                "net": {"amount": "310.00", "currency": "CNY"},
                "recorded_at": "2026-03-13T08:15:30.123456Z",
            }
        ]
    },
)
