"""The ordinary line of an import, and the ordinary sale of the API: in plain characters, its numbers written as they are kept. Read
without detours.

INVARIANT: of a line that is read here the fact is, byte for byte, the one that `reading` and `prepare` would make of it; wrong
and unusual lines are left to them, and wrong and unusual bodies to the route. It breaks if something is accepted here that
`SaleBody` or `normalised` refuse or change.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from services.cards.domain.ledger import DAYS_AHEAD, EARLIEST_DAY, Written
from shared.contracts.cards import ExternalId
from shared.contracts.money import decimals

_SYSTEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# As a Decimal of a currency with two decimals is written, up to the largest amount; no sign, which no zero may have.
_AMOUNT = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}").fullmatch
_QUANTITY = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{0,5}[1-9])?").fullmatch
_COST = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?").fullmatch


class _Customer(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    system: str
    value: str


class _Money(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    amount: str
    currency: str


class _Line(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    article: str
    quantity: str
    net: str
    unit_cost: str | UnsetType = UNSET


class _Sale(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    source_event_id: str
    customer: _Customer
    sold_on: str
    net: _Money
    type: Literal["sale"] | UnsetType = UNSET
    source: str | UnsetType = UNSET
    lines: tuple[_Line, ...] | UnsetType = UNSET
    order_number: str | UnsetType = UNSET
    salesperson_id: str | UnsetType = UNSET


class _Kept(msgspec.Struct, gc=False):
    """The fields of SaleRecorded behind the customer's id, in its order."""

    source: str
    source_event_id: str
    sold_on: str
    net: _Money
    lines: tuple[_Line, ...] | UnsetType
    order_number: str | UnsetType
    salesperson_id: str | UnsetType


_decode = msgspec.json.Decoder(_Sale).decode
_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode


def reader(source: str, today: date) -> Callable[[bytes], Written | None]:
    """What reads the ordinary lines of one chunk; it answers None for every other line."""

    def read(raw: bytes) -> Written | None:
        sale = _decoded(raw)
        if sale is None or sale.type is UNSET or not (sale.source is UNSET or sale.source == source):
            return None
        return _written(raw, sale, source, today)

    return read


def read_body(raw: bytes, today: date) -> tuple[Written, bytes] | None:
    """The sale in a request's body, and the body with its members in the order of their names; None for every other body."""
    sale = _decoded(raw)
    if sale is None or sale.source is UNSET or not _system(sale.source):
        return None
    fact = _written(raw, sale, sale.source, today)
    return None if fact is None else (fact, _encode_sorted(sale))


def _decoded(raw: bytes) -> _Sale | None:
    if not raw.isascii() or b"\\" in raw or b"\x7f" in raw:
        return None
    try:
        return _decode(raw)
    except msgspec.MsgspecError:
        return None


def _written(raw: bytes, sale: _Sale, source: str, today: date) -> Written | None:
    number, customer, net = sale.source_event_id, sale.customer, sale.net
    day = _day(sale.sold_on, today)
    if (
        day is None
        or raw.count(b'"') != _quotes(sale)
        or not (_reference(number) and _reference(customer.value) and _system(customer.system))
        or not (_two_decimals(net.currency) and _AMOUNT(net.amount) and _optional(sale.order_number))
        or not (_optional(sale.salesperson_id) and _lines(sale.lines))
    ):
        return None
    lines = sale.lines or UNSET
    kept = _Kept(source, number, sale.sold_on, net, lines, sale.order_number, sale.salesperson_id)
    return Written("sale", None, ExternalId(customer.system, customer.value), source, number, day, _encode(kept)[1:])


def _quotes(sale: _Sale) -> int:
    """As many as its fields and texts have when no key is repeated: the decoder keeps the last of two without a word."""
    count = 28
    if sale.type is not UNSET:
        count += 4
    if sale.source is not UNSET:
        count += 4
    if sale.order_number is not UNSET:
        count += 4
    if sale.salesperson_id is not UNSET:
        count += 4
    if sale.lines is not UNSET:
        count += 2
        for line in sale.lines:
            count += 12 if line.unit_cost is UNSET else 16
    return count


def _reference(text: str) -> bool:
    return 0 < len(text) <= 200 and text[0] != " " and text[-1] != " "


def _optional(text: str | UnsetType) -> bool:
    return text is UNSET or _reference(text)


def _lines(lines: tuple[_Line, ...] | UnsetType) -> bool:
    if lines is UNSET:
        return True
    for line in lines:
        cost = line.unit_cost
        if not (_reference(line.article) and _QUANTITY(line.quantity) and _AMOUNT(line.net)):
            return False
        if not (cost is UNSET or _COST(cost)):
            return False
    return len(lines) <= 200


@lru_cache(maxsize=1024)
def _system(text: str) -> bool:
    return _SYSTEM.fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _two_decimals(currency: str) -> bool:
    try:
        return decimals(currency) == 2
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def _day(text: str, today: date) -> date | None:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day is not None and EARLIEST_DAY <= day <= today + timedelta(days=DAYS_AHEAD) else None
