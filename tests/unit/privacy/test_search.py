"""Hashes find exactly what a person would call the same, and nothing without their key."""

from __future__ import annotations

import pytest

from shared.privacy.search import Hashes

HASHES = Hashes(b"k" * 32)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Wang  Fang ", "wang fang"), ("ＷＡＮＧ", "wang"), ("Straße", "STRASSE"), ("ﾔﾏﾀﾞ", "ヤマダ"), ("caf\u00e9", "CAFE\u0301")],
)
def test_names_are_the_same_whatever_their_width_case_and_spaces(one: str, other: str) -> None:
    assert HASHES.search_hash("name", one) == HASHES.search_hash("name", other)


@pytest.mark.parametrize("number", ["+86 139 1234 5678", "139-1234-5678", "(0086) 13912345678", "１３９１２３４５６７８"])
def test_telephone_numbers_are_the_same_however_they_are_written(number: str) -> None:
    assert HASHES.search_hash("telephone", number, "CN") == HASHES.search_hash("telephone", "+8613912345678")


def test_unreadable_numbers_are_compared_by_their_digits() -> None:
    assert HASHES.search_hash("telephone", "ext. 1-2") == HASHES.search_hash("telephone", "12")


def test_kinds_keys_and_contents_never_meet() -> None:
    hashes = {
        HASHES.search_hash("name", "12"),
        HASHES.search_hash("email", "12"),
        HASHES.search_hash("telephone", "12"),
        HASHES.fingerprint(b"12"),
        Hashes(b"l" * 32).search_hash("name", "12"),
        HASHES.search_hash("name", "13"),
    }
    assert len(hashes) == 6
    assert {len(found) for found in hashes} == {32}
