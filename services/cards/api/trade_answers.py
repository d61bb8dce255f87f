"""One example an answer about trade and collections, shown in the API's document."""

from __future__ import annotations

from services.cards.api.answers import answer

_WHO = {
    "customer_id": "df93c5a8-dfea-5f5b-a254-1e58423d36b1",
    "name": "Hua Xin Trading Co.",
    "area_id": "EAST",
    "salesperson_id": "wang",
}
_RESULT = {"currency": "CNY", "sales": 3, "sold": "4200.00", "returned": "200.00", "net": "4000.00", "share": "0.250000"}
_MONTH = {name: value for name, value in _RESULT.items() if name != "currency"}
_TOTAL = {"currency": "CNY", "sales": 14, "sold": "16400.00", "returned": "400.00", "net": "16000.00"}
_BALANCE = {
    "currency": "CNY",
    "sales": "4000.00",
    "invoiced": "4520.00",
    "credited": "120.00",
    "collected": "3300.00",
    "difference": "1100.00",
    "collection_rate": "0.7500",
    "outstanding": "1800.00",
    "overdue": "300.00",
}
_PERIOD = {"from": "2026-05-01", "to": "2026-06-30"}
_DAY = {"day": "2026-06-29", "sales": 1, "sold": "1400.00", "returned": "0.00", "net": "1400.00"}
_GAP = {"median": "7", "from": "6", "to": "8"}

RESULTS = answer(
    "One page; `total` is that of all customers asked for",
    {"from": "2026-06-29", "to": "2026-06-29", "by": "customer", "total": [_TOTAL], "items": [{**_WHO, "results": [_RESULT]}]},
)
BALANCE = answer(
    "One page",
    {**_PERIOD, "by": "customer", "as_of": "2026-06-30", "total": [_BALANCE], "items": [{**_WHO, "balances": [_BALANCE]}]},
)
DORMANT = answer(
    "One page",
    {
        "items": [
            {
                **_WHO,
                "registered_on": "2024-02-01",
                "first_on": "2024-02-05",
                "last_on": "2026-01-20",
                "days_silent": 161,
                "usual_gap_days": 9,
                "last_purchase": [{"amount": "1400.00", "currency": "CNY"}],
                "value_then": [{"amount": "51200.00", "currency": "CNY"}],
            }
        ]
    },
)
TRADE = answer(
    "The situation today, and the habits of the last year",
    {
        **{name: value for name, value in _WHO.items() if name != "name"},
        "as_of": "2026-06-30",
        "purchasing": "BUYING",
        "first_on": "2024-02-05",
        "last_on": "2026-06-29",
        "days_silent": 1,
        "usual_gap_days": 7,
        "currencies": [
            {
                "currency": "CNY",
                "days": [_DAY],
                "months": [{"month": "2026-06", **_MONTH}],
                "years": [{"year": "2026", **_MONTH, "share": "0.031250"}],
            }
        ],
        "habits": {
            "purchase_days": 52,
            "since": "2025-07-02",
            "gap_days": _GAP,
            "usual_weekday": "MONDAY",
            "sizes": [{"currency": "CNY", "median": "1350.00", "from": "1100.00", "to": "1500.00"}],
            "usual_articles": [{"article": "A-11", "days": 40, "quantity": {"median": "12", "from": "10", "to": "20"}}],
        },
        "terms": {
            "payment_days": 30,
            "kept": [{"currency": "CNY", "settled": 49, "on_time": "0.9388", "days_late": "-1.5"}],
        },
    },
)
