"""CSV: nothing of a stranger is taken for a formula, and everything can be read back."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest

from shared.web.csv import line


@pytest.mark.parametrize("text", ["=1+1", "+86 512", "-5", "@cmd", "\tone", "\rone", "\none", "＝1", "＋1", "－1", "＠1"])
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert next(csv.reader(io.StringIO(line([text]).decode(), newline=""))) == [f"'{text}"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("Lotus;=1+1", "Lotus;'=1+1"),
        ("Lotus;;@cmd;+5", "Lotus;;'@cmd;'+5"),
        ("Lake Road 5\n=1+1", "Lake Road 5\n'=1+1"),
        ("\t=1", "'\t'=1"),
    ],
)
def test_nor_is_it_run_where_other_characters_part_the_cells(text: str, safe: str) -> None:
    assert next(csv.reader(io.StringIO(line([text]).decode(), newline=""))) == [safe]


@pytest.mark.parametrize(
    "text", ["one; two", "5;6", "Lotus", "a=b", "5-6", "'=1", "", 'the "best"', "one, two", "two\nlines", "华信"]
)
def test_other_texts_come_back_as_they_were(text: str) -> None:
    assert next(csv.reader(io.StringIO(line([text, "x"]).decode(), newline=""))) == [text, "x"]


def test_numbers_and_days_stay_as_they_are() -> None:
    assert line([Decimal("-5.00"), -3, date(2026, 1, 5), None, True]) == b"-5.00,-3,2026-01-05,,True\r\n"
