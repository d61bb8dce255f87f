"""Statements say on which business day they were entered: from it and the day of the visit follows how long that took. Pure."""

from __future__ import annotations

from datetime import date

from msgspec.structs import replace

from shared.contracts.cards import Provenance
from shared.contracts.event import Event


def entered(event: Event, today: date) -> Event:
    """The event; where it names its source, with the day of its entry."""
    provenance = getattr(event, "provenance", None)
    return replace(event, provenance=replace(provenance, entered_on=today)) if isinstance(provenance, Provenance) else event
