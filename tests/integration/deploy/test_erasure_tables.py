"""A planted person is found in a table also where the server has compressed the row."""

from __future__ import annotations

import json

import asyncpg

from deploy.erasure.canary import new_canary
from deploy.erasure.scan import in_tables
from shared.testing.databases import Database


async def test_a_compressed_row_and_a_column_of_bytes_are_read(database: Database) -> None:
    canary, dsn = new_canary(), database.dsn("postgres")
    assert await in_tables(dsn, canary.needles()) == []
    admin = await asyncpg.connect(dsn)
    try:
        await admin.execute("CREATE TABLE cards.leak (body jsonb, raw bytea)")
        body = json.dumps({"words": "again and again " * 2000, "who": canary.token})
        await admin.execute("INSERT INTO cards.leak (body) VALUES ($1::jsonb)", body)
        assert await in_tables(dsn, canary.needles()) == ["cards.leak"]
        await admin.execute("TRUNCATE cards.leak")
        await admin.execute("INSERT INTO cards.leak (raw) VALUES ($1)", f"Ada {canary.token}".encode())
        assert await in_tables(dsn, canary.needles()) == ["cards.leak"]
        assert await in_tables(dsn, canary.controls()) == []
    finally:
        await admin.close()
