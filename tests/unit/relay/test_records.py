"""Rows become records: place, key, links, batches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.cursor import Cursor, TopicPart
from shared.contracts.envelope import Record, from_headers, headers
from shared.contracts.topics import ALERTS_EVENTS, CARDS_CONTROL, CARDS_TRANSACTIONS
from shared.event_store.events import StoredRow
from shared.relay.records import pack, places
from shared.relay.state import Mark

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
CUSTOMER = UUID("7d444840-9dc0-11d1-b245-5ffdce74fad2")
SALE = "regulars.cards.sale-recorded.v1"


class Box:
    """A batch with room for three records."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes | None, bytes | None, Any]] = []

    def append(self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Any) -> Any:
        if len(self.records) == 3:
            return None
        self.records.append((key, value, headers))
        return len(self.records)

    def record_count(self) -> int:
        return len(self.records)


def a_row(
    n: int, *, part: int = 3, type_name: str = SALE, customer: UUID | None = CUSTOMER, body: str = '{"net": 1}'
) -> StoredRow:
    return StoredRow(1, n, n, f"ledger-{customer}", n, uuid4(), type_name, customer, part, AT, AT, body, '{"causationid": "x"}')


def sent(rows: list[StoredRow], marks: dict[TopicPart, Mark]) -> dict[TopicPart, list[Record]]:
    boxes = pack(rows, marks, 5, Box)
    found: dict[TopicPart, list[Record]] = {}
    for at, out in boxes.items():
        flat = [record for box in out.batches if isinstance(box, Box) for record in box.records]
        for _, value, head in flat:
            record = from_headers(at.topic, at.part, 0, head, value)
            assert isinstance(record, Record)
            found.setdefault(at, []).append(record)
        assert found[at][-1].cursor == out.last
    return found


def test_each_record_names_the_one_before_it_on_its_part() -> None:
    rows = [a_row(n, part=n % 2) for n in range(1, 12)]
    for at, records in sent(rows, {TopicPart(CARDS_TRANSACTIONS, 1): Mark(Cursor(1, 0, 0), 1)}).items():
        assert [r.prev for r in records[1:]] == [r.cursor for r in records[:-1]]
        assert records[0].prev == (Cursor(1, 0, 0) if at.part == 1 else None)


def test_what_the_mark_has_passed_is_left_out() -> None:
    rows = [a_row(n) for n in range(1, 8)]
    at = TopicPart(CARDS_TRANSACTIONS, 3)
    (records,) = sent(rows, {at: Mark(Cursor(1, 5, 5), 50)}).values()
    assert [r.cursor.pos for r in records] == [6, 7]
    assert records[0].prev == Cursor(1, 5, 5)
    assert sent(rows, {at: Mark(Cursor(1, 7, 7), 50)}) == {}


def test_the_key_is_the_customer_else_the_stream_and_the_value_the_stored_text() -> None:
    at = TopicPart(CARDS_TRANSACTIONS, 3)
    (box,) = pack([a_row(1), a_row(2, customer=None)], {}, 5, Box)[at].batches
    assert isinstance(box, Box)
    assert [key for key, _, _ in box.records] == [str(CUSTOMER).encode(), b"ledger-None"]
    assert box.records[0][1] == b'{"net": 1}'


def test_control_events_and_alerts_have_their_places() -> None:
    control = a_row(1, type_name="regulars.cards.source-opened.v1", customer=None, part=9)
    assert places(control, b"{}") == [TopicPart(CARDS_CONTROL, 0)]
    alert = a_row(1, type_name="regulars.alerts.alert-opened.v1", body='{"kind": "silence"}')
    assert places(alert, alert.body.encode()) == [TopicPart(ALERTS_EVENTS, 3), TopicPart("regulars.alerts.silence.v1", 3)]
    other = a_row(1, type_name="regulars.alerts.went-live.v1", body="{}")
    assert places(other, b"{}") == [TopicPart("regulars.alerts.control.v1", 0)]


def test_headers_of_a_row_are_those_of_its_record() -> None:
    (records,) = sent([a_row(1)], {}).values()
    (box,) = pack([row := a_row(1)], {}, 5, Box)[TopicPart(CARDS_TRANSACTIONS, 3)].batches
    assert isinstance(box, Box)
    record = from_headers(records[0].topic, 3, 0, box.records[0][2], row.body.encode())
    assert isinstance(record, Record)
    assert box.records[0][2] == headers(record, 5, {"causationid": "x"})


@given(st.lists(st.integers(0, 2), max_size=40), st.integers(0, 40), st.integers(1, 10))
def test_however_it_is_cut_into_batches_the_records_are_the_same(parts: list[int], cut: int, size: int) -> None:
    rows = [a_row(n + 1, part=part) for n, part in enumerate(parts)]
    whole = {at: [(r.cursor, r.prev) for r in records] for at, records in sent(rows, {}).items()}
    marks: dict[TopicPart, Mark] = {}
    pieces: dict[TopicPart, list[tuple[Cursor, Cursor | None]]] = {}
    for start in range(0, len(rows), size):
        # One batch is read twice, as after a crash before the save.
        for _ in range(2 if start <= cut < start + size else 1):
            for at, records in sent(rows[start : start + size], marks).items():
                pieces.setdefault(at, []).extend((r.cursor, r.prev) for r in records)
                marks[at] = Mark(records[-1].cursor, 0)
    assert pieces == whole
