"""What a service shows the others of its store: names and types of the columns are a contract between services."""

import pytest

from shared.contracts.topics import SERVICES

EVENTS = {
    "gen": "smallint",
    "xid": "xid8",
    "pos": "bigint",
    "stream": "text",
    "version": "integer",
    "event_id": "uuid",
    "type": "text",
    "customer_id": "uuid",
    "part": "smallint",
    "occurred_at": "timestamp with time zone",
    "recorded_at": "timestamp with time zone",
    "body": "jsonb",
    "meta": "jsonb",
}
WATERMARK = {"t": "timestamp with time zone", "gen": "smallint", "xid": "xid8", "pos": "bigint"}
GENERATION = {"gen": "smallint"}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("view", "columns"), [("published_events", EVENTS), ("published_watermark", WATERMARK), ("published_generation", GENERATION)]
)
async def test_published_columns(untouched_database, pool_of, service, view, columns):
    reader = next(other for other in SERVICES if other != service)
    pool = await pool_of(untouched_database, reader)
    found = await pool.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = to_regclass($1) AND attnum > 0 ORDER BY attnum",
        f"{service}.{view}",
    )
    assert dict(found) == columns
