"""The clocks of complaints, and the working hours that they follow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from services.complaints.domain.clock import Clock, clock_of
from services.complaints.domain.working_hours import COMPANY, hours_for, hours_of, hours_stream, published
from services.complaints.domain.working_time import Hours
from services.complaints.handlers.deps import SCHEMA
from services.complaints.read_models.areas import parents, upwards
from services.complaints.read_models.served import areas_of
from shared.contracts.envelope import Envelope
from shared.event_store.load import load_many
from shared.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class Places:
    """Whose complaints follow which working hours. `areas` of customers, those around each area in `around`."""

    areas: Mapping[UUID, str]
    around: Mapping[str, str | None]
    hours: Mapping[str, Hours]
    zone: ZoneInfo

    def hours_of(self, customer_id: UUID) -> Hours:
        return hours_for(self.hours, self.lying_in(customer_id), self.zone)

    def lying_in(self, customer_id: UUID) -> Sequence[str]:
        """The area of a customer and those around it, the nearest first."""
        return upwards(self.around, self.areas.get(customer_id))


async def places_of(c: Connection, customers: Collection[UUID], zone: ZoneInfo) -> Places:
    """Where these customers are served, and the hours in force there."""
    areas, around = await areas_of(c, SCHEMA, list(customers)), await parents(c, SCHEMA)
    names = {COMPANY, *(name for area in set(areas.values()) for name in upwards(around, area))}
    found = await load_many(c, SCHEMA, [hours_stream(name) for name in names])
    hours = {}
    for name in names:
        loaded = found.get(hours_stream(name))
        event = None if loaded is None else published(envelope.event for envelope in loaded.events)
        if event is not None:
            hours[name] = hours_of(event)
    return Places(areas, around, hours, zone)


def clock_after(envelopes: Iterable[Envelope]) -> Clock | None:
    return clock_of((envelope.event, envelope.occurred_at) for envelope in envelopes)
