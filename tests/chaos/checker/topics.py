"""I3, I4: the topics against the stores, record by record, and the watermarks against both."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.partitioner import DefaultPartitioner

from tests.chaos.checker.store import SERVICES

At = tuple[int, int, int]

_EVENTS = """
SELECT gen, xid::text::bigint AS xid, pos, event_id, stream, version, type, customer_id, recorded_at, body::text AS body
  FROM {schema}.events ORDER BY events.gen, events.xid, events.pos"""


@dataclass
class Topics:
    """What was found. `foreign`: (topic, part, offset) of records that a test put there itself."""

    violations: list[str] = field(default_factory=list)
    records: int = 0
    repeated: int = 0


async def check_topics(
    conn: asyncpg.Connection[asyncpg.Record], bootstrap: str, foreign: Iterable[tuple[str, int, int]] = ()
) -> Topics:
    """Read all topics whole and compare."""
    found = Topics()
    put = set(foreign)
    read = await read_all(bootstrap)
    for service in SERVICES:
        events = {(r["gen"], r["xid"], r["pos"]): r for r in await conn.fetch(_EVENTS.format(schema=service))}
        seen: set[At] = set()
        for (topic, part), messages in read.items():
            if topic.startswith(f"regulars.{service}.") and not topic.endswith(".watermarks.v1"):
                ours = [m for m in messages if (topic, part, m.offset) not in put]
                _check_part(found, topic, part, ours, events, seen, {p for t, p in read if t == topic})
        if missing := [at for at in events if at not in seen]:
            found.violations.append(f"I3 {service}: {len(missing)} events are on no topic, the first is {missing[0]}")
        _check_watermarks(found, service, read.get((f"regulars.{service}.watermarks.v1", 0), []), list(events.values()))
    return found


async def read_all(bootstrap: str) -> dict[tuple[str, int], list[Any]]:
    """Every record of every topic of ours, by topic and part."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 * 1024 * 1024,
    )
    await consumer.start()
    try:
        parts = await _parts(bootstrap)
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        begins = await consumer.beginning_offsets(parts)
        found: dict[tuple[str, int], list[Any]] = {(tp.topic, tp.partition): [] for tp in parts}
        unread = {tp for tp in parts if ends[tp] > begins[tp]}
        while unread:
            for tp, messages in (await consumer.getmany(*unread, timeout_ms=1000)).items():
                found[tp.topic, tp.partition] += messages
            unread = {tp for tp in unread if await consumer.position(tp) < ends[tp]}
        return found
    finally:
        await consumer.stop()


async def _parts(bootstrap: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if topic.startswith("regulars.")]
        described = await admin.describe_topics(topics)
    finally:
        await admin.close()
    return [TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]]


def _check_part(
    found: Topics, topic: str, part: int, messages: list[Any], events: dict[At, Any], seen: set[At], parts: set[int]
) -> None:
    where = f"{topic}, part {part}"
    partition = DefaultPartitioner()
    last: At = (0, 0, 0)
    versions: dict[str, int] = {}
    for message in messages:
        found.records += 1
        headers = {name: value.decode() for name, value in message.headers}
        at = _at(headers["cursor"])
        row = events.get(at)
        if row is None or str(row["event_id"]) != headers["ce_id"] or row["type"] != headers["ce_type"]:
            found.violations.append(f"I3 {where}: offset {message.offset} at {at} is not in the store")
            continue
        if json.loads(message.value) != json.loads(row["body"]) or int(headers["ce_sequence"]) != row["version"]:
            found.violations.append(f"I3 {where}: offset {message.offset} says something else than the store")
        # What concerns no single customer stands in a part of our choice.
        if len(parts) > 1 and row["customer_id"] is not None and partition(message.key, sorted(parts), sorted(parts)) != part:
            found.violations.append(f"I4 {where}: offset {message.offset} lies in the wrong part")
        if at <= last:
            found.repeated += 1
            continue
        if "prev" in headers and _at(headers["prev"]) != last:
            found.violations.append(f"I4 {where}: offset {message.offset} follows {headers['prev']} and comes after {last}")
        if row["version"] <= versions.get(row["stream"], 0):
            found.violations.append(f"I3 {where}: {row['stream']} version {row['version']} comes too late")
        versions[row["stream"]] = row["version"]
        last = at
        seen.add(at)


def _check_watermarks(found: Topics, service: str, messages: list[Any], events: list[Any]) -> None:
    """All that was recorded before t lies at or below the cursor that is told with it."""
    by_time = sorted((row["recorded_at"], (row["gen"], row["xid"], row["pos"])) for row in events)
    times = [t for t, _ in by_time]
    highest: list[At] = []
    for _, at in by_time:
        highest.append(max(at, highest[-1]) if highest else at)
    for message in messages:
        told = json.loads(message.value)
        before = bisect_left(times, datetime.fromisoformat(told["t"]))
        if before and highest[before - 1] > _at(told["cursor"]):
            found.violations.append(
                f"I4 {service}: the watermark {told['t']} at {told['cursor']} leaves out {highest[before - 1]}"
            )


def _at(text: str) -> At:
    gen, xid, pos = text.split(".")
    return int(gen), int(xid), int(pos)
