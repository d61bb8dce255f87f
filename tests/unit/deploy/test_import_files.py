"""Reading files of other systems: whatever their wrapping, a bad line never costs a good one."""

from __future__ import annotations

import gzip
import lzma
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from deploy.imports.bodies import Line, days_of, lines_of
from deploy.imports.files import BadLine, Row, UnknownFormat, columns_of, rows_of
from deploy.imports.mapping import Layout, UnknownMapping
from deploy.imports.presets import PRESETS, preset, recognised
from services.cards.api.fact_bodies import TaggedFact

SALES = "customer,date,amount\n7,2025-01-03,12.5\n8,2025-01-04,-3\n"
LAYOUT = Layout(
    "transactions", {"customer": "customer", "day": "date", "amount": "amount"}, {"currency": "CNY"}, source="shop", system="shop"
)
_fact: TypeAdapter[object] = TypeAdapter(TaggedFact)


def made(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    packed = gzip.compress(content) if name.endswith(".gz") else lzma.compress(content) if name.endswith(".xz") else content
    path.write_bytes(packed)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.xz"])
def test_csv_plain_or_packed(tmp_path: Path, name: str) -> None:
    rows = list(rows_of(made(tmp_path, name, SALES.encode())))
    assert rows == [
        Row(2, {"customer": "7", "date": "2025-01-03", "amount": "12.5"}),
        Row(3, {"customer": "8", "date": "2025-01-04", "amount": "-3"}),
    ]


def test_ndjson_keeps_its_types_and_names_bad_lines(tmp_path: Path) -> None:
    path = made(tmp_path, "a.ndjson", b'{"customer": 7}\nnot json\n[1]\n\n{"customer": 8}\n')
    assert list(rows_of(path)) == [
        Row(1, {"customer": 7}),
        BadLine(2, "not JSON"),
        BadLine(3, "not a JSON object"),
        Row(5, {"customer": 8}),
    ]


def test_bad_lines_of_csv_are_named_by_their_number(tmp_path: Path) -> None:
    path = made(tmp_path, "a.csv", b'a,b\n1,2\n1\n\xff\xfe,3\n"x\ny",4\n5,6\n')
    rows = list(rows_of(path))
    assert [row.line for row in rows] == [2, 3, 4, 5, 7]
    assert rows[1] == BadLine(3, "1 columns where the header has 2")
    assert rows[2] == BadLine(4, "not UTF-8")
    assert rows[3] == Row(5, {"a": "x\ny", "b": "4"})


def test_other_names_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat):
        list(rows_of(made(tmp_path, "a.xlsx", b"x")))


def test_negative_amounts_are_returns_and_every_body_is_one_that_the_service_takes(tmp_path: Path) -> None:
    bodies = [line.body for line in lines_of(rows_of(made(tmp_path, "a.csv", SALES.encode())), LAYOUT) if isinstance(line, Line)]
    assert [(body["type"], body["net"]) for body in bodies] == [
        ("sale", {"amount": "12.50", "currency": "CNY"}),
        ("return", {"amount": "3.00", "currency": "CNY"}),
    ]
    for body in bodies:
        _fact.validate_python(body)


def test_rows_without_ids_get_the_same_ids_again_and_equal_rows_different_ones(tmp_path: Path) -> None:
    path = made(tmp_path, "a.csv", (SALES + "7,2025-01-03,12.5\n").encode())
    first, second = (
        [line.body["source_event_id"] for line in lines_of(rows_of(path), LAYOUT) if isinstance(line, Line)] for _ in range(2)
    )
    assert first == second
    assert len(set(first)) == 3


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("7,2025-13-03,1", "day is no day"),
        ("7,1066-10-14,1", "day is before 1990-01-01"),
        ("7,1989-12-31,1", "day is before 1990-01-01"),
        ("7,2025-01-03,ten", "amount is no number"),
        ("7,2025-01-03,NaN", "amount is no number"),
        ("7,2025-01-03,0", "the amount is zero"),
        (",2025-01-03,1", "customer is empty"),
    ],
)
def test_rows_that_cannot_be_read_say_why(tmp_path: Path, row: str, reason: str) -> None:
    found = list(lines_of(rows_of(made(tmp_path, "a.csv", f"customer,date,amount\n{row}\n".encode())), LAYOUT))
    assert found == [BadLine(2, reason)]


def test_days_can_be_moved(tmp_path: Path) -> None:
    path = made(tmp_path, "a.csv", SALES.encode())
    assert max(days_of(rows_of(path), LAYOUT)) == date(2025, 1, 4)
    moved = Layout(**{**vars(LAYOUT), "move_days": 30})
    assert [line.body.get("sold_on") for line in lines_of(rows_of(path), moved) if isinstance(line, Line)] == ["2025-02-02", None]


def test_yen_have_no_decimals(tmp_path: Path) -> None:
    layout = Layout(**{**vars(LAYOUT), "fixed": {"currency": "JPY"}})
    line = next(lines_of(rows_of(made(tmp_path, "a.csv", SALES.encode())), layout))
    assert isinstance(line, Line)
    assert line.body["net"] == {"amount": "13", "currency": "JPY"}


def test_settled_invoices_bring_their_payment(tmp_path: Path) -> None:
    layout = preset("ibm-late-payments", "invoices", tuple("customer invoice invoice_date due_date settled_date amount".split()))
    assert layout is not None
    text = "customer,invoice,invoice_date,due_date,settled_date,amount\nA-1,77,2025-01-03,2025-02-02,2025-02-09,10.5\n"
    invoice, payment = (
        line.body for line in lines_of(rows_of(made(tmp_path, "a.csv", text.encode())), layout) if isinstance(line, Line)
    )
    assert (invoice["type"], invoice["due_on"], invoice["source_event_id"]) == ("invoice", "2025-02-02", "77")
    assert payment["allocations"] == [{"invoice": {"source": "ibm-late-payments", "number": "77"}, "amount": "10.50"}]
    assert Decimal(payment["amount"]["amount"]) == Decimal("10.50")
    for body in (invoice, payment):
        _fact.validate_python(body)


def test_each_preset_is_recognised_by_its_columns() -> None:
    for one in PRESETS:
        assert recognised(tuple(one.layout.columns.values())) == one.layout


def test_unknown_and_missing_fields_of_a_mapping_are_named() -> None:
    with pytest.raises(UnknownMapping, match="colour"):
        Layout("transactions", {"colour": "x", "customer": "c", "day": "d"})
    with pytest.raises(UnknownMapping, match="need day"):
        Layout("transactions", {"customer": "c"})


def test_columns_of_an_empty_file(tmp_path: Path) -> None:
    assert columns_of(made(tmp_path, "a.csv", b"a,b\n")) == ()
