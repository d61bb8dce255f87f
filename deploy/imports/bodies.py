"""Bodies of the API from rows of a file. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from deploy.imports.files import BadLine, Row
from deploy.imports.mapping import Layout
from shared.contracts.money import decimals

Body = dict[str, Any]

_EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """A body with the line of the file that it comes from."""

    line: int
    body: Body


def lines_of(rows: Iterable[Row | BadLine], layout: Layout) -> Iterator[Line | BadLine]:
    """The bodies of all rows, in order; a row that cannot be read becomes a BadLine, and the rest goes on.

    A row without an id of its own gets the hash of its content and its ordinal among equal rows, so that the same file
    gives the same ids again. An invoice with the day of its settlement gives the payment as well.
    """
    seen: Counter[str] = Counter()
    build = {"customers": _customer, "transactions": _transaction, "invoices": _invoice, "complaints": _complaint}[layout.kind]
    for row in rows:
        if isinstance(row, BadLine):
            yield row
            continue
        try:
            digest = hashlib.sha256(json.dumps(row.values, sort_keys=True, default=str).encode()).hexdigest()[:24]
            seen[digest] += 1
            for body in build(row, layout, f"{digest}-{seen[digest]}"):
                yield Line(row.line, body)
        except ValueError as error:
            yield BadLine(row.line, str(error))


def days_of(rows: Iterable[Row | BadLine], layout: Layout) -> Iterator[date]:
    """All days on which something happened in the file: days due are no such days."""
    names = [name for name in ("day", "issued_on", "paid_on", "received_on", "agreed_on") if name in layout.columns]
    for row in rows:
        if isinstance(row, Row):
            for name in names:
                try:
                    found = layout.day(row, name)
                except ValueError:
                    continue
                if found is not None:
                    yield found


def _customer(row: Row, layout: Layout, _digest: str) -> Iterator[Body]:
    person = layout.value(row, "person_name")
    plain = {
        name: layout.value(row, name)
        for name in ("place", "country", "address", "telephone", "email", "area_id", "salesperson_id")
    }
    marks = {name: layout.value(row, name) for name in ("nature", "shop_kind", "industry")}
    days, limit = layout.value(row, "payment_days"), layout.amount(row, "credit_limit")
    terms: Body = {}
    if days is not None:
        if not days.isdigit():
            raise ValueError("payment_days is no number of days")
        agreed = layout.day(row, "agreed_on")
        if agreed is None:
            raise ValueError("payment_days need agreed_on")
        terms = {"payment_days": int(days), "agreed_on": str(agreed)}
        if limit is not None:
            terms["credit_limit"] = _money(limit, layout, row)
    yield {
        "kind": "PERSON" if person else "COMPANY",
        **({"person_name": person} if person else {"name": layout.value(row, "name") or _needed(layout, row, "customer")}),
        **_given(plain),
        "external_ids": [_reference(row, layout)],
        **({"marks": _given(marks)} if _given(marks) else {}),
        **({"terms": terms} if terms else {}),
    }


def _transaction(row: Row, layout: Layout, digest: str) -> Iterator[Body]:
    amount, quantity, price = layout.amount(row, "amount"), layout.amount(row, "quantity"), layout.amount(row, "unit_price")
    if amount is None:
        if quantity is None or price is None:
            raise ValueError("neither an amount nor quantity and unit_price")
        amount = quantity * price
    if amount == 0:
        raise ValueError("the amount is zero")
    day = _day(row, layout, "day")
    article = layout.value(row, "article")
    net = _money(abs(amount), layout, row)
    lines = [{"article": article, "quantity": str(abs(quantity or Decimal(1))), "net": net["amount"]}] if article else []
    given = _given({"order_number": layout.value(row, "order")})
    common = {**_fact(row, layout, layout.value(row, "id") or digest), "net": net, **given, **({"lines": lines} if lines else {})}
    if amount < 0:
        yield {"type": "return", "returned_on": str(day), **common}
    else:
        yield {"type": "sale", "sold_on": str(day), **common, **_given({"salesperson_id": layout.value(row, "salesperson_id")})}


def _invoice(row: Row, layout: Layout, _digest: str) -> Iterator[Body]:
    number, issued = _needed(layout, row, "number"), _day(row, layout, "issued_on")
    amount = layout.amount(row, "amount")
    if amount is None or amount <= 0:
        raise ValueError("the amount is not positive")
    due = layout.day(row, "due_on")
    if due is None:
        days = layout.value(row, "payment_days")
        if days is None or not days.isdigit():
            raise ValueError("neither due_on nor payment_days")
        due = issued + timedelta(days=int(days))
    paid, money = layout.day(row, "paid_on"), _money(amount, layout, row)
    yield {
        "type": "invoice",
        **_fact(row, layout, number),
        "number": number,
        "issued_on": str(issued),
        "due_on": str(due),
        "amount": money,
    }
    if paid is not None:
        to = [{"invoice": {"source": layout.source, "number": number}, "amount": money["amount"]}]
        yield {
            "type": "payment",
            **_fact(row, layout, f"{number}-paid"),
            "received_on": str(paid),
            "amount": money,
            "allocations": to,
        }


def _complaint(row: Row, layout: Layout, digest: str) -> Iterator[Body]:
    claimed, invoice = layout.amount(row, "claimed"), layout.value(row, "invoice")
    plain = {name: layout.value(row, name) for name in ("remedy_sought", "article", "batch", "description")}
    yield {
        "customer": _reference(row, layout),
        "kind": layout.value(row, "kind") or "SERVICE",
        "channel": layout.value(row, "channel") or "OTHER",
        "received_on": str(_day(row, layout, "received_on")),
        **_given(plain),
        **({} if claimed is None else {"claimed": _money(claimed, layout, row)}),
        **({"invoices": [{"source": layout.source, "number": invoice}]} if invoice else {}),
        "source": layout.source,
        "source_event_id": layout.value(row, "id") or digest,
    }


def _fact(row: Row, layout: Layout, fact_id: str) -> Body:
    return {"source": layout.source, "source_event_id": fact_id, "customer": _reference(row, layout)}


def _reference(row: Row, layout: Layout) -> Body:
    # Tables often turn whole numbers into "17850.0".
    return {"system": layout.system, "value": _needed(layout, row, "customer").removesuffix(".0")}


def _day(row: Row, layout: Layout, name: str) -> date:
    found = layout.day(row, name)
    if found is None:
        raise ValueError(f"{name} is empty")
    if found < _EARLIEST:
        raise ValueError(f"{name} is before {_EARLIEST}")
    return found


def _money(amount: Decimal, layout: Layout, row: Row) -> Body:
    currency = layout.value(row, "currency")
    if currency is None:
        raise ValueError("no currency: map a column to it or give one for all rows")
    unit = Decimal(1).scaleb(-decimals(currency))
    return {"amount": str(amount.quantize(unit, ROUND_HALF_UP)), "currency": currency}


def _needed(layout: Layout, row: Row, name: str) -> str:
    found = layout.value(row, name)
    if found is None:
        raise ValueError(f"{name} is empty")
    return found


def _given(values: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value is not None}
