"""What a broker answers to a fetch, unpacked as the client's own reading does it."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.batches import batches_in, read_headers, records_in

RECORDS = st.lists(
    st.tuples(
        st.integers(0, 2**41),
        st.none() | st.binary(max_size=100),
        st.none() | st.binary(max_size=9000),
        st.lists(st.tuples(st.text(max_size=80), st.none() | st.binary(max_size=80)), max_size=4),
    ),
    min_size=1,
    max_size=8,
)


def built(records: list[Any], base: int = 0, codec: int = 0, transactional: bool = False) -> bytes:
    batch = DefaultRecordBatchBuilder(2, codec, int(transactional), -1, -1, 0, 1 << 30)
    for n, (time, key, value, headers) in enumerate(records):
        assert batch.append(n, time, key, value, headers) is not None
    data = batch.build()
    data[0:8] = base.to_bytes(8)
    return bytes(data)


def read(answer: bytes, after: int = 0) -> list[tuple[int, bytes | None, list[Any]]]:
    return [(r.offset, r.value, read_headers(r.headers)) for b in batches_in(answer, after) for r in records_in(b, after)]


@given(RECORDS, RECORDS, st.sampled_from([0, 1, 2, 3, 4]), st.integers(0, 2**40))
def test_records_are_those_that_the_client_reads(first: list[Any], second: list[Any], codec: int, base: int) -> None:
    one, two = built(first, base, codec), built(second, base + len(first))
    expected = [(r.offset, r.value, r.headers) for data in (one, two) for r in DefaultRecordBatch(data)]
    assert read(one + two) == expected
    for after in (base, base + 1, base + len(first)):
        assert read(one + two, after) == [record for record in expected if record[0] >= after]


@given(RECORDS, st.integers(1, 200))
def test_a_batch_that_is_cut_off_is_left_for_the_next_answer(records: list[Any], cut: int) -> None:
    whole = built(records)
    assert read(whole + whole[:-cut], 0) == read(whole)


def test_what_a_broker_writes_for_itself_is_passed_over() -> None:
    control = bytearray(built([(0, b"key", b"value", [])], base=5))
    control[22] |= 0x20
    (batch,) = batches_in(bytes(control), 0)
    assert (batch.next_offset, records_in(batch, 0)) == (6, [])


@pytest.mark.parametrize("number", [0, 1])
def test_another_format_is_refused(number: int) -> None:
    old = bytearray(built([(0, b"key", b"value", [])]))
    old[16] = number
    with pytest.raises(CorruptRecordException):
        list(batches_in(bytes(old), 0))


@given(RECORDS, st.integers(0, 10_000), st.integers(0, 255))
def test_damaged_records_are_refused_or_read_and_nothing_else(records: list[Any], at: int, byte: int) -> None:
    data = bytearray(built(records))
    data[61 + at % (len(data) - 61)] = byte
    (batch,) = batches_in(bytes(data), 0)
    try:
        for record in records_in(batch, 0):
            read_headers(record.headers)
    except CorruptRecordException:
        pass
