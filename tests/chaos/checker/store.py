"""I1, I2: the event stores."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tests.chaos.load import Load

SERVICES = ("cards", "classification", "complaints", "alerts")
_KINDS = {"sale": "chaos/sale", "invoice": "chaos/invoice", "payment": "chaos/payment"}

_GAPS = """
SELECT count(*) FROM (SELECT stream FROM {schema}.events GROUP BY stream HAVING max(version) <> count(*) OR min(version) <> 1) g"""
_DISORDERED = """
SELECT count(*) FROM (SELECT version, lag(version) OVER (PARTITION BY stream ORDER BY gen, xid, pos) AS before FROM {schema}.events) o
 WHERE version <> coalesce(before, 0) + 1"""
_TWICE = "SELECT count(*) - count(DISTINCT event_id) FROM {schema}.events"
_LAST = "SELECT gen, xid::text, pos FROM {schema}.events ORDER BY gen DESC, events.xid DESC, pos DESC LIMIT 1"
_HASH = """
SELECT md5(string_agg(md5(row(gen, xid, pos, stream, version, event_id, type, customer_id, part, occurred_at, recorded_at, body)::text), ''
           ORDER BY gen, xid, pos))
  FROM {schema}.events WHERE (gen, xid, pos) <= ($1::smallint, $2::text::xid8, $3::bigint)"""
_FACTS = "SELECT source, source_event_id, count(*) AS n FROM cards.events WHERE source LIKE 'chaos/%' GROUP BY 1, 2"
_REGISTERED = """
SELECT x.value, count(e.event_id) AS n FROM cards.external_ids x
  LEFT JOIN cards.events e ON e.customer_id = x.customer_id AND e.type = 'regulars.cards.customer-registered.v1'
 WHERE x.system = 'chaos' AND x.value LIKE 'R-%' GROUP BY 1"""


@dataclass
class Earlier:
    """Where each store ended when it was looked at last, and the hash of everything up to there."""

    hashes: dict[str, tuple[tuple[int, str, int], str]] = field(default_factory=dict)


async def check_store(conn: asyncpg.Connection[asyncpg.Record], loads: list[Load], earlier: Earlier) -> list[str]:
    """Breaches of I1 and I2; `earlier` is brought up to date."""
    found: list[str] = []
    for schema in SERVICES:
        for text, what in (
            (_GAPS, "streams have a gap"),
            (_DISORDERED, "events are out of order"),
            (_TWICE, "event ids are used twice"),
        ):
            if many := await conn.fetchval(text.format(schema=schema)):
                found.append(f"I2 {schema}: {many} {what}")
        if schema in earlier.hashes:
            at, known = earlier.hashes[schema]
            if await conn.fetchval(_HASH.format(schema=schema), *at) != known:
                found.append(f"I2 {schema}: what was recorded up to {at} is not what it was")
        last = await conn.fetchrow(_LAST.format(schema=schema))
        if last is not None:
            at = tuple(last)
            earlier.hashes[schema] = at, await conn.fetchval(_HASH.format(schema=schema), *at)
    stored = {(row["source"], row["source_event_id"]): row["n"] for row in await conn.fetch(_FACTS)}
    registered = {row["value"]: row["n"] for row in await conn.fetch(_REGISTERED)}
    sent: Counter[tuple[str, str]] = Counter()
    for load in loads:
        found += _of_load(load, stored, registered)
        for command in load.sent.values():
            sent.update((_KINDS[kind], what) for kind, what in command.facts)
    if foreign := [one for one in stored if one not in sent]:
        found.append(f"I1: {len(foreign)} facts are stored that nobody sent, the first is {foreign[0]}")
    return found


def _of_load(load: Load, stored: dict[Any, int], registered: dict[str, int]) -> list[str]:
    found = [f"I1: {text}" for text in load.unexpected[:5]]
    lost: list[str] = []
    doubled: list[str] = []
    half: list[str] = []
    for key, command in load.sent.items():
        counts = [stored.get((_KINDS[kind], what), 0) for kind, what in command.facts]
        if command.path == "/v1/customers":
            counts = [registered.get(command.body["external_ids"][0]["value"], 0)]
        if key in load.acknowledged and min(counts) < 1:
            lost.append(key)
        if max(counts) > 1:
            doubled.append(key)
        if min(counts) != max(counts):
            half.append(key)
        if command.path == "/v1/transactions/bulk" and key in load.acknowledged:
            said = json.loads(load.acknowledged[key].body)
            if any(item.get("status") not in ("recorded", "duplicate") for item in said["items"]):
                found.append(f"I1: {key} was answered {said}")
    for what, keys in (
        ("acknowledged commands are lost", lost),
        ("commands are stored twice", doubled),
        ("commands are half stored", half),
    ):
        if keys:
            found.append(f"I1: {len(keys)} {what}, the first is {keys[0]}")
    return found
