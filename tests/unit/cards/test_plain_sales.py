"""The ordinary line of an import, and the ordinary body, is read on a shorter way. Whatever comes, facts and errors are those of the long way."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.cards.api.fact_bodies import SaleBody, delivered
from services.cards.domain.ledger import Delivered, FactFlawed, Written, body_of, written
from services.cards.imports import plain_sales
from services.cards.imports.reading import Given, Lines, read_lines
from shared.contracts.event import decode
from shared.contracts.transactions import SaleRecorded
from shared.web.commands import _encoder
from shared.web.strict_json import parse

TODAY = date(2026, 7, 1)
SALE: dict[str, Any] = {
    "type": "sale",
    "source": "erp",
    "source_event_id": "S-1",
    "customer": {"system": "erp", "value": "K-1"},
    "sold_on": "2026-03-02",
    "net": {"amount": "12.50", "currency": "CNY"},
    "lines": [{"article": "A-1", "quantity": "2", "net": "12.50", "unit_cost": "3.10"}],
    "order_number": "O-1",
    "salesperson_id": "P-1",
}


def read(content: bytes) -> Lines:
    lines = Lines()
    read_lines(Given("transactions", "erp", UUID(int=1), TODAY), 1, content.split(b"\n"), lines)
    return lines


def read_the_long_way(content: bytes) -> Lines:
    with mock.patch.object(plain_sales, "reader", lambda _source, _today: lambda _raw: None):
        return read(content)


def settled(one: Delivered | Written) -> Written | tuple[object, ...]:
    try:
        return written(one, TODAY) if isinstance(one, Delivered) else one
    except FactFlawed as error:
        return error.flaws


def same_either_way(content: bytes) -> None:
    short, long = read(content), read_the_long_way(content)
    assert (short.numbers, short.errors, short.refused) == (long.numbers, long.errors, long.refused)
    assert [settled(one) for one in short.facts] == [settled(one) for one in long.facts]


def same_as_body(body: bytes) -> bool:
    """Whether a body was read on the shorter way; then the fact, and the JSON by which a repeat is known, are the route's."""
    found = plain_sales.read_body(body, TODAY)
    if found is None:
        return False
    fact, content = found
    value = parse(body)
    assert fact == written(delivered(SaleBody.model_validate(value)), TODAY)
    assert content == _encoder.encode(value)
    return True


names = st.sampled_from(
    ["K-1", "K-2", "x", " K", "K ", "", "K\u00a01", "得意先", "a" * 200, "a" * 201, 'a"b', "a\\b", "a/b", "e\u0301", "\t", "\x7f"]
)
systems = st.sampled_from(["erp", "shop", "s" * 64, "s" * 65, "", "-a", "a b", "É"])
amounts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(str),
    st.from_regex(r"\A-?[0-9]{1,16}(\.[0-9]{0,8})?\Z"),
    st.sampled_from(
        [
            "0.00",
            "-0.00",
            "0",
            "1e3",
            "NaN",
            "01.00",
            ".50",
            "+1.00",
            "9999999999999.99",
            "10000000000000.00",
            "10000000000000.01",
        ]
    ),
)
quantities = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,19}(\.[0-9]{0,10})?\Z"), st.sampled_from(["1.50", "0.0000001", "100", "-0", "0.0", "1e2"])
)
days = st.one_of(
    st.dates().map(str),
    st.sampled_from(["2026-07-02", "2026-07-03", "1990-01-01", "1989-12-31", "20260302", "2026-02-30", "2026-3-2"]),
)
anything = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.just([]), st.just({}), st.text(max_size=5))


def objects(**fields: st.SearchStrategy[object]) -> st.SearchStrategy[list[tuple[str, object]]]:
    """Pairs of an object whose fields may be missing, out of order, repeated, unknown or of a wrong type."""
    whole = st.fixed_dictionaries(fields).map(lambda made: list(made.items()))
    odd = st.tuples(st.sampled_from([*fields, "extra"]), st.one_of(anything, *fields.values()))
    return st.one_of(
        whole,
        whole.flatmap(st.permutations),
        st.tuples(whole, st.lists(odd, max_size=2)).map(lambda both: [*both[0], *both[1]]),
        st.tuples(whole, st.sets(st.sampled_from([*fields]), max_size=4)).map(
            lambda both: [p for p in both[0] if p[0] not in both[1]]
        ),
    )


lines = objects(article=names, quantity=quantities, net=amounts, unit_cost=quantities)
sales = objects(
    type=st.sampled_from(["sale"] * 8 + ["return", "Sale", ""]),
    source=st.sampled_from(["erp"] * 8 + ["shop", ""]),
    source_event_id=names,
    customer=objects(system=systems, value=names),
    sold_on=days,
    net=objects(amount=amounts, currency=st.sampled_from(["CNY"] * 5 + ["JPY", "BHD", "XXX", "cny"])),
    lines=st.lists(lines, max_size=3),
    order_number=names,
    salesperson_id=names,
)


def text(value: object, spaces: str, ascii: bool) -> str:
    match value:
        case [(str(), _), *_]:
            pairs = (f"{json.dumps(key, ensure_ascii=ascii)}:{spaces}{text(one, spaces, ascii)}" for key, one in value)
            return "{" + f"{spaces},".join(pairs) + "}"
        case list():
            return "[" + f",{spaces}".join(text(one, spaces, ascii) for one in value) + "]"
    return json.dumps(value, ensure_ascii=ascii)


def bent(line: bytes, at: int, how: str, byte: int) -> bytes:
    at %= len(line) + 1
    return {
        "left alone": line,
        "cut off": line[:at],
        "one byte more": line[:at] + bytes([byte]) + line[at:],
        "one byte other": line[:at] + bytes([byte]) + line[at + 1 :],
        "one byte less": line[:at] + line[at + 1 :],
    }[how]


raw_lines = st.builds(
    bent,
    st.builds(text, sales, st.sampled_from(["", " ", "\t", "\r"]), st.booleans()).map(str.encode),
    st.integers(0, 2000),
    st.sampled_from(["left alone"] * 5 + ["cut off", "one byte more", "one byte other", "one byte less"]),
    st.integers(0, 255),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(raw_lines, min_size=1, max_size=4))
@example([json.dumps({**SALE, "lines": []}).encode()])
@example([json.dumps(SALE).replace('"type"', '"order_number": "O-2", "type"').encode()])
@example([json.dumps(SALE).replace('"unit_cost"', '"net": "1.00", "unit_cost"').encode()])
@example([b"", b" \r", json.dumps(SALE).encode() + b"\r"])
def test_lines_are_read_alike_either_way(content: list[bytes]) -> None:
    same_either_way(b"\n".join(content))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raw_lines)
@example(json.dumps({**SALE, "lines": []}).encode())
@example(json.dumps(SALE).replace('"type"', '"order_number": "O-2", "type"').encode())
@example(json.dumps(SALE).replace('"net"', '"net": {"amount": "1.00", "currency": "CNY"}, "net"', 1).encode())
def test_bodies_are_read_alike_either_way(body: bytes) -> None:
    same_as_body(body)


NAMES = [
    "x",
    " K",
    "K ",
    " ",
    "",
    "K\u00a01",
    "得意先",
    "a" * 200,
    "a" * 201,
    'a"b',
    "a\\b",
    "e\u0301",
    "\t",
    "\x7f",
    "\u202e",
    "s" * 64,
    "s" * 65,
    "-a",
]
NUMBERS = [
    *(
        "0",
        "0.0",
        "0.00",
        "-0",
        "-0.00",
        "-1.00",
        "-1",
        "1",
        "1.0",
        "1.5",
        "1.50",
        "1.05",
        "1.050",
        "01.00",
        ".50",
        "1.",
        "+1.00",
        "1e3",
        "NaN",
    ),
    *(
        "0.000001",
        "0.0000001",
        "0.00000001",
        "0.000000",
        "0.0000000",
        "1.123456",
        "1.1234567",
        "1.1234560",
        "1.123456789",
        "1.1234567891",
    ),
    *(
        "9999999999999.99",
        "10000000000000.00",
        "10000000000000.01",
        "99999999999999.99",
        "9" * 18,
        "9" * 19,
        "1" + "0" * 17,
        " 1.00",
        "1.00 ",
    ),
]
DAYS = [
    "2026-07-01",
    "2026-07-02",
    "2026-07-03",
    "1990-01-01",
    "1989-12-31",
    "20260302",
    "2026-W10-1",
    "2026-02-30",
    "2026-3-2",
    "2026-03-02T00:00",
]
CODES = ["USD", "JPY", "BHD", "CLF", "XXX", "cny", "sale", "return", "shop"]
ODD = [*NAMES, *NUMBERS, *DAYS, *CODES, None, True, 0, 1, 12.5, [], {}, [SALE["lines"]], {"system": "erp"}]
PLACES = [(field,) for field in SALE] + [
    ("customer", "system"),
    ("customer", "value"),
    ("customer", "id"),
    ("net", "amount"),
    ("net", "currency"),
]
PLACES += [("lines", 0, field) for field in ("article", "quantity", "net", "unit_cost")] + [
    ("extra",),
    ("net", "extra"),
    ("lines", 1),
]


def with_odd(whole: Any, place: tuple[Any, ...], odd: object) -> Any:
    if not place:
        return odd
    changed = dict(whole) if isinstance(whole, dict) else dict(enumerate(whole))
    changed[place[0]] = with_odd(changed.get(place[0]), place[1:], odd)
    return changed if isinstance(whole, dict) else list(changed.values())


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_one_odd_value_is_told_alike_either_way(place: tuple[Any, ...]) -> None:
    for odd in ODD:
        line = json.dumps(with_odd(SALE, place, odd), ensure_ascii=False).encode()
        same_either_way(b"\n".join([line, json.dumps(SALE).encode()]))
        same_as_body(line)


@pytest.mark.parametrize("left_out", [(), ("source",), ("lines",), ("order_number", "salesperson_id")])
def test_ordinary_lines_take_the_short_way_and_are_the_fact(left_out: tuple[str, ...]) -> None:
    line = {name: value for name, value in SALE.items() if name not in left_out}
    (one,) = read(json.dumps(line).encode()).facts
    assert isinstance(one, Written)
    assert same_as_body(json.dumps(line).encode()) == ("source" in line)
    (other,) = read_the_long_way(json.dumps(line).encode()).facts
    assert isinstance(other, Delivered)
    assert one == written(other, TODAY)
    event = decode(SaleRecorded.type, body_of(str(UUID(int=0)).encode(), one))
    assert event == other.fact


def test_the_kind_of_a_body_may_be_left_out() -> None:
    assert same_as_body(json.dumps({name: value for name, value in SALE.items() if name != "type"}).encode())
    line = json.dumps({name: value for name, value in SALE.items() if name != "type"}).encode()
    assert read(line).facts == [], "that of a line may not"
    same_either_way(line)
