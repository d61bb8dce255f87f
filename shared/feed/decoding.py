"""Kafka's records as the feed delivers them, their headers looked at where the relay writes them.

A record whose headers stand otherwise is read the general way, with the same outcome: `from_headers` says what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from aiokafka.errors import CorruptRecordException

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import (
    Passed,
    PassedOver,
    Record,
    Undecodable,
    cursor_of,
    customer_of,
    from_headers,
    headers_of_type,
    moment_of,
    printable,
    uuid_of,
)
from shared.kafka.batches import RawRecord, read_headers, read_varint
from shared.kafka.varints import varint


class Decoded(NamedTuple):
    """Records of a topic part, those passed over apart from the others, and the greatest cursor; START where none can be read."""

    records: list[Record | Undecodable]
    passed: list[Passed]
    last: Cursor


_SHARED = tuple(name for name, _ in headers_of_type("regulars.cards.x.v1", 1))
_ID = b"\x0ace_id\x48"
# Each name with its length before it, then the length of the value in one byte; none of these bytes is a printable one.
_OWN = re.compile(
    rb"(.{36})\x0ece_time(.)([ -~]+)\x14ce_subject(.)([ -~]+)\x16ce_sequence(.)([0-9]{1,9})\x1ece_recordedtime(.)([ -~]+)"
    rb"\x0ccursor(.)([0-9.]+)(?:\x08prev(.)([0-9.]+))?(?:\x1ece_partitionkey\x48(.{36}))?",
    re.DOTALL,
)


_NEVER = datetime.min.replace(tzinfo=UTC)
_SIMPLE = len(_SHARED) + 6
"""Headers of a record without a predecessor and a customer."""


def decoded(topic: str, part: int, raws: Iterable[RawRecord], passed_over: PassedOver | None = None) -> Decoded:
    """Records of a topic part. Of types that `passed_over` holds for, only the place is read."""
    records: list[Record | Undecodable] = []
    passed: list[Passed] = []
    # What is the same as in the record before is read once: the moment of a flood, the cursor that the next record follows.
    starts: dict[bytes, tuple[str, int, bool] | None] = {}
    before, here, greatest = b"", START, START
    time_before = recorded_before = b""
    occurred_at = recorded_at = _NEVER
    for raw in raws:
        offset, value, headers = raw
        cut = headers.find(_ID)
        start = headers[: max(0, cut)]
        try:
            shared = starts[start]
        except KeyError:
            shared = starts[start] = _shared(start, topic, passed_over)
        own = None if shared is None else _OWN.fullmatch(headers, cut + len(_ID))
        one: Record | Passed | Undecodable | None = None
        if own is not None and shared is not None:
            type_name, count, over = shared
            event_id, t, time, s, subject, v, version, r, recorded, c, cursor, p, prev, customer = own.groups()
            if (
                count == _SIMPLE + (prev is not None) + (customer is not None)
                and t[0] == 2 * len(time)
                and s[0] == 2 * len(subject)
                and v[0] == 2 * len(version)
                and r[0] == 2 * len(recorded)
                and c[0] == 2 * len(cursor)
                and (prev is None or p[0] == 2 * len(prev))
            ):
                try:
                    link = None if prev is None else here if prev == before else cursor_of(prev)
                    place = cursor_of(cursor)
                    if over:
                        one = Passed(offset, place, link)
                    else:
                        if time != time_before:
                            occurred_at, time_before = moment_of(time), time
                        if recorded != recorded_before:
                            recorded_at, recorded_before = moment_of(recorded), recorded
                        one = Record(
                            topic,
                            part,
                            offset,
                            place,
                            link,
                            uuid_of(b'"%b"' % event_id),
                            type_name,
                            subject.decode("ascii"),
                            int(version),
                            None if customer is None else customer_of(customer),
                            occurred_at,
                            recorded_at,
                            b"" if value is None else value,
                        )
                    before, here = cursor, place
                except (ValueError, OverflowError, msgspec.MsgspecError):
                    one = None
        if one is None:
            one = _general(topic, part, raw, passed_over)
        # What most records are is asked first: asking for what one is not goes through Python.
        if isinstance(one, Record):
            records.append(one)
        elif isinstance(one, Passed):
            passed.append(one)
        else:
            records.append(one)
            continue
        if one.cursor > greatest:
            greatest = one.cursor
    return Decoded(records, passed, greatest)


def _general(topic: str, part: int, raw: RawRecord, passed_over: PassedOver | None) -> Record | Passed | Undecodable:
    try:
        pairs = read_headers(raw.headers)
    except CorruptRecordException:
        return Undecodable(topic=topic, part=part, offset=raw.offset, raw=raw.value or b"")
    return from_headers(topic, part, raw.offset, pairs, raw.value, passed_over)


def _shared(start: bytes, topic: str, passed_over: PassedOver | None) -> tuple[str, int, bool] | None:
    """Type, number of headers and whether it is passed over, from those that all records of a type share; None when they are
    others, or in another order."""
    try:
        count, _ = read_varint(start, 0)
        pairs = read_headers(varint(len(_SHARED)) + start[1:])
        if tuple(name for name, _ in pairs) != _SHARED or not 0 <= count < 64:
            return None
        name = printable(dict(pairs)["ce_type"])
    except (CorruptRecordException, ValueError, IndexError, AttributeError):
        return None
    return name, count, passed_over is not None and passed_over(topic, name)
