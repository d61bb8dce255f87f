"""What an article is: the unit that its sales count in, what one is sold for, other units it is counted in; from a day on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from services.classification.domain.refusals import EntryRefused
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.products import ArticleDescribed, Pack

_NAMESPACE = UUID("7c1d3f52-50b5-5d0e-8a43-1f6f0c1f1a54")

Descriptions = Mapping[date, ArticleDescribed]
"""By the day from which each holds."""


class PriceOutOfRange(EntryRefused):
    """Prices are above nothing, at most one a currency."""


class PackOutOfRange(EntryRefused):
    """A pack holds more than nothing, is named once, and is not the article's own unit."""


@dataclass(frozen=True, slots=True)
class DescribeArticle:
    article: str
    from_on: date
    unit: str
    name: str | None
    unit_prices: Sequence[Money]
    packs: Sequence[Pack]
    decided_by: UUID


def id_of(*words: object) -> UUID:
    """An id for what is named by words of other systems, which a stream's name or a key cannot hold."""
    return uuid5(_NAMESPACE, "\n".join(map(str, words)))


def stream_of(article: str) -> str:
    return f"article-{id_of(article)}"


def decide(known: Descriptions, command: DescribeArticle) -> list[Event]:
    """What follows from the command; nothing when it says what is known. Raises an EntryRefused."""
    currencies = [one.currency for one in command.unit_prices]
    if len(currencies) > len(set(currencies)) or any(one.amount <= 0 for one in command.unit_prices):
        raise PriceOutOfRange
    units = [command.unit, *(one.unit for one in command.packs)]
    if len(units) > len(set(units)) or any(one.holds <= 0 for one in command.packs):
        raise PackOutOfRange
    event = ArticleDescribed(
        article=command.article,
        from_on=command.from_on,
        unit=command.unit,
        name=command.name,
        unit_prices=tuple(command.unit_prices),
        packs=tuple(command.packs),
        decided_by=command.decided_by,
    )
    return [] if known.get(command.from_on) == event else [event]


def folded(events: Iterable[Event]) -> Descriptions:
    """All descriptions of the article; of two from the same day the later one stands."""
    known: dict[date, ArticleDescribed] = {}
    for event in events:
        if not isinstance(event, ArticleDescribed):
            raise AssertionError(f"unknown event {event!r}")
        known[event.from_on] = event
    return known


def in_own_unit(quantity: Decimal, unit: str, own: str, packs: Iterable[Pack]) -> Decimal | None:
    """A counted quantity in the article's own unit; None where no pack says how many of it the counted unit holds."""
    if unit == own:
        return quantity
    holds = next((one.holds for one in packs if one.unit == unit), None)
    return None if holds is None else quantity * holds
