"""`regulars verify`: nothing to say about a sound installation, and a name for what was tampered with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import confluent_kafka
from confluent_kafka.admin import AdminClient

from tests.e2e.installations import Installation, regulars


def within(installation: Installation, work: Callable[[Any], Awaitable[Any]]) -> Any:
    """Run some statements as the superuser."""

    async def run() -> Any:
        conn = await asyncpg.connect(installation.endpoints["postgres"]["admin"])
        try:
            return await work(conn)
        finally:
            await conn.close()

    return asyncio.run(run())


async def live(conn: Any) -> str:
    slot = await conn.fetchval("SELECT live FROM cards.routing WHERE read_model = 'receivables'")
    return f"cards.receivables_{slot}"


def test_verify_names_what_was_tampered_with(on_kafka: Installation) -> None:
    sound = regulars(on_kafka.folder, "verify")
    assert (sound.returncode, sound.stdout.splitlines()[-1]) == (0, "no difference"), sound.stdout + sound.stderr

    async def delete_row(conn: Any) -> Any:
        table = await live(conn)
        row = await conn.fetchrow(f"SELECT * FROM {table} ORDER BY customer_id LIMIT 1")
        await conn.execute(f"DELETE FROM {table} WHERE customer_id = $1", row["customer_id"])
        return row

    async def put_back(conn: Any) -> None:
        table = await live(conn)
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await conn.execute(f"INSERT INTO {table} ({', '.join(row.keys())}) VALUES ({places})", *row.values())

    row = within(on_kafka, delete_row)
    missing = regulars(on_kafka.folder, "verify")
    within(on_kafka, put_back)
    assert missing.returncode == 1
    assert f"the row of {row['customer_id']} is missing" in missing.stdout.replace("\n", " ")

    admin = AdminClient({"bootstrap.servers": on_kafka.endpoints["kafka"]})
    topic = "regulars.cards.transactions.v1"
    part = next(p for p in range(12) if _end(on_kafka, topic, p) > 1)
    for future in admin.delete_records([confluent_kafka.TopicPartition(topic, part, 1)]).values():
        future.result()
    lost = regulars(on_kafka.folder, "verify")
    assert lost.returncode == 1
    assert f"{topic}, part {part}" in lost.stdout
    assert "is missing" in lost.stdout


def _end(installation: Installation, topic: str, part: int) -> int:
    consumer = confluent_kafka.Consumer({"bootstrap.servers": installation.endpoints["kafka"], "group.id": "e2e"})
    try:
        return int(consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, part), timeout=20)[1])
    finally:
        consumer.close()
