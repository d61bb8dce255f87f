"""Rows become records: place, key, links, batches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from aiokafka.record.default_records import DefaultRecordBatch
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Record, from_headers, headers
from shared.contracts.topics import ALERTS_EVENTS, CARDS_CONTROL, CARDS_TRANSACTIONS
from shared.event_store.events import StoredRow
from shared.relay.records import Outgoing, pack, places

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
CUSTOMER = UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")
SALE = "regulars.cards.sale-recorded.v1"
ROOM = 2000
"""Bytes of two or three records."""


def a_row(
    n: int,
    *,
    part: int = 3,
    type_name: str = SALE,
    customer: UUID | None = CUSTOMER,
    body: str = '{"net": 1}',
    meta: str = '{"causationid": "x"}',
) -> StoredRow:
    return StoredRow(1, n, n, f"ledger-{customer}", n, uuid4(), type_name, customer, part, AT, AT, body, meta)


def read(out: Outgoing) -> list[Any]:
    """Records as the client's own decoder finds them in what the producer is given."""
    return [record for batch in out.batches for record in DefaultRecordBatch(batch._build())]


def sent(rows: list[StoredRow], after: dict[TopicPart, Cursor]) -> dict[TopicPart, list[Record]]:
    found: dict[TopicPart, list[Record]] = {}
    for at, out in pack(rows, after, 5, ROOM).items():
        for one in read(out):
            record = from_headers(at.topic, at.part, 0, one.headers, one.value)
            assert isinstance(record, Record)
            found.setdefault(at, []).append(record)
        assert found[at][-1].cursor == out.last
    return found


def test_each_record_names_the_one_before_it_on_its_part() -> None:
    rows = [a_row(n, part=n % 2) for n in range(1, 12)]
    for at, records in sent(rows, {TopicPart(CARDS_TRANSACTIONS, 1): Cursor(1, 0, 0)}).items():
        assert [r.prev for r in records[1:]] == [r.cursor for r in records[:-1]]
        assert records[0].prev == (Cursor(1, 0, 0) if at.part == 1 else None)


def test_what_the_mark_has_passed_is_left_out() -> None:
    rows = [a_row(n) for n in range(1, 8)]
    at = TopicPart(CARDS_TRANSACTIONS, 3)
    (records,) = sent(rows, {at: Cursor(1, 5, 5)}).values()
    assert [r.cursor.pos for r in records] == [6, 7]
    assert records[0].prev == Cursor(1, 5, 5)
    assert sent(rows, {at: Cursor(1, 7, 7)}) == {}


def test_the_key_is_the_customer_else_the_stream_and_the_value_the_stored_text() -> None:
    at = TopicPart(CARDS_TRANSACTIONS, 3)
    first, second = read(pack([a_row(1), a_row(2, customer=None)], {}, 5, ROOM)[at])
    assert [first.key, second.key] == [str(CUSTOMER).encode(), b"ledger-None"]
    assert first.value == b'{"net": 1}'


def test_control_events_and_alerts_have_their_places() -> None:
    control = a_row(1, type_name="regulars.cards.source-opened.v1", customer=None, part=9)
    assert places(control, b"{}") == (TopicPart(CARDS_CONTROL, 0),)
    alert = a_row(1, type_name="regulars.alerts.alert-opened.v1", body='{"kind": "silence"}')
    assert places(alert, alert.body.encode()) == (TopicPart(ALERTS_EVENTS, 3), TopicPart("regulars.alerts.silence.v1", 3))
    other = a_row(1, type_name="regulars.alerts.went-live.v1", body="{}")
    assert places(other, b"{}") == (TopicPart("regulars.alerts.control.v1", 0),)


@given(
    st.uuids(),
    st.none() | st.uuids(),
    st.text(min_size=1, max_size=200),
    st.integers(1, 2**31 - 1),
    st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2),
    st.dictionaries(st.sampled_from(["traceparent", "correlationid", "causationid"]), st.text(max_size=80)),
    st.none() | st.tuples(st.integers(0, 9), st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1)),
)
@settings(deadline=None)
def test_headers_are_those_of_the_long_way(
    event_id: UUID,
    customer: UUID | None,
    stream: str,
    version: int,
    moments: list[datetime],
    meta: dict[str, str],
    before: tuple[int, int, int] | None,
) -> None:
    prev = None if before is None else Cursor(*before)
    text = msgspec.json.encode(meta).decode()
    row = StoredRow(10, 7, 8, stream, version, event_id, SALE, customer, 3, moments[0], moments[1], "{}", text)
    record = Record(
        CARDS_TRANSACTIONS,
        3,
        0,
        row.cursor,
        prev,
        event_id,
        SALE,
        stream,
        version,
        customer,
        row.occurred_at,
        row.recorded_at,
        b"",
    )
    (out,) = pack([row], {} if prev is None else {TopicPart(CARDS_TRANSACTIONS, 3): prev}, 5, ROOM).values()
    assert read(out)[0].headers == headers(record, 5, meta)


def test_headers_of_rows_one_after_the_other_are_each_its_own() -> None:
    rows = [a_row(n, meta="{}") for n in range(1, 5)]
    rows[1] = structs.replace(rows[1], occurred_at=AT + timedelta(days=1), recorded_at=AT + timedelta(seconds=1))
    (records,) = sent(rows, {}).values()
    assert [(r.event_id, r.occurred_at, r.recorded_at, r.version, r.cursor) for r in records] == [
        (r.event_id, r.occurred_at, r.recorded_at, r.version, r.cursor) for r in rows
    ]


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(0, 40), st.integers(1, 10))
def test_however_it_is_cut_into_batches_the_records_are_the_same(parts: list[int], cut: int, size: int) -> None:
    rows = [a_row(n + 1, part=part) for n, part in enumerate(parts)]
    whole = {at: [(r.cursor, r.prev) for r in records] for at, records in sent(rows, {}).items()}
    marks: dict[TopicPart, Cursor] = {}
    pieces: dict[TopicPart, list[tuple[Cursor, Cursor | None]]] = {}
    for start in range(0, len(rows), size):
        # One batch is read twice, as after a crash before the save.
        for _ in range(2 if start <= cut < start + size else 1):
            for at, records in sent(rows[start : start + size], marks).items():
                pieces.setdefault(at, []).extend((r.cursor, r.prev) for r in records)
                marks[at] = records[-1].cursor
    assert pieces == whole
