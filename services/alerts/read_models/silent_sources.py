"""What was said last of each source that ever fell silent. Read from the truth: whoever says more must know it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from shared.contracts.cards import FactKind
from shared.contracts.company_alerts import SourceFellSilent, SourceSpokeAgain
from shared.contracts.event import decode
from shared.postgres.pool import Connection


def source_stream(fact_kind: FactKind, source: str) -> str:
    return f"silent-source-{fact_kind}-{source}"


class Said(NamedTuple):
    """The last event of a source's stream, its version, and when it was recorded."""

    event: SourceFellSilent | SourceSpokeAgain
    version: int
    recorded_at: datetime


# "." is the character behind "-".
_LAST = """
SELECT DISTINCT ON (stream) version, type, body::text, recorded_at FROM alerts.events
 WHERE stream > 'silent-source-' AND stream < 'silent-source.' ORDER BY stream, version DESC"""


async def said_of_sources(c: Connection) -> list[Said]:
    found = []
    for version, type_name, body, recorded_at in await c.fetch(_LAST):
        event = decode(type_name, body)
        if isinstance(event, SourceFellSilent | SourceSpokeAgain):
            found.append(Said(event, version, recorded_at))
    return found
