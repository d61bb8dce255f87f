"""Strict JSON is a subset of JSON with the same values."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.web.problem import Problem
from shared.web.strict_json import clean, parse

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def composed(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(item) for item in value]
    if isinstance(value, dict):
        return {composed(key): composed(item) for key, item in value.items()}
    return value


def acceptable(value: Any) -> bool:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return all(acceptable(item) for item in value)
    if isinstance(value, dict):
        return all(clean(key) and acceptable(item) for key, item in value.items()) and len(composed(value)) == len(value)
    return True


@settings(max_examples=300, deadline=None)
@given(values, st.booleans())
def test_every_clean_value_comes_through_and_no_other(value: Any, escaped: bool) -> None:
    body = json.dumps(value, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    if acceptable(value):
        assert parse(body) == composed(value)
    else:
        with pytest.raises(Problem):
            parse(body)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=40) | st.text('{}[]",:0123456789eE+-. \\unaflsrtNI\n', max_size=30).map(str.encode))
def test_what_is_accepted_means_what_json_loads_says(body: bytes) -> None:
    try:
        value = parse(body)
    except Problem as problem:
        assert problem.status == 400
        return
    assert value == composed(json.loads(body.decode()))


def test_plain_texts_may_have_line_breaks() -> None:
    assert parse(b'"a\\tb\\r\\nc"') == "a\tb\r\nc"
