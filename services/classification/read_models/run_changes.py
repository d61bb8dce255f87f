"""What a run over everybody has decided, and how much of it is told. Each kind of run has its own tables.

A run decides once, on one snapshot: its changes are stored before the first event is appended, so that a run that is taken up again after a
crash goes on with the same decisions. What was told is forgotten when the run ends: the events say it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeVar
from uuid import UUID

import msgspec

from shared.contracts.event import Event, encode
from shared.postgres.pool import Connection
from shared.postgres.schema import within

ATTEMPTS = 5
RunName = Literal["value_class", "credit_grade", "customer_grade"]
E = TypeVar("E", bound=Event)


class Change(NamedTuple):
    """What is to be told of a customer: the version of the customer's stream before, and the event as JSON."""

    customer_id: UUID
    version: int
    body: str


_BEGIN = """
UPDATE {schema}.{name}_runs SET attempts = attempts + 1, state = CASE WHEN attempts >= $2 THEN 'FAILED' ELSE state END
 WHERE run_id = $1 RETURNING state"""
_DECIDING = "UPDATE {schema}.{name}_runs SET state = 'DECIDING' WHERE run_id = $1"
_FORGET = "DELETE FROM {schema}.{name}_changes WHERE run_id = $1"
# Also what a run has left that has failed, or whose process ended between its last two statements.
_FORGET_ENDED = """
DELETE FROM {schema}.{name}_changes WHERE run_id IN (SELECT run_id FROM {schema}.{name}_runs WHERE state IN ('DONE', 'FAILED'))"""
_KEEP = """
INSERT INTO {schema}.{name}_changes (run_id, customer_id, version, body)
SELECT $1, u.* FROM unnest($2::uuid[], $3::int[], $4::text[]) AS u"""
_TO_TELL = """
SELECT customer_id, version, body FROM {schema}.{name}_changes WHERE run_id = $1 AND NOT told AND customer_id > coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid)
 ORDER BY customer_id LIMIT $3"""
_TOLD = "UPDATE {schema}.{name}_changes SET told = true WHERE run_id = $1 AND customer_id = ANY($2::uuid[])"
_COUNT = "UPDATE {schema}.{name}_runs SET appended = appended + $2, attempts = 0 WHERE run_id = $1"
_DONE = "UPDATE {schema}.{name}_runs SET state = 'DONE', ended_at = $2 WHERE run_id = $1"


def _sql(schema: str, name: RunName, text: str) -> str:
    return within(schema, text.replace("{name}", name))


def text_of(event: Event) -> str:
    return encode(event).decode()


def event_in(text: str, kind: type[E]) -> E:
    """The standard of a run, or the event of a change."""
    return msgspec.json.decode(text, type=kind)


async def begin(c: Connection, schema: str, name: RunName, run_id: UUID) -> bool:
    """Count an attempt; False when there were too many and the run has failed."""
    state: str | None = await c.fetchval(_sql(schema, name, _BEGIN), run_id, ATTEMPTS)
    return state != "FAILED"


async def start_deciding(c: Connection, schema: str, name: RunName, run_id: UUID) -> None:
    """Forget what an attempt that broke off had stored."""
    await c.execute(_sql(schema, name, _FORGET), run_id)
    await c.execute(_sql(schema, name, _DECIDING), run_id)


async def keep(c: Connection, schema: str, name: RunName, run_id: UUID, changes: Sequence[Change]) -> None:
    """Store a piece of what was decided."""
    columns = ([getattr(one, field) for one in changes] for field in Change._fields)
    await c.execute(_sql(schema, name, _KEEP), run_id, *columns)


async def to_tell(c: Connection, schema: str, name: RunName, run_id: UUID, after: UUID | None, limit: int) -> list[Change]:
    """Changes that are not appended yet, of customers behind one."""
    return [Change(**row) for row in await c.fetch(_sql(schema, name, _TO_TELL), run_id, after, limit)]


async def told(c: Connection, schema: str, name: RunName, run_id: UUID, customers: Sequence[UUID]) -> None:
    """Note what was appended, in the transaction of the append, after it."""
    await c.execute(_sql(schema, name, _TOLD), run_id, list(customers))
    await c.execute(_sql(schema, name, _COUNT), run_id, len(customers))


async def finish(c: Connection, schema: str, name: RunName, run_id: UUID, at: datetime) -> None:
    await c.execute(_sql(schema, name, _DONE), run_id, at)
    await c.execute(_sql(schema, name, _FORGET_ENDED))
