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


def verified(installation: Installation) -> tuple[int, str]:
    """Status of the command, and what it said in one line."""
    done = regulars(installation.folder, "verify")
    return done.returncode, done.stdout.replace("\n", " ")


def test_verify_names_what_was_tampered_with(on_kafka: Installation) -> None:
    status, said = verified(on_kafka)
    assert (status, said.endswith("no difference ")) == (0, True), said

    async def delete_row(conn: Any) -> Any:
        table = await live(conn)
        return await conn.fetchrow(
            f"DELETE FROM {table} WHERE customer_id = "
            f"(SELECT min(customer_id::text)::uuid FROM {table} WHERE credit_limit IS NOT NULL) RETURNING *"
        )

    async def put_back_with_another_amount(conn: Any) -> None:
        table = await live(conn)
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await conn.execute(f"INSERT INTO {table} ({', '.join(row.keys())}) VALUES ({places})", *row.values())
        await conn.execute(f"UPDATE {table} SET credit_limit = credit_limit + 1 WHERE customer_id = $1", row["customer_id"])

    async def put_right(conn: Any) -> None:
        table = await live(conn)
        await conn.execute(f"UPDATE {table} SET credit_limit = credit_limit - 1 WHERE customer_id = $1", row["customer_id"])

    row = within(on_kafka, delete_row)
    status, said = verified(on_kafka)
    assert status == 1
    assert f"the row of {row['customer_id']} is missing" in said

    within(on_kafka, put_back_with_another_amount)
    status, said = verified(on_kafka)
    assert status == 1
    assert f"the row of {row['customer_id']} differs in credit_limit" in said
    within(on_kafka, put_right)

    topic = "regulars.cards.transactions.v1"
    part = next(p for p in range(12) if _end(on_kafka, topic, p) > 1)
    admin = AdminClient({"bootstrap.servers": on_kafka.endpoints["kafka"]})
    for future in admin.delete_records([confluent_kafka.TopicPartition(topic, part, 1)]).values():
        future.result()
    status, said = verified(on_kafka)
    assert status == 1
    assert f"{topic}, part {part}" in said
    assert "is missing" in said
    assert "the row of" not in said


def _end(installation: Installation, topic: str, part: int) -> int:
    consumer = confluent_kafka.Consumer({"bootstrap.servers": installation.endpoints["kafka"], "group.id": "e2e"})
    try:
        return int(consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, part), timeout=20)[1])
    finally:
        consumer.close()
