"""Reading one stream, and the answer to a request that was already given."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import msgspec

from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import decode
from shared.contracts.topics import main_topic
from shared.event_store.append import results_of
from shared.event_store.events import Loaded, StoredAnswer
from shared.postgres.pool import Connection
from shared.postgres.schema import within

_EVENTS = """
SELECT gen, xid::text::bigint AS xid, pos, version, event_id, type, customer_id, part, occurred_at, recorded_at, body::text AS body
  FROM {schema}.events WHERE stream = $1 ORDER BY version"""

_MANY = """
SELECT gen, xid::text::bigint AS xid, pos, stream, version, event_id, type, customer_id, part, occurred_at, recorded_at,
       body::text AS body
  FROM {schema}.events WHERE stream = ANY($1::text[]) ORDER BY stream, version"""

# One statement, so that the answer and the history are of one moment. An answer given before ends the request: no history then.
_EVENTS_OR_ANSWER = """
SELECT c.fingerprint, c.status, c.answer::text AS answer, c.results::text AS results,
       e.gen, e.xid::text::bigint AS xid, e.pos, e.version, e.event_id, e.type, e.customer_id, e.part, e.occurred_at, e.recorded_at,
       e.body::text AS body
  FROM (SELECT) one
  LEFT JOIN {schema}.commands c ON c.principal = $2 AND c.route = $3 AND c.key = $4
  LEFT JOIN {schema}.events e ON e.stream = $1 AND c.key IS NULL
 ORDER BY e.version"""


async def load(tx: Connection, schema: str, stream: str, command: tuple[UUID, str, str] | None = None) -> Loaded:
    """Load a stream in one statement; with `command` (principal, route, key) also the answer it was given before.

    Raises UnknownEventType or UndecodableEvent.
    """
    if command is None:
        rows = await tx.fetch(within(schema, _EVENTS), stream)
    else:
        rows = await tx.fetch(within(schema, _EVENTS_OR_ANSWER), stream, *command)
        first = rows[0]
        if first["fingerprint"] is not None:
            results = results_of(msgspec.json.decode(first["results"]))
            answer = msgspec.json.decode(first["answer"])
            return Loaded((), 0, StoredAnswer(first["fingerprint"], first["status"], answer, results))
        if first["version"] is None:
            return Loaded((), 0, None)
    events = tuple(_envelope(stream, row) for row in rows)
    return Loaded(events, events[-1].version if events else 0, None)


async def load_many(tx: Connection, schema: str, streams: Collection[str]) -> dict[str, Loaded]:
    """Many streams in one statement; those without events are left out. Raises UnknownEventType or UndecodableEvent."""
    found: dict[str, list[Envelope]] = {}
    if streams:
        for row in await tx.fetch(within(schema, _MANY), list(streams)):
            found.setdefault(row["stream"], []).append(_envelope(row["stream"], row))
    return {stream: Loaded(tuple(events), events[-1].version, None) for stream, events in found.items()}


def _envelope(stream: str, row: Any) -> Envelope:
    return Envelope(
        event=decode(row["type"], row["body"]),
        type=row["type"],
        event_id=row["event_id"],
        stream=stream,
        version=row["version"],
        topic=main_topic(row["type"]),
        part=row["part"],
        cursor=Cursor(row["gen"], row["xid"], row["pos"]),
        customer_id=row["customer_id"],
        occurred_at=row["occurred_at"],
        recorded_at=row["recorded_at"],
    )
