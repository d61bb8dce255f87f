"""What we encode for Kafka is what the client's own decoder reads."""

from __future__ import annotations

import pytest
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.util import decode_varint
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.record_batch import RecordBatch, header_bytes
from shared.kafka.varints import varint, varint_text

PAIRS = st.lists(st.tuples(st.text(max_size=100), st.binary(max_size=100)), max_size=5)


@given(st.integers(-(2**40), 2**40) | st.sampled_from([-1, 0, 63, 64, 8191, 8192]))
def test_varints_are_the_clients(number: int) -> None:
    assert decode_varint(bytearray(varint(number)), 0) == (number, len(varint(number)))
    assert varint_text(number).encode("latin-1") == varint(number)


@given(st.lists(st.tuples(st.binary(max_size=80), st.binary(max_size=9000), PAIRS), min_size=1, max_size=20))
def test_records_are_read_as_they_were_appended(records: list[tuple[bytes, bytes, list[tuple[str, bytes]]]]) -> None:
    batch = RecordBatch(1 << 30)
    for key, value, headers in records:
        assert batch.append(key, value, header_bytes(headers))
    batch._set_producer_state(77, 3, 1000)
    built = batch._build()
    assert DefaultRecordBatch(built).validate_crc()
    found = DefaultRecordBatch(built)
    assert [(r.offset, r.key, r.value, r.headers) for r in found] == [(n, *one) for n, one in enumerate(records)]
    assert (found.producer_id, found.producer_epoch, found.base_sequence) == (77, 3, 1000)
    assert found.next_offset == batch.record_count() == len(records)
    assert batch._build() is built, "sent again, it is the same"


def test_it_is_full_after_so_many_bytes_and_takes_one_record_of_any_length() -> None:
    batch = RecordBatch(300)
    assert batch.append(b"k", bytes(1000), header_bytes([]))
    assert not batch.append(b"k", b"v", header_bytes([]))
    small = RecordBatch(300)
    while small.append(b"k", bytes(50), header_bytes([("name", b"value")])):
        pass
    assert small.record_count() == 4


@pytest.mark.parametrize("count", [0, 1, 70])
def test_headers_have_their_number_before_them(count: int) -> None:
    assert decode_varint(bytearray(header_bytes([("n", b"v")] * count)), 0)[0] == count
