"""What is kept of a read, and storing it: one statement for all reads that wait at the same moment."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.postgres.pool import Connection, Pool
from shared.postgres.schema import within

Kind = Literal["OPENED", "LISTED", "EXPORTED"]
_MOST_AT_ONCE = 100

_RECORD = """
INSERT INTO {schema}.reads (principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id)
SELECT n.principal, n.key_id, n.person_id, n.operation, n.kind, n.purpose, n.personal,
       ARRAY(SELECT c.id FROM unnest($8::uuid[], $9::int[]) AS c (id, n) WHERE c.n = n.n), n.trace_id
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bool[], $10::text[])
       WITH ORDINALITY AS n (principal, key_id, person_id, operation, kind, purpose, personal, trace_id, n)"""
_RECORD_ONE = """
INSERT INTO {schema}.reads (principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"""
_OF_CUSTOMER = """
SELECT xid::text AS xid, pos, gen, read_at, principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id
  FROM {schema}.reads
 WHERE customers @> ARRAY[$1::uuid] AND (gen, xid, pos) < ($2::smallint, $3::text::xid8, $4::bigint)
 ORDER BY reads.gen DESC, reads.xid DESC, reads.pos DESC LIMIT $5"""
_NEWEST = (32767, "18446744073709551615", 2**63 - 1)


@dataclass(frozen=True, slots=True)
class Read:
    """One act of reading. `person_id`: the person of the sales organisation behind the caller. `personal`: the caller could see
    persons' data in it, for `purpose`, a word of `shared.audit.purposes`. `operation` is the operation id of the route.
    """

    principal: UUID
    key_id: str
    person_id: str | None
    operation: str
    kind: Kind
    purpose: str | None
    personal: bool
    customers: tuple[UUID, ...]
    trace_id: str | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A read as it stands, with its place in the log and its time (UTC) as the server took it."""

    place: tuple[int, str, int]
    read_at: datetime
    read: Read


class Reads:
    """Records reads. Whoever comes while others are being recorded goes with the next statement: one commit to wait for."""

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool, self._schema = pool, schema
        self._waiting: deque[tuple[Read, asyncio.Future[None]]] = deque()
        self._under_way: asyncio.Task[None] | None = None

    async def record(self, read: Read) -> None:
        """Returns when the read is durable. Raises what the pool raises: then nothing may be answered."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((read, done))
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._record_all())
        await done

    async def _record_all(self) -> None:
        try:
            while self._waiting:
                some = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
                try:
                    await record_all(self._pool, self._schema, [read for read, _ in some])
                except Exception as error:
                    _tell(some, error)
                else:
                    _tell(some, None)
        finally:
            self._under_way = None


def _tell(some: Sequence[tuple[Read, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in some:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


async def record_all(c: Connection | Pool, schema: str, reads: Sequence[Read]) -> None:
    """Store reads, in one statement. Raises asyncpg.PostgresError, OSError, TimeoutError."""
    if len(reads) == 1:
        one = reads[0]
        said = (one.principal, one.key_id, one.person_id, one.operation, one.kind, one.purpose, one.personal)
        await c.execute(within(schema, _RECORD_ONE), *said, list(one.customers), one.trace_id)
        return
    named = [(customer, number) for number, read in enumerate(reads, 1) for customer in read.customers]
    await c.execute(
        within(schema, _RECORD),
        [read.principal for read in reads],
        [read.key_id for read in reads],
        [read.person_id for read in reads],
        [read.operation for read in reads],
        [read.kind for read in reads],
        [read.purpose for read in reads],
        [read.personal for read in reads],
        [customer for customer, _ in named],
        [number for _, number in named],
        [read.trace_id for read in reads],
    )


async def reads_of(
    c: Connection, schema: str, customer_id: UUID, before: tuple[int, str, int] | None, limit: int
) -> list[Recorded]:
    """Reads of a customer's card, the latest first, from the place `before` backwards."""
    rows = await c.fetch(within(schema, _OF_CUSTOMER), customer_id, *(before or _NEWEST), limit)
    return [
        Recorded(
            (row["gen"], row["xid"], row["pos"]),
            row["read_at"],
            Read(
                row["principal"],
                row["key_id"],
                row["person_id"],
                row["operation"],
                row["kind"],
                row["purpose"],
                row["personal"],
                tuple(row["customers"]),
                row["trace_id"],
            ),
        )
        for row in rows
    ]
