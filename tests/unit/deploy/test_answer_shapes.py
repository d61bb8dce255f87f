"""The schema of answers, from answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.contracts.answers import take_over
from deploy.contracts.shapes import closed, schema_of

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["2026-03-01", "1.50", "7"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "CNY", "c"]), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=8))
def test_every_value_that_was_seen_fits(values: list[Any]) -> None:
    schema = schema_of(values)
    for value in values:
        jsonschema.validate(value, closed(schema), format_checker=jsonschema.FormatChecker())


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), st.lists(VALUES, min_size=1, max_size=5))
def test_what_was_documented_before_fits_still(before: list[Any], more: list[Any]) -> None:
    schema = schema_of(more, schema_of(before))
    for value in [*before, *more]:
        jsonschema.validate(value, closed(schema), format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        (["a", None], {"type": ["string", "null"]}),
        (["1.50", "2"], {"type": "string", "format": "decimal"}),
        (["1", "2"], {"type": "string"}),
        (["2026-03-01"], {"type": "string", "format": "date"}),
        (["2026-03-01", "soon"], {"type": "string"}),
        ([1, 1.5], {"type": "number"}),
        ([1, "x"], {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
        ([[], [1]], {"type": "array", "items": {"type": "integer"}}),
        ([{"CNY": "1.50"}, {}], {"type": "object", "additionalProperties": {"type": "string", "format": "decimal"}}),
    ],
)
def test_what_values_have_in_common(values: list[Any], schema: dict[str, Any]) -> None:
    assert schema_of(values) == schema


def test_a_field_is_always_there_when_three_objects_had_it() -> None:
    assert "required" not in schema_of([{"a": 1}, {"a": 1}])
    assert schema_of([{"a": 1}, {"a": 1, "b": 2}, {"a": 1}])["required"] == ["a"]


def test_what_is_promised_to_be_there_stays_so_until_it_is_not() -> None:
    promised = schema_of([{"a": 1}] * 3)
    assert schema_of([{"a": 2, "b": 1}], promised)["required"] == ["a"]
    assert "required" not in schema_of([{"b": 1}], promised)


def test_answers_are_taken_over_by_operation_and_status(tmp_path: Path) -> None:
    (tmp_path / "services/cards/api").mkdir(parents=True)
    (tmp_path / "seen").mkdir()
    lines = [["o", "201", {"id": "x"}], ["o", "409", "TAKEN"], ["o", "409", "GONE"], ["o", "201 headers", ["ETag"]]]
    (tmp_path / "seen/cards-1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    [file] = take_over(tmp_path, tmp_path / "seen")
    found = json.loads(file.read_text())["o"]
    assert (found["409"], found["201 headers"]) == (["GONE", "TAKEN"], ["ETag"])
    assert found["201"]["properties"] == {"id": {"type": "string"}}
    assert take_over(tmp_path, tmp_path / "seen") == []
