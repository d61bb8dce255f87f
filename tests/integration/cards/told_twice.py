"""A fold of its own over exported events: what a customer's card and ledger say on a day by what was known on a day.

It knows the events from their documents only and shares no code with the service: of each field, all statements are collected,
and that of the latest day stands, of one day the latest in the stream.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

_EXPORT = "SELECT customer_id, stream, version, type, occurred_at, recorded_at, body::text FROM cards.published_events ORDER BY stream, version"
_PARTS = {
    "characteristics-revised": "characteristics",
    "business-status-revised": "business",
    "trade-status-revised": "trade",
}
_BASICS = (
    "kind name person_name place country address telephone email contacts postal owner manager legal_representative traits founded_on "
    "trading_since legal_form assets"
).split()
_MARKS = "nature shop_kind industry ownership location".split()
_SIGNS = {
    "invoice-issued": ("issued_on", 1),
    "payment-received": ("received_on", -1),
    "credit-noted": ("noted_on", -1),
    "payment-made": ("paid_on", 1),
}
_TURNOVER = {"sale-recorded": ("sold_on", 1), "goods-returned": ("returned_on", -1)}


@dataclass(frozen=True)
class Told:
    """An exported event. `holds` and `known`: its two days."""

    version: int
    name: str
    holds: date
    known: date
    body: dict[str, Any]


async def exported(pool: asyncpg.Pool, zone: ZoneInfo) -> dict[UUID, list[Told]]:
    """All events by customer, as another service's role reads them."""
    found: dict[UUID, list[Told]] = defaultdict(list)
    for customer, _, version, kind, occurred, recorded, body in await pool.fetch(_EXPORT):
        name = kind.removeprefix("regulars.cards.").removesuffix(".v1")
        found[customer].append(Told(version, name, _day(occurred, zone), _day(recorded, zone), json.loads(body)))
    return found


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _known(events: Iterable[Told], as_of: date, known_at: date) -> list[Told]:
    return [one for one in events if one.holds <= as_of and one.known <= known_at]


def card(events: Iterable[Told], as_of: date, known_at: date) -> dict[str, Any]:
    """Every field with something in it; empty where there was no card: one begins on the day from which its registration holds."""
    said: dict[str, list[tuple[date, int, Any]]] = defaultdict(list)
    known = _known(events, as_of, known_at)
    if all(one.name != "customer-registered" for one in known):
        return {}
    for one in known:
        for field, value in _statements(one):
            said[field].append((one.holds, one.version, value))
    latest = {field: max(several, key=lambda s: s[:2])[2] for field, several in said.items()}
    return {field: value for field, value in latest.items() if value not in (None, [], {})}


def _statements(one: Told) -> Iterator[tuple[str, Any]]:
    body = one.body
    match one.name:
        case "customer-registered":
            yield from ((f"basics.{name}", value) for name, value in body["basics"].items())
            yield from ((f"marks.{name}", value) for name, value in body.get("marks", {}).items())
            yield from ((name, body.get(name)) for name in ("area_id", "salesperson_id"))
        case "basics-revised":
            yield from ((f"basics.{name}", body["basics"].get(name)) for name in _BASICS if name not in body.get("kept", ()))
        case "marks-assigned":
            yield from ((f"marks.{name}", body["marks"].get(name)) for name in _MARKS)
        case "salesperson-assigned":
            yield from ((name, body.get(name)) for name in ("area_id", "salesperson_id"))
        case "trade-terms-agreed":
            yield "terms", {name: body.get(name) for name in ("payment_days", "credit_limit", "agreed_on")}
        case "decision-maker-named":
            yield "decision_maker", {"role": body["role"], "person": body["person"]}
        case name if name in _PARTS:
            for field, value in body.get("stated", {}).items():
                if field == "sales_results":
                    yield from ((f"business.sales_results.{year['year']}", year["sales"]) for year in value)
                else:
                    yield f"{_PARTS[name]}.{field}", value
            yield from ((f"{_PARTS[name]}.{field}", None) for field in body.get("withdrawn", ()))


def salesperson_by_day(events: Iterable[Told], days: Iterable[date], known_at: date) -> dict[date, str | None]:
    """Whose customer it was on each of the days."""
    return {day: card(events, day, known_at).get("salesperson_id") for day in days}


def balance(events: Iterable[Told], as_of: date, known_at: date) -> dict[str, Decimal]:
    """Invoices and refunds less payments and credit notes, by currency: what is open less the credit that is left."""
    return _sums(_known(events, as_of, known_at), _SIGNS, "amount")


def turnover(events: Iterable[Told], as_of: date, known_at: date) -> dict[str, Decimal]:
    return _sums(_known(events, as_of, known_at), _TURNOVER, "net")


def turnover_of_month(events: Iterable[Told], as_of: date, known_at: date) -> dict[str, Decimal]:
    first = as_of.replace(day=1)
    return _sums([one for one in _known(events, as_of, known_at) if one.holds >= first], _TURNOVER, "net")


def _sums(events: Iterable[Told], signs: dict[str, tuple[str, int]], money: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in events:
        if one.name in signs:
            day, sign = signs[one.name]
            # The day of a fact stands in its body too.
            assert date.fromisoformat(one.body[day]) == one.holds
            found[one.body[money]["currency"]] += sign * Decimal(one.body[money]["amount"])
    return dict(found)
