"""What a new leader finds on the topics, and where it goes on.

Kafka may have lost its newest records (it does not flush each to disk), the relay before us may have sent more than it
saved, and the store may be a restored backup that is older than its topics. Offsets do not tell which; cursors do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Record, from_headers
from shared.contracts.topics import TOPICS, watermarks_topic
from shared.kafka.admin import partition_counts
from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.relay.state import Mark

READ_BACK_SECONDS = 60.0

_KNOWN = """
SELECT u.n, e.event_id
  FROM unnest($1::smallint[], $2::xid8[], $3::bigint[]) WITH ORDINALITY AS u (gen, xid, pos, n)
  LEFT JOIN {schema}.events e ON e.gen = u.gen AND e.xid = u.xid AND e.pos = u.pos
 ORDER BY u.n
"""


class RelayRefused(Exception):
    """The topics do not fit the store: sending on would break what consumers have already read. An operator must act."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The log of one topic and part: its first offset, the offset behind its last, the last record of ours in it."""

    begin: int
    end: int
    last: Record | None


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where to go on. Rows above `cursor` are read; on each topic and part only what lies above its mark is sent."""

    cursor: Cursor
    marks: dict[TopicPart, Mark]
    lost: tuple[TopicPart, ...]


def topics_sent(service: str, parts: int) -> dict[str, int]:
    """Topics that the relay of a service writes events to, with their numbers of parts."""
    return {
        topic.name: 1 if topic.one_part else parts
        for topic in TOPICS
        if topic.service == service and topic.name != watermarks_topic(service)
    }


def resumption(cursor: Cursor, marks: Mapping[TopicPart, Mark], tails: Mapping[TopicPart, Tail]) -> Resumption:
    """Judge every topic and part. A pure function of what was saved and what is there.

    The last record below the mark: the newest ones are lost, go on behind it. Above the mark: the relay before us died
    between acknowledgement and saving, skip what is there already. No record of ours although the log still reaches back
    to where the mark's record stood: all are lost. Else they have merely been kept long enough.
    """
    found = dict(marks)
    lost: list[TopicPart] = []
    resume = cursor
    for at, tail in tails.items():
        mark = marks.get(at)
        if tail.last is not None:
            offset = tail.end - 1 if tail.last.offset is None else tail.last.offset
            found[at] = Mark(tail.last.cursor, offset + 1)
            if mark is not None and tail.last.cursor < mark.cursor:
                lost.append(at)
                resume = min(resume, tail.last.cursor)
        elif mark is not None and tail.begin < mark.end_offset:
            del found[at]
            lost.append(at)
            resume = START
    return Resumption(resume, found, tuple(lost))


async def check_parts(kafka: KafkaSettings, service: str, parts: int) -> None:
    """Raises RelayRefused when a topic is missing or has another number of partitions than the store has parts."""
    wanted = topics_sent(service, parts) | {watermarks_topic(service): 1}
    for topic, count in (await partition_counts(kafka, list(wanted))).items():
        if count != wanted[topic]:
            raise RelayRefused(f"topic {kafka.physical(topic)} has {count} partitions, {wanted[topic]} are needed")


async def check_known(connection: Connection, schema: str, tails: Mapping[TopicPart, Tail]) -> None:
    """Raises RelayRefused when the last record of a topic part is not in the store under its cursor and event id."""
    records = [tail.last for tail in tails.values() if tail.last is not None]
    known = await connection.fetch(
        within(schema, _KNOWN),
        [record.cursor.gen for record in records],
        [record.cursor.xid for record in records],
        [record.cursor.pos for record in records],
    )
    for record, row in zip(records, known, strict=True):
        if row["event_id"] != record.event_id:
            raise RelayRefused(
                f"{record.topic} part {record.part} ends with event {record.event_id} at {record.cursor}, which the store does not"
                " have: the store is older than its topics (a restored backup?); raise its generation and start new topics"
            )


async def read_tails(kafka: KafkaSettings, service: str, parts: int) -> dict[TopicPart, Tail]:
    """Read every topic part of the service back to its last well-formed record of ours."""
    consumer = reader(kafka, f"regulars-{service}-recovery", max_wait_ms=50)
    await consumer.start()
    try:
        async with asyncio.timeout(READ_BACK_SECONDS):
            places = {
                TopicPartition(kafka.physical(topic), part): TopicPart(topic, part)
                for topic, count in topics_sent(service, parts).items()
                for part in range(count)
            }
            begins = await consumer.beginning_offsets(list(places))
            ends = await consumer.end_offsets(list(places))
            found: dict[TopicPart, Tail] = {at: Tail(begins[tp], ends[tp], None) for tp, at in places.items()}
            ranges = {tp: (max(begins[tp], ends[tp] - 1), ends[tp]) for tp in places if ends[tp] > begins[tp]}
            step = 64
            while ranges:
                last = await _last_of_ours(consumer, service, ranges, places)
                for tp, record in last.items():
                    found[places[tp]] = Tail(begins[tp], ends[tp], record)
                ranges = {
                    tp: (max(begins[tp], low - step), low)
                    for tp, (low, _) in ranges.items()
                    if tp not in last and low > begins[tp]
                }
                step *= 8
            return found
    finally:
        await consumer.stop()


async def _last_of_ours(
    consumer: AIOKafkaConsumer,
    service: str,
    ranges: Mapping[TopicPartition, tuple[int, int]],
    places: Mapping[TopicPartition, TopicPart],
) -> dict[TopicPartition, Record]:
    found: dict[TopicPartition, Record] = {}
    consumer.assign(list(ranges))
    for tp, (low, _) in ranges.items():
        consumer.seek(tp, low)
    unread = set(ranges)
    while unread:
        for tp, messages in (await consumer.getmany(*unread, timeout_ms=200)).items():
            for message in messages:
                if message.offset >= ranges[tp][1]:
                    break
                record = from_headers(places[tp].topic, places[tp].part, message.offset, message.headers, message.value)
                if isinstance(record, Record) and record.type.startswith(f"regulars.{service}."):
                    found[tp] = record
        unread = {tp for tp in unread if await consumer.position(tp) < ranges[tp][1]}
    return found
