"""What does the installation hold on one customer? Read from the stores of all services: always fresh, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg

from services.cards.domain.identity import ledger_stream, sub_sales_stream
from shared.contracts.event import Event, decode
from shared.postgres.pool import Connection, Pool
from shared.postgres.schema import within

_DECISIONS = """
SELECT stream, version, type, occurred_at, recorded_at, body::text AS body FROM {schema}.published_decisions
 WHERE customer_id = ANY($1::uuid[]) ORDER BY recorded_at, stream, version"""
# Facts, which are not among the decisions: all of a customer stand in its ledger.
_FACTS = """
SELECT stream, version, type, occurred_at, recorded_at, body::text AS body FROM {schema}.events
 WHERE stream = ANY($1::text[]) AND source IS NOT NULL ORDER BY recorded_at, stream, version"""
_SIGNS = "SELECT sign, count(*) AS hashes FROM {schema}.customer_search WHERE customer_id = ANY($1::uuid[]) GROUP BY sign ORDER BY sign"


class Held(NamedTuple):
    """An event as it is stored: personal fields are sealed, with `stream` as their place."""

    stream: str
    event: Event
    occurred_at: datetime
    recorded_at: datetime


async def held(stores: Mapping[str, Pool], customers: Sequence[UUID]) -> dict[str, list[Held]]:
    """All events of these customers by the service that keeps them, as they were recorded. Raises UndecodableEvent."""
    found: dict[str, list[Held]] = {}
    for service, pool in sorted(stores.items()):
        async with pool.acquire() as c:
            found[service] = _read(await c.fetch(within(service, _DECISIONS), list(customers)))
    return found


async def facts(c: Connection, schema: str, customers: Iterable[UUID]) -> list[Held]:
    """All facts in the ledgers of these customers, and what dealers told of their sales to them."""
    streams = [stream(one) for one in customers for stream in (ledger_stream, sub_sales_stream)]
    return _read(await c.fetch(within(schema, _FACTS), streams))


async def signs(c: Connection, schema: str, customers: Sequence[UUID]) -> dict[str, int]:
    """How many keyed hashes there are by which the customers are found, by what each is a sign of."""
    return {row["sign"]: row["hashes"] for row in await c.fetch(within(schema, _SIGNS), list(customers))}


def _read(rows: Iterable[asyncpg.Record]) -> list[Held]:
    return [Held(row["stream"], decode(row["type"], row["body"]), row["occurred_at"], row["recorded_at"]) for row in rows]
