"""What has been declared by now: going live, how complete sources are, versions of rules. Read from the stores."""

from __future__ import annotations

from services.alerts.domain import control as controls
from services.alerts.domain.control import Control
from services.alerts.engine.items import CONTROL_TOPICS, item_of
from services.alerts.handlers.deps import SCHEMA
from shared.contracts.envelope import Record, opened
from shared.contracts.topics import main_topic
from shared.feed.scan import read_watermark, scan_all
from shared.postgres.pool import Pool


async def declared(own: Pool, cards: Pool) -> Control:
    """What had been declared when this was asked: an import that began before any fact that was seen is in it."""
    records: list[Record] = []
    for service, pool in (("cards", cards), (SCHEMA, own)):
        types = [name for name in controls.FOLDED_TYPES if main_topic(name) in CONTROL_TOPICS and name.split(".")[1] == service]
        async with pool.acquire() as c:
            mark = await read_watermark(c, service)
        if mark is not None:
            async for piece in scan_all(pool, service, mark.cursor, types=types):
                records += piece
    control = Control()
    for item in sorted(map(item_of, records), key=lambda item: item.key):
        envelope = opened(item.record)
        control = controls.evolve(control, envelope.event, envelope.event_id)
    return control
