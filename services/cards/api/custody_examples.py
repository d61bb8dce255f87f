"""One example a request and an answer about visits and cards that are out, shown in the API's document."""

from __future__ import annotations

from services.cards.api.answers import answer
from services.cards.api.examples import example

_ID = "df93c5a8-dfea-5f5b-a254-1e58423d36b1"
_VISIT_ID = "0190f7a4-1111-7000-8000-000000000031"
_DONE = {"visit_id": _VISIT_ID, "customer_id": _ID, "salesperson_id": "E-12"}
_TIMES = {"out_at": "2026-06-20T00:40:00.000000Z", "back_at": "2026-06-20T09:05:00.000000Z"}

VISIT_BODY = example({"planned_on": "2026-06-20", "salesperson_id": "E-12"})
PERSON_BODY = example({"salesperson_id": "E-12"})
NOTHING = example({})
PLANNED = answer("Planned", {**_DONE, "state": "PLANNED"})
CANCELLED = answer("It does not take place", {**_DONE, "state": "CANCELLED"})
OUT = answer("The card goes along", {**_DONE, "state": "OUT"})
RETURNED = answer("The card is back", {**_DONE, "state": "RETURNED"})
CUSTODY = answer(
    "`card` is IN, OUT or OVERDUE",
    {
        "customer_id": _ID,
        "card": "OUT",
        "with": "E-12",
        "visit_id": _VISIT_ID,
        "due_on": "2026-06-20",
        "visits": [{"visit_id": _VISIT_ID, "salesperson_id": "E-12", "planned_on": "2026-06-20"}],
        "history": [{"did": "CHECKED_OUT", "salesperson_id": "E-12", "visit_id": _VISIT_ID, "at": "2026-06-20T00:40:00.000000Z"}],
    },
)
_SHOWN = {**_DONE, "name": "Hua Xin Trading Co.", "planned_on": "2026-06-20", "card": "RETURNED"}
VISITS = answer("One page", {"items": [{**_SHOWN, "card_read_at": "2026-06-20T00:31:00.000000Z", **_TIMES}]})
