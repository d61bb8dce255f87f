"""Headers looked at where the relay writes them give the records that the general reading gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiokafka.errors import CorruptRecordException
from hypothesis import example, given
from hypothesis import strategies as st

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Passed, PassedOver, Record, Undecodable, from_headers, headers
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.feed import decoding
from shared.feed.decoding import decoded
from shared.kafka.batches import RawRecord, read_headers
from shared.kafka.record_batch import header_bytes

AT = (CARDS_TRANSACTIONS, 3)
PRINTABLE = "".join(map(chr, range(32, 127)))
CURSORS = st.builds(Cursor, st.integers(0, 2**15 - 1), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
MOMENTS = st.integers(0, 10**17).map(lambda micros: datetime(1, 1, 2, tzinfo=UTC) + timedelta(microseconds=micros))
UUIDS = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
RECORDS = st.builds(
    Record,
    topic=st.just(AT[0]),
    part=st.just(AT[1]),
    offset=st.integers(0, 2**40),
    cursor=CURSORS,
    prev=st.none() | CURSORS,
    event_id=UUIDS,
    type=st.sampled_from(["regulars.cards.sale-recorded.v1", "regulars.cards.payment-received.v1"]),
    stream=st.text(PRINTABLE, min_size=1, max_size=70),
    version=st.integers(0, 2**31 - 1),
    customer_id=st.none() | UUIDS,
    occurred_at=MOMENTS,
    recorded_at=MOMENTS,
    body=st.binary(max_size=5),
    traceparent=st.none(),
)
META = st.dictionaries(st.sampled_from(["traceparent", "correlationid"]), st.text(PRINTABLE + "é\n", max_size=60))
PLAIN = Record(
    *(*AT, 7, Cursor(1, 5, 9), Cursor(1, 5, 8), UUID(int=5), "regulars.cards.sale-recorded.v1", "ledger-x", 3, UUID(int=6)),
    *(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC), b"{}"),
)


def raw(record: Record, meta: dict[str, str] | None = None) -> RawRecord:
    return RawRecord(record.offset or 0, record.body, header_bytes(headers(record, 5, meta or {})))


def generally(one: RawRecord, passed_over: PassedOver | None = None) -> Any:
    try:
        pairs = read_headers(one.headers)
    except CorruptRecordException:
        return Undecodable(*AT, one.offset, one.value or b"")
    return from_headers(*AT, one.offset, pairs, one.value, passed_over)


def payments(_topic: str, type_name: str) -> bool:
    return type_name == "regulars.cards.payment-received.v1"


@given(st.lists(st.tuples(RECORDS, META), max_size=5))
def test_records_are_those_of_the_general_reading(told: list[tuple[Record, dict[str, str]]]) -> None:
    raws = [raw(record, meta) for record, meta in told]
    for passed_over in (None, payments):
        expected = [generally(one, passed_over) for one in raws]
        found = decoded(*AT, raws, passed_over)
        assert found.records == [one for one in expected if not isinstance(one, Passed)]
        assert found.passed == [one for one in expected if isinstance(one, Passed)]
        assert found.last == max((one.cursor for one in expected if not isinstance(one, Undecodable)), default=START)


def test_what_the_relay_writes_is_not_read_the_general_way(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [PLAIN, msgspec.structs.replace(PLAIN, prev=None), msgspec.structs.replace(PLAIN, customer_id=None)]
    monkeypatch.setattr(decoding, "_general", None)
    assert decoded(*AT, [raw(record) for record in records]).records == records


@example(0, 0, 2)
@given(st.integers(0, 1000), st.integers(0, 255), st.integers(0, 2))
def test_a_changed_byte_is_read_as_the_general_reading_reads_it(at: int, byte: int, kind: int) -> None:
    """INVARIANT: whatever stands in the headers, both ways see the same record, or none."""
    record = (PLAIN, msgspec.structs.replace(PLAIN, prev=None), msgspec.structs.replace(PLAIN, customer_id=None))[kind]
    one = raw(record)
    changed = bytearray(one.headers)
    changed[at % len(changed)] = byte
    other = one._replace(headers=bytes(changed))
    assert decoded(*AT, [one, other, one]).records == [record, generally(other), record]


@pytest.mark.parametrize(
    ("name", "value"),
    [("ce_sequence", b"2147483648"), ("cursor", b"1..3"), ("cursor", b"32768.1.1"), ("ce_time", b"2026-03-01T00:00:00")],
)
def test_what_fits_into_no_column_is_kept_raw(name: str, value: bytes) -> None:
    pairs = [(n, value if n == name else v) for n, v in headers(PLAIN, 5, {})]
    assert decoded(*AT, [RawRecord(7, b"raw", header_bytes(pairs))]).records == [Undecodable(*AT, 7, b"raw")]
