"""A card by both clocks: what held on a day, by what was known on a day. Pure.

The first clock is the business day from which a statement holds (`occurred_at`, in the company's zone), the second is when it
was recorded. Both days are given to their end; None for all that there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import reduce
from zoneinfo import ZoneInfo

from services.cards.domain.card import Card, Unregistered, evolve
from shared.contracts.cards import CustomerErased, StubOpened
from shared.contracts.envelope import Envelope


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The company's business day of a moment."""
    return moment.astimezone(zone).date()


def standing(envelopes: Iterable[Envelope], zone: ZoneInfo, as_of: date | None, known_at: date | None) -> Sequence[Envelope]:
    """What was recorded through `known_at` and holds from `as_of` or before, in the order in which later statements replace
    earlier ones: by the day from which they hold, on one day by their place in the stream.

    A stub stands before everything, since a registration that holds from an earlier day fills it nevertheless. An erasure that is
    known stands behind everything and holds on every day: what it took away cannot be shown of any.
    """
    found = [
        envelope
        for envelope in envelopes
        if (known_at is None or day_of(envelope.recorded_at, zone) <= known_at)
        and (as_of is None or isinstance(envelope.event, CustomerErased) or day_of(envelope.occurred_at, zone) <= as_of)
    ]
    return sorted(found, key=lambda one: (_rank(one), day_of(one.occurred_at, zone), one.version))


def _rank(envelope: Envelope) -> int:
    return 0 if isinstance(envelope.event, StubOpened) else 2 if isinstance(envelope.event, CustomerErased) else 1


def card_at(envelopes: Iterable[Envelope], zone: ZoneInfo, as_of: date | None = None, known_at: date | None = None) -> Card:
    """Who the customer was on the day `as_of`, by what was known on the day `known_at`. Unregistered where there was no card yet."""
    start: Card = Unregistered()
    return reduce(evolve, (envelope.event for envelope in standing(envelopes, zone, as_of, known_at)), start)


def card_on(envelopes: Sequence[Envelope], zone: ZoneInfo, day: date) -> Card:
    """The card as it stands, with the particulars that held on the day: what a statement that holds from the day on is news to."""
    return replace(card_at(envelopes, zone), particulars=card_at(envelopes, zone, day).particulars)
