"""What travels around an event: its place, its times, its customer. As CloudEvents 1.0 headers in binary mode on Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol, overload
from uuid import UUID

import msgspec

from shared.contracts.cursor import Cursor
from shared.contracts.event import Event, decode


class Record(msgspec.Struct, frozen=True, gc=False):
    """One event as a feed delivers it, the body not yet read. `offset` is None where it does not come from Kafka.

    `traceparent` is what caused it, where that is known.
    """

    topic: str
    part: int
    offset: int | None
    cursor: Cursor
    prev: Cursor | None
    event_id: UUID
    type: str
    stream: str
    version: int
    customer_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    body: bytes
    traceparent: bytes | None = None


class Undecodable(msgspec.Struct, frozen=True):
    """A Kafka record without readable headers: kept as raw bytes, parks nobody."""

    topic: str
    part: int
    offset: int
    raw: bytes


class Passed(msgspec.Struct, frozen=True, gc=False):
    """A Kafka record of a type that the reader does not follow: only its place in the log was read."""

    offset: int
    cursor: Cursor
    prev: Cursor | None


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """One event with its circumstances, the body read: what `evolve` functions and reactions see."""

    event: Event
    type: str
    event_id: UUID
    stream: str
    version: int
    topic: str
    part: int
    cursor: Cursor
    customer_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime


def opened(record: Record) -> Envelope:
    """Read the body of a record. Raises UnknownEventType or UndecodableEvent."""
    return Envelope(
        event=decode(record.type, record.body),
        type=record.type,
        event_id=record.event_id,
        stream=record.stream,
        version=record.version,
        topic=record.topic,
        part=record.part,
        cursor=record.cursor,
        customer_id=record.customer_id,
        occurred_at=record.occurred_at,
        recorded_at=record.recorded_at,
    )


Headers = Sequence[tuple[str, bytes]]
PassedOver = Callable[[str, str], bool]
"""Of (topic, type): whether records of it may be passed over."""


def headers(record: Record, epoch: int, meta: dict[str, Any]) -> list[tuple[str, bytes]]:
    """CloudEvents headers of a record, with the place in the log beside them. `meta` may carry trace and correlation ids."""
    customer = None if record.customer_id is None else str(record.customer_id).encode()
    place = str(record.cursor).encode(), None if record.prev is None else str(record.prev).encode()
    return headers_at(record, place, customer, epoch, meta)


class Circumstances(Protocol):
    """What headers tell about an event: a record of a feed and a row of the store both have it."""

    @property
    def event_id(self) -> UUID: ...
    @property
    def type(self) -> str: ...
    @property
    def stream(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...


def headers_at(
    event: Circumstances, place: tuple[bytes, bytes | None], customer: bytes | None, epoch: int, meta: dict[str, Any]
) -> list[tuple[str, bytes]]:
    """As `headers`, for a writer of many: `place` is the cursor and the one before it, written out; `customer` the id."""
    cursor, prev = place
    found = [
        *headers_of_type(event.type, epoch),
        ("ce_id", str(event.event_id).encode()),
        ("ce_time", event.occurred_at.isoformat().encode()),
        ("ce_subject", event.stream.encode()),
        ("ce_sequence", b"%d" % event.version),
        ("ce_recordedtime", event.recorded_at.isoformat().encode()),
        ("cursor", cursor),
    ]
    if prev is not None:
        found.append(("prev", prev))
    if customer is not None:
        found.append(("ce_partitionkey", customer))
    if meta:
        for name in ("traceparent", "correlationid", "causationid"):
            if name in meta:
                found.append((f"ce_{name}", str(meta[name]).encode("ascii", "replace")))
    return found


@lru_cache(maxsize=4096)
def headers_of_type(type_name: str, epoch: int) -> tuple[tuple[str, bytes], ...]:
    """The headers that all events of a type share."""
    service = type_name.split(".", 2)[1]
    return (
        ("ce_specversion", b"1.0"),
        ("ce_type", type_name.encode()),
        ("ce_source", b"/regulars/" + service.encode()),
        ("ce_dataschema", f"/schemas/events/{type_name}.json".encode()),
        ("content-type", b"application/json"),
        ("epoch", b"%d" % epoch),
    )


@overload
def from_headers(
    topic: str, part: int, offset: int, found: Iterable[tuple[str, bytes]], body: bytes | None
) -> Record | Undecodable: ...
@overload
def from_headers(
    topic: str, part: int, offset: int, found: Iterable[tuple[str, bytes]], body: bytes | None, passed_over: PassedOver | None
) -> Record | Passed | Undecodable: ...
def from_headers(
    topic: str,
    part: int,
    offset: int,
    found: Iterable[tuple[str, bytes]],
    body: bytes | None,
    passed_over: PassedOver | None = None,
) -> Record | Passed | Undecodable:
    """The record behind a Kafka message; Undecodable when a needed header is missing or malformed.

    Of types that `passed_over` holds for, only the type and the place are read, so nothing else is found malformed.
    """
    try:
        h = dict(found)
        prev, customer = h.get("prev"), h.get("ce_partitionkey")
        cursor, before = cursor_of(h["cursor"]), None if prev is None else cursor_of(prev)
        if passed_over is not None and passed_over(topic, _name(h["ce_type"])):
            return Passed(offset, cursor, before)
        return Record(
            topic,
            part,
            offset,
            cursor,
            before,
            uuid_of(b'"%b"' % h["ce_id"]),
            _name(h["ce_type"]),
            printable(h["ce_subject"]),
            below(int(h["ce_sequence"]), 31),
            None if customer is None else customer_of(customer),
            moment_of(h["ce_time"]),
            moment_of(h["ce_recordedtime"]),
            b"" if body is None else body,
            h.get("ce_traceparent"),
        )
    except (KeyError, ValueError, OverflowError, AttributeError, TypeError, msgspec.MsgspecError):
        # AttributeError, TypeError: a header without a value. OverflowError: a time that UTC does not have.
        return Undecodable(topic=topic, part=part, offset=offset, raw=body or b"")


uuid_of = msgspec.json.Decoder(UUID).decode
"""Of a quoted text: this reads it in one step."""


@lru_cache(maxsize=4096)
def _name(value: bytes) -> str:
    return printable(value)


def printable(value: bytes) -> str:
    # What is parked is written into a table, which does not take every character.
    text = value.decode("ascii")
    if not text.isprintable():
        raise ValueError("control characters")
    return text


def below(number: int, bits: int) -> int:
    # A larger number fits into no column: the reader would fail on it for ever.
    if not 0 <= number < 1 << bits:
        raise ValueError("out of range")
    return number


@lru_cache(maxsize=16_384)
def customer_of(value: bytes) -> UUID:
    # One object for the many events of a customer is also what rows are looked up by: the same object is found at once.
    return uuid_of(b'"%b"' % value)


@lru_cache(maxsize=1024)
def moment_of(value: bytes) -> datetime:
    # Events of one transaction share a time, and most facts are told by the day.
    moment = datetime.fromisoformat(value.decode("ascii"))
    if moment.tzinfo is None:
        raise ValueError("a naive time")
    moment.astimezone(UTC)
    return moment


def cursor_of(value: bytes) -> Cursor:
    """Read a cursor that fits into its columns. Raises ValueError for anything else."""
    gen, xid, pos = value.split(b".")
    if not (gen.isdigit() and xid.isdigit() and pos.isdigit()):
        raise ValueError("a cursor is three numbers joined by dots")
    cursor = Cursor(int(gen), int(xid), int(pos))
    if cursor[0] >= 1 << 15 or cursor[1] >= 1 << 63 or cursor[2] >= 1 << 63:
        raise ValueError("out of range")
    return cursor
