"""How were these complaints received? Read from the streams themselves, so it is always fresh."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.complaints.domain.complaint import complaint_stream
from shared.contracts.complaints import ComplaintReceived
from shared.contracts.event import decode
from shared.postgres.pool import Connection

_FIRST = "SELECT type, body::text AS body FROM {schema}.events WHERE stream = ANY($1::text[]) AND version = 1"


async def received(c: Connection, schema: str, complaints: Iterable[UUID]) -> dict[UUID, ComplaintReceived]:
    """The first events of those complaints that there are; personal fields sealed."""
    streams = [complaint_stream(one) for one in complaints]
    if not streams:
        return {}
    found: dict[UUID, ComplaintReceived] = {}
    for row in await c.fetch(_FIRST.format(schema=schema), streams):
        event = decode(row["type"], row["body"])
        if isinstance(event, ComplaintReceived):
            found[event.complaint_id] = event
    return found
