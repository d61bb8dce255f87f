"""Events with their circumstances, as a feed tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import msgspec

from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import main_topic

CUSTOMER = UUID(int=7)
_SPACE = UUID(int=99)


def told(events: Sequence[Event], customer: UUID = CUSTOMER) -> list[Envelope]:
    """The events as envelopes of their topics, recorded one second after the other from the first of July 2026."""
    return [_envelope(n, event, customer) for n, event in enumerate(events, 1)]


def on_days(events: Sequence[tuple[Event, date, date]], zone: ZoneInfo, customer: UUID = CUSTOMER) -> list[Envelope]:
    """The events in the order of their stream, each with the day from which it holds and the day of its recording, at noon."""

    def noon(day: date) -> datetime:
        return datetime.combine(day, time(12), zone).astimezone(UTC)

    return [
        msgspec.structs.replace(_envelope(n, event, customer), occurred_at=noon(holds_from), recorded_at=noon(recorded))
        for n, (event, holds_from, recorded) in enumerate(events, 1)
    ]


def _envelope(n: int, event: Event, customer: UUID) -> Envelope:
    at = datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=n)
    return Envelope(
        event=event,
        type=event.type,
        event_id=uuid5(_SPACE, str(n)),
        stream=f"stream-{customer}",
        version=n,
        topic=main_topic(event.type),
        part=0,
        cursor=Cursor(1, n, n),
        customer_id=customer,
        occurred_at=at,
        recorded_at=at,
    )
