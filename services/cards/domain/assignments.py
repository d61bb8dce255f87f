"""Whose customer it is and was: the spans in which one salesperson in one area served it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.cards.domain.as_of import day_of, standing
from shared.contracts.cards import CustomerRegistered, SalespersonAssigned, StubOpened
from shared.contracts.envelope import Envelope

_BEGINNINGS = (StubOpened, CustomerRegistered)


@dataclass(frozen=True, slots=True)
class Span:
    """`since` and `until` are business days, both included; no `until`: to this day. `version`: the event's place in the stream."""

    area_id: str | None
    salesperson_id: str | None
    since: date
    until: date | None
    recorded_at: datetime
    version: int
    decided_by: UUID | None


def spans(envelopes: Iterable[Envelope], zone: ZoneInfo, as_of: date | None, known_at: date | None) -> Sequence[Span]:
    """The spans through the day `as_of`, by what was known on the day `known_at`, the oldest first.

    Of two assignments for one day the later recorded stands, and the other served for no day. Days of nobody are left out.
    """
    told = standing(envelopes, zone, as_of, known_at)
    begins = min((day_of(one.occurred_at, zone) for one in told if isinstance(one.event, _BEGINNINGS)), default=None)
    if begins is None:
        return []
    on_day: dict[date, Span] = {}
    for envelope in told:
        event = envelope.event
        if isinstance(event, CustomerRegistered | SalespersonAssigned):
            # What was said of days before there was a card holds from its first day.
            since = max(day_of(envelope.occurred_at, zone), begins)
            decided_by = event.decided_by if isinstance(event, SalespersonAssigned) else None
            on_day[since] = Span(
                event.area_id, event.salesperson_id, since, None, envelope.recorded_at, envelope.version, decided_by
            )
    found: list[Span] = []
    for span in on_day.values():
        if found and (found[-1].area_id, found[-1].salesperson_id) == (span.area_id, span.salesperson_id):
            continue
        if found:
            found[-1] = replace(found[-1], until=span.since - timedelta(days=1))
        found.append(span)
    return [span for span in found if span.area_id is not None or span.salesperson_id is not None]
