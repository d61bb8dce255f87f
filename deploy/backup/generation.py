"""A restored store goes on in a new generation, and its topics begin anew.

What was recorded after the backup is gone from the store, and is still on the topics under cursors that new events would
take a second time. So new events get a generation above all that was ever used, the topics are made anew and filled from
the stores, and readers, whose rows are as old as the stores, find their place by cursor.
"""

from __future__ import annotations

from collections.abc import Callable

import asyncpg

from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.kafka.admin import create_topics, delete_topics, partition_counts
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.relay.recovery import read_tails, topics_sent

_RAISE = """
UPDATE {schema}.store SET gen = greatest(gen, $1::smallint, (SELECT max(e.gen) FROM {schema}.events e)) + 1,
       last_tick = greatest(last_tick, clock_timestamp())
RETURNING gen"""
# Everything is sent again; whoever led before can save nothing more.
_RELAY = "UPDATE {schema}.relay SET epoch = epoch + 1, gen = 0, xid = '0', pos = 0"
_MARKS = "DELETE FROM {schema}.relay_mark"
# The cursors of readers fit the rows beside them; offsets are of topics that are gone.
_OFFSETS = "UPDATE {schema}.positions SET offsets = '{}', rev = rev + 1"
_AT_WORK = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = current_database() AND usename = ANY($1) ORDER BY 1"


class StillRunning(Exception):
    """A service is connected to the database: stop every process of the installation first."""


async def begin_generation(
    owner_dsn: str, kafka: KafkaSettings | None, *, above: int = 0, say: Callable[[str], None] = lambda _text: None
) -> dict[str, int]:
    """Raise the generation of every store above what it, its topics and `above` have used, and make its topics anew.

    `owner_dsn` is of the owner of the schemas. Every process must be stopped. Repeatable: it raises once more. Returns the
    generations by service. Raises StillRunning.
    """
    connection = await asyncpg.connect(owner_dsn)
    try:
        # An append that has read the old generation and commits later would appear behind those who have read on.
        if at_work := await connection.fetch(_AT_WORK, list(SERVICES)):
            raise StillRunning(f"still connected: {', '.join(row[0] for row in at_work)}; stop every process first")
        used = {service: max(above, 0 if kafka is None else await _used(kafka, service)) for service in SERVICES}
        # The stores first: with old topics a relay refuses to run, with new ones it would send what an old cursor has left.
        found = {service: await _raise(connection, service, used[service]) for service in SERVICES}
        say("generations " + ", ".join(f"{service} {gen}" for service, gen in found.items()))
    finally:
        await connection.close()
    if kafka is not None:
        await delete_topics(kafka)
        await create_topics(kafka, PARTS)
        say("topics are empty; the relays fill them from the stores")
    return found


async def _used(kafka: KafkaSettings, service: str) -> int:
    """The greatest generation at the ends of the service's topics."""
    if 0 in (await partition_counts(kafka, list(topics_sent(service, PARTS)))).values():
        return 0
    tails = await read_tails(kafka, service, PARTS)
    return max((tail.last.cursor.gen for tail in tails.values() if tail.last is not None), default=0)


async def _raise(connection: Connection, schema: str, above: int) -> int:
    async with connection.transaction():
        found: int = await connection.fetchval(within(schema, _RAISE), above)
        for statement in (_RELAY, _MARKS, _OFFSETS):
            await connection.execute(within(schema, statement))
        return found
