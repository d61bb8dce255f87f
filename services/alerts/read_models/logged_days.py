"""Which business days the log knows of: read from what a service publishes of its store."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from shared.postgres.pool import Connection

# Facts of days to come (an agreement, a plan) are no knowledge of those days.
_DAYS = """
SELECT min(e.occurred_at) AS first, max(least(e.occurred_at, e.recorded_at)) AS last FROM cards.published_events e
 WHERE e.type = ANY($1::text[]) AND e.recorded_at < $2"""


class Logged(NamedTuple):
    """Moments at which the first and the last facts happened."""

    first: datetime
    last: datetime


async def logged(c: Connection, types: Collection[str], before: datetime) -> Logged | None:
    """Of facts of these types of the service cards recorded before a moment; None: there is none."""
    row = await c.fetchrow(_DAYS, list(types), before)
    return None if row is None or row["first"] is None else Logged(row["first"], row["last"])
