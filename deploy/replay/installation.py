"""The log of a running installation as the items that the engine takes, and what it has said live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from deploy.consistency import pools_of
from services.alerts.domain.judging import Saying
from services.alerts.engine.evidence import DATA_EVENTS
from services.alerts.engine.items import Item
from services.alerts.engine.refold import items_until
from services.alerts.read_models.watched_customers import SCHEMA, places_as_they_are
from shared.contracts.alerts import AlertOpened
from shared.contracts.cursor import PARTS
from shared.contracts.envelope import opened
from shared.feed.scan import END, scan_all
from shared.postgres.pool import Pool

TYPES = [cls.type for cls in DATA_EVENTS]


class Log(NamedTuple):
    """`through`: all parts have been judged up to this moment; what was recorded or said later is left out."""

    items: Sequence[Item]
    through: datetime
    zone: ZoneInfo
    said: Sequence[Saying]


class NothingJudged(Exception):
    """The engine has not worked on every part yet."""


async def log_of(endpoints: Mapping[str, Any], zone: str = "UTC") -> Log:
    """Read a local installation. Raises NothingJudged."""
    async with pools_of(endpoints) as pools:
        return await read_log(pools, ZoneInfo(zone))


async def read_log(pools: Mapping[str, Pool], zone: ZoneInfo) -> Log:
    """`pools` see the published views, by service. Raises NothingJudged."""
    async with pools[SCHEMA].acquire() as conn:
        places = await places_as_they_are(conn, range(PARTS))
    judged = [place.through for place in places if place.through is not None]
    if len(judged) < PARTS:
        raise NothingJudged(f"{len(judged)} of {PARTS} parts have been judged")
    through = min(judged)
    items: dict[UUID, Item] = {}
    for place in places:
        for item in await items_until(pools, place.part, place.reached):
            if item.record.recorded_at < through:
                items[item.record.event_id] = item
    said = []
    async for records in scan_all(pools[SCHEMA], SCHEMA, END, types=TYPES):
        for record in records:
            event = opened(record).event
            assert isinstance(event, DATA_EVENTS)
            if record.occurred_at < through:
                said.append(Saying(event, record.event_id, record.occurred_at, isinstance(event, AlertOpened)))
    return Log(sorted(items.values(), key=lambda item: item.key), through, zone, said)
