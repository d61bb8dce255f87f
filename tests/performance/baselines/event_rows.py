"""Rows put into a table with the shape and the indexes of the event store: by COPY, or one a transaction. Nothing is de-duplicated."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from shared.event_store.events import Fact

TABLE = "copy_baseline"
COLUMNS = (
    *("gen", "xid", "pos", "stream", "version", "event_id", "type", "customer_id", "part"),
    *("source", "source_event_id", "fingerprint", "occurred_at", "recorded_at", "body", "meta"),
)
_A_TRANSACTION = 10_000
Row = tuple[object, ...]


def rows_of(facts: Sequence[Fact]) -> list[Row]:
    """Complete rows, versions counted by stream."""
    versions: dict[str, int] = {}
    rows: list[Row] = []
    for pos, fact in enumerate(facts, 1):
        version = versions[fact.stream] = versions.get(fact.stream, 0) + 1
        who = (fact.stream, version, fact.event_id, fact.type, fact.customer_id, fact.part)
        whence = (fact.source, fact.source_event_id, fact.fingerprint)
        rows.append((1, 1000, pos, *who, *whence, fact.occurred_at, fact.occurred_at, fact.body.decode(), "{}"))
    return rows


async def empty_table(c: asyncpg.Connection[Any]) -> None:
    """The table anew, and what earlier cases have left to be written is written."""
    await c.execute(f"DROP TABLE IF EXISTS cards.{TABLE}")
    await c.execute(f"CREATE TABLE cards.{TABLE} (LIKE cards.events INCLUDING INDEXES INCLUDING CONSTRAINTS)")
    await c.execute("CHECKPOINT")


async def copy_seconds(c: asyncpg.Connection[Any], rows: Sequence[Row]) -> float:
    """Seconds that COPY takes, 10,000 rows a transaction."""
    await empty_table(c)
    began = time.perf_counter()
    for at in range(0, len(rows), _A_TRANSACTION):
        await c.copy_records_to_table(TABLE, schema_name="cards", columns=COLUMNS, records=rows[at : at + _A_TRANSACTION])
    return time.perf_counter() - began


async def single_seconds(c: asyncpg.Connection[Any], rows: Sequence[Row]) -> float:
    """Seconds that one prepared INSERT a row takes, each a transaction of its own, from one client."""
    await empty_table(c)
    places = ", ".join(f"${n}" for n in range(1, len(COLUMNS) + 1))
    insert = await c.prepare(f"INSERT INTO cards.{TABLE} ({', '.join(COLUMNS)}) VALUES ({places})")
    began = time.perf_counter()
    for row in rows:
        await insert.fetch(*row)
    return time.perf_counter() - began
