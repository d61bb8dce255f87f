"""One example an answer, shown in the API's document."""

from __future__ import annotations

from typing import Any

Responses = dict[int | str, dict[str, Any]]

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_FACT_ID = "5c24ae05-d304-547d-8299-fcf10464f722"
_JOB_ID = "9396d612-9224-5c66-a4eb-54c61a1a140a"
_CARD = {
    "customer_id": _ID,
    "stub": False,
    "kind": "COMPANY",
    "name": "Hua Xin Trading Co.",
    "external_ids": [{"system": "erp", "value": "K-1077"}],
    "marks": {"shop_kind": "WHOLESALE"},
    "salesperson_id": "wang",
    "stage": "TRADING",
    "channel": "DIRECT",
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
    "days_beyond_terms": "12.5",
    "credit_limit": "2000.00",
    "available": "200.00",
    "over_limit": False,
}
ITEM = {
    "source": "erp",
    "number": "2026-2207",
    "issued_on": "2026-05-01",
    "due_on": "2026-05-31",
    "amount": "300.00",
    "open": "300.00",
    "days_overdue": 30,
    "disputed": "300.00",
}
_OWES = {"customer_id": _ID, "name": "Hua Xin Trading Co.", "salesperson_id": "wang", "payment_days": 30, "as_of": "2026-06-30"}


def answer(description: str, example: Any) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"example": example}}}


def _page(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": "AbC...", "next": "https://cards.example/v1/...?cursor=AbC..."}


def _verdicts(status: str, **more: Any) -> dict[str, Any]:
    flaw = {
        "pointer": "#/net/amount",
        "code": "AMOUNT_NEGATIVE",
        "detail": "the kind of fact says the direction; amounts are positive",
    }
    problem = {
        "type": "/problems/validation-failed",
        "title": "Some fields are not valid",
        "status": 422,
        "code": "VALIDATION_FAILED",
    }
    return {
        "summary": {"total": 2, status: 1, "rejected": 1},
        "items": [
            {"index": 0, "status": status, **more},
            {"index": 1, "status": "rejected", "problem": {**problem, "errors": [flaw]}},
        ],
    }


REGISTERED = answer("The card is there", {"customer_id": _ID, "status": "registered"})
CHANGED = answer("Done; the ETag is the card's new version", {"customer_id": _ID})
CARDS = answer("One page", _page(_CARD))
FOUND = answer("Who was found", {"items": [{"customer_id": _ID}]})
CARDS_BULK = answer("One verdict an item, also where all are refused", _verdicts("recorded", id=_ID))
RECORDED = answer("Recorded", {"id": _FACT_ID, "status": "recorded", "customer_id": _ID})
DUPLICATE = answer("Recorded before with this content", {"id": _FACT_ID, "status": "duplicate", "customer_id": _ID})
FACTS_BULK = answer("One verdict an item, also where all are refused", _verdicts("recorded", id=_FACT_ID, customer_id=_ID))
RECEIVABLES = answer("What is owed at the end of the day", {**_OWES, "balances": [{**_BALANCE, "items": [ITEM]}]})
OWING = answer("One page", _page({**_OWES, "balances": [_BALANCE]}))
LEDGER = answer(
    "One page",
    _page(
        {
            "id": _FACT_ID,
            "type": "sale",
            "source": "erp",
            "source_event_id": "S-90117",
            "sold_on": "2026-03-02",
            "net": {"amount": "1250.00", "currency": "CNY"},
            "recorded_at": "2026-03-02T08:15:30.123456Z",
        }
    ),
)
STORED = answer("The body is stored; the job is at the Location", {"job_id": _JOB_ID, "state": "stored"})
IMPORT = answer(
    "How far the job is",
    {
        "job_id": _JOB_ID,
        "kind": "transactions",
        "source": "erp",
        "ends": False,
        "on_error": "continue",
        "state": "done",
        "lines": 100000,
        "lines_read": 100000,
        "recorded": 99990,
        "duplicate": 8,
        "conflict": 0,
        "rejected": 2,
        "made_at": "2026-03-02T08:15:30.123456Z",
        "ended_at": "2026-03-02T08:15:42.123456Z",
    },
)
LINE_ERRORS = answer(
    "One page", _page({"line": 17, "pointer": "#/net/amount", "code": "AMOUNT_TOO_PRECISE", "detail": "more than 2 decimals"})
)
CANCELLING = answer("It stops after what it has in hand", {"job_id": _JOB_ID, "state": "running"})
DECLARED = answer(
    "Recorded, or unchanged where it was said before", {"source": "erp", "fact_kind": "payments", "status": "recorded"}
)
CHANGES = answer(
    "Field by field, in the order of the days from which they hold; what is personal is withheld from callers without `cards.pii.read`",
    {
        "customer_id": _ID,
        "items": [
            {
                "field": "marks.shop_kind",
                "holds_from": "2026-05-04",
                "recorded_at": "2026-05-06T02:11:09.120771Z",
                "before": "WHOLESALE",
                "after": "CHAIN",
                "decided_by": "6f7c1f4e-9a54-5b0e-8c55-0d9b5e6f3a21",
                "source": "SALESPERSON",
                "observed_on": "2026-05-04",
            }
        ],
    },
)
ASSIGNMENTS = answer(
    "The oldest first; no `until`: to this day",
    {
        "customer_id": _ID,
        "items": [
            {
                "since": "2026-01-05",
                "recorded_at": "2026-01-05T01:00:00.000000Z",
                "area_id": "EAST",
                "salesperson_id": "wang",
                "until": "2026-05-31",
                "decided_by": "43ada27a-4e80-5457-9073-37511ade2373",
            },
            {
                "since": "2026-06-01",
                "recorded_at": "2026-06-03T01:00:00.000000Z",
                "area_id": "EAST",
                "salesperson_id": "li",
                "decided_by": "43ada27a-4e80-5457-9073-37511ade2373",
            },
        ],
    },
)
_UNDISPUTED = {
    name: value for name, value in _BALANCE.items() if name not in ("disputed", "disputed_overdue", "days_beyond_terms")
}
STANDING = answer(
    "What was owed and bought, by what was known",
    {
        "customer_id": _ID,
        "as_of": "2026-06-30",
        "known_at": "2026-07-02",
        "payment_days": 30,
        "balances": [{**_UNDISPUTED, "items": [{name: value for name, value in ITEM.items() if name != "disputed"}]}],
        "turnover": [{"currency": "CNY", "month": "1000.00", "year": "2100.00", "total": "9400.00"}],
    },
)
_HEALTH = {
    "customer_id": _ID,
    "name": "Hua Xin Trading Co.",
    "salesperson_id": "wang",
    "stub": False,
    "stage": "TRADING",
    "time_series": "NEW",
    "complete": False,
    "required": 12,
    "filled": 11,
    "missing": ["basics.legal_form"],
    "first_sale": {"recorded_at": "2026-03-02T08:15:30.123456Z", "missing": ["basics.legal_form", "terms"], "on": "2026-03-02"},
}
_DELAY = {"statements": 14, "mean_days": "2.4", "median_days": 1}
HEALTH = answer(
    "What the card has and lacks",
    {
        **_HEALTH,
        "to_fill": ["basics.assets"],
        "fields": [
            {
                "field": "trade.credit_status",
                "holds_from": "2026-05-04",
                "entered_at": "2026-05-06T02:11:09.120771Z",
                "age_days": 57,
                "stale": False,
                "source": "SALESPERSON",
                "observed_on": "2026-05-04",
                "delay_days": 2,
            }
        ],
        "waiting": ["business.annual_purchases"],
        "delay": _DELAY,
    },
)
HEALTHS = answer("One page", _page(_HEALTH))
KEEPERS = answer(
    "By salesperson; cards of nobody have no `salesperson_id`",
    {
        "as_of": "2026-06-30",
        "items": [
            {
                "salesperson_id": "wang",
                "cards": 40,
                "complete": 31,
                "required": 452,
                "filled": 430,
                "incomplete_at_first_sale": 3,
                "complete_share": "0.775",
                "filled_share": "0.951",
                "stale_share": "0.120",
                "delay": _DELAY,
            }
        ],
    },
)
