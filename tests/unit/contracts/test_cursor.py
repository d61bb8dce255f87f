"""Cursors and parts."""

import os

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.cursor import PARTS, Cursor, parse_cursor, part_of


@given(st.builds(Cursor, *[st.integers(min_value=0, max_value=2**63)] * 3))
def test_a_cursor_survives_the_wire(cursor: Cursor) -> None:
    assert parse_cursor(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1.2", "1.2.3.4", "-1.2.3", "1.+2.3", "1. 2.3", "1.2.x", "1.２.3", "1.2_0.3"])
def test_anything_else_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError):
        parse_cursor(text)


def test_cursors_are_ordered_by_generation_then_transaction_then_position() -> None:
    assert Cursor(1, 9, 9) < Cursor(2, 1, 1) and Cursor(1, 2, 9) < Cursor(1, 10, 1) and Cursor(1, 2, 3) < Cursor(1, 2, 10)


def test_parts_are_those_of_every_kafka_client() -> None:
    for length in range(64):
        key = os.urandom(length).hex()
        assert part_of(key) == (murmur2(key.encode()) & 0x7FFFFFFF) % PARTS
