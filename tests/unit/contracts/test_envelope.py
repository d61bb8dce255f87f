"""Records on Kafka: headers there and back."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Passed, Record, Undecodable, from_headers, headers


def a_record(prev: Cursor | None = None, customer_id: UUID | None = None) -> Record:
    return Record(
        topic="regulars.cards.events.v1",
        part=3,
        offset=17,
        cursor=Cursor(1, 742, 9),
        prev=prev,
        event_id=uuid4(),
        type="regulars.cards.customer-registered.v1",
        stream="card-1",
        version=2,
        customer_id=customer_id,
        occurred_at=datetime(2026, 3, 1, tzinfo=UTC),
        recorded_at=datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC),
        body=b"{}",
    )


@pytest.mark.parametrize("prev", [None, Cursor(1, 741, 8)])
@pytest.mark.parametrize("customer_id", [None, uuid4()])
def test_headers_carry_the_whole_record(prev: Cursor | None, customer_id: UUID | None) -> None:
    record = a_record(prev, customer_id)
    assert from_headers(record.topic, 3, 17, headers(record, epoch=5, meta={}), b"{}") == record


def test_headers_are_cloudevents_in_binary_mode() -> None:
    found = dict(headers(a_record(), epoch=5, meta={"traceparent": "00-ab-cd-01"}))
    assert found["ce_specversion"] == b"1.0" and found["ce_source"] == b"/regulars/cards" and found["epoch"] == b"5"
    assert found["ce_time"] == b"2026-03-01T00:00:00+00:00" and found["ce_traceparent"] == b"00-ab-cd-01"


@pytest.mark.parametrize("missing", ["cursor", "ce_id", "ce_type", "ce_time", "ce_sequence", "ce_subject", "ce_recordedtime"])
def test_a_record_without_a_needed_header_is_kept_raw(missing: str) -> None:
    left = [(name, value) for name, value in headers(a_record(), epoch=5, meta={}) if name != missing]
    assert from_headers("t", 3, 17, left, b"raw") == Undecodable(topic="t", part=3, offset=17, raw=b"raw")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", b"1.x.3"),
        ("cursor", b"1.9223372036854775808.3"),
        ("cursor", b"32768.1.3"),
        ("ce_id", b"\xff"),
        ("ce_type", b"regulars.cards.customer-registered.v\0"),
        ("ce_subject", b"card-\0"),
        ("ce_time", b"2026-03-01T00:00:00"),
        ("ce_recordedtime", b"0001-01-01T00:00:00+14:00"),
        ("ce_sequence", b""),
        ("ce_sequence", b"2147483648"),
    ],
)
def test_a_record_with_a_malformed_header_is_kept_raw(name: str, value: bytes) -> None:
    """INVARIANT: what is read can be stored and parked; a reader would fail for ever on what PostgreSQL does not take."""
    found = [(n, value if n == name else v) for n, v in headers(a_record(), epoch=5, meta={})]
    assert isinstance(from_headers("t", 3, 17, found, None), Undecodable)


def test_of_a_type_passed_over_only_the_place_is_read() -> None:
    record = a_record(prev=Cursor(1, 741, 8))
    found = headers(record, epoch=5, meta={})
    asked: list[tuple[str, str]] = []

    def all_types(topic: str, type_name: str) -> bool:
        asked.append((topic, type_name))
        return True

    passed = from_headers(record.topic, 3, 17, found, b"{}", all_types)
    assert passed == Passed(17, record.cursor, record.prev)
    assert asked == [(record.topic, record.type)]
    assert from_headers(record.topic, 3, 17, found, b"{}", lambda topic, type_name: False) == record


@pytest.mark.parametrize("missing", ["cursor", "ce_type"])
def test_nothing_is_passed_over_whose_place_or_type_is_unknown(missing: str) -> None:
    left = [(name, value) for name, value in headers(a_record(), epoch=5, meta={}) if name != missing]
    assert isinstance(from_headers("t", 3, 17, left, b"raw", lambda topic, type_name: True), Undecodable)
