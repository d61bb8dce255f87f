"""What was decided last for each customer: read where the next run decides."""

from __future__ import annotations

from uuid import UUID

from shared.contracts.classification import ValueClassChanged
from shared.contracts.event import decode
from shared.postgres.pool import Connection
from shared.postgres.schema import within

# The streams of classification-<customer>, each from its newest event; "." is the character behind "-".
_LATEST = """
SELECT DISTINCT ON (stream) version, body::text AS body FROM {schema}.events
 WHERE stream > 'classification-' AND stream < 'classification.' AND type = $1 ORDER BY stream, version DESC"""


async def latest_decisions(c: Connection, schema: str) -> dict[UUID, tuple[int, ValueClassChanged]]:
    """By customer: the version of the stream and the last change of class."""
    found: dict[UUID, tuple[int, ValueClassChanged]] = {}
    for row in await c.fetch(within(schema, _LATEST), ValueClassChanged.type):
        event = decode(ValueClassChanged.type, row["body"])
        if isinstance(event, ValueClassChanged):
            found[event.customer_id] = (row["version"], event)
    return found
