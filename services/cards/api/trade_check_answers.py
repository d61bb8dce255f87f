"""One example an answer of the trade check, shown in the API's document."""

from __future__ import annotations

from services.cards.api.answers import Responses

_BODY = {
    "customer_id": "df93c5a8-dfea-5f5b-a254-1e58423d36b1",
    "as_of": "2026-06-30",
    "order": {"amount": "500.00", "currency": "CNY"},
    "credit_limit": {"amount": "2000.00", "currency": "CNY"},
}
_OPEN = {"currency": "CNY", "exposure": "1800.00", "disputed": "0.00", "overdue": "0.00"}
_FIGURES = {"currency": "CNY", "credit_limit": "2000.00", "exposure": "1800.00", "order": "500.00", "exposure_after": "2300.00"}
_BEYOND = "1,800.00 CNY are open and 500.00 CNY ordered: 300.00 CNY more than the limit of 2,000.00 CNY."
_WITHIN = {
    **_BODY,
    "decision": "allowed",
    "order": {"amount": "100.00", "currency": "CNY"},
    "owing": [_OPEN],
    "reasons": [
        {
            "decision": "allowed",
            "code": "WITHIN_LIMIT",
            "sentence": "1,800.00 CNY are open and 100.00 CNY ordered, within the limit of 2,000.00 CNY.",
            "figures": {**_FIGURES, "order": "100.00", "exposure_after": "1900.00", "left": "100.00"},
        }
    ],
}
_HELD = {
    **_BODY,
    "decision": "hold",
    "owing": [_OPEN],
    "reasons": [
        {"decision": "hold", "code": "LIMIT_EXCEEDED", "sentence": _BEYOND, "figures": {**_FIGURES, "beyond": "300.00"}},
    ],
}
_STOPPED = {
    **_BODY,
    "decision": "stop",
    "restriction": "STOP",
    "credit_level": "stop",
    "credit_grade": "SHRINK",
    "owing": [_OPEN],
    "reasons": [
        {
            "decision": "stop",
            "code": "TRADE_STOPPED",
            "sentence": "Credit control has stopped trade on 2026-06-12.",
            "figures": {"since": "2026-06-12", "alert_id": "a0cfb5cd-51ea-5b37-9c2d-6a4a4dd2a2b9"},
        },
        {"decision": "hold", "code": "LIMIT_EXCEEDED", "sentence": _BEYOND, "figures": {**_FIGURES, "beyond": "300.00"}},
    ],
}
_EXAMPLES = {"allowed": {"value": _WITHIN}, "hold": {"value": _HELD}, "stop": {"value": _STOPPED}}

CHECKED: Responses = {
    200: {
        "description": "`allowed`, `hold` (somebody has to look at it) or `stop`, with every reason, the worst first",
        "content": {"application/json": {"examples": _EXAMPLES}},
    },
    404: {"description": "CUSTOMER_UNKNOWN: no customer has this id or number"},
    503: {"description": "POSITION_NOT_REACHED: what was recorded at min_position is not folded yet; ask again"},
}
