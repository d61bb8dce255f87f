"""What changed on a card, field by field: what stood before, what stands since, who said it, and on which day it holds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from services.cards.domain import card as cards
from services.cards.domain import dealer, trade_stage
from services.cards.domain.as_of import day_of, standing
from services.cards.domain.card import Card, Particulars, Unregistered
from services.cards.domain.hierarchy import INDEPENDENT
from services.cards.domain.parts import NO_PARTS, Parts
from services.cards.domain.parts import evolve as evolve_parts
from services.cards.domain.trade_stage import TradeStep
from shared.contracts.envelope import Envelope


@dataclass(frozen=True, slots=True)
class Change:
    """One field. `before` and `after` are as in JSON, None where there was or is nothing. `version`: the event's place in the stream."""

    field: str
    before: Any
    after: Any
    holds_from: date
    recorded_at: datetime
    version: int
    decided_by: UUID | None
    source: str | None
    observed_on: date | None


def changes_between(
    envelopes: Iterable[Envelope], zone: ZoneInfo, first: date, last: date, known_at: date | None
) -> Sequence[Change]:
    """Changes that hold from a day between `first` and `last`, both included, by what was known on the day `known_at`.

    In the order of the days: a statement that was already overtaken when it was recorded stands where it belongs. Personal fields
    have to be in the clear: sealed, a text that did not change looks like another.
    """
    card: Card = Unregistered()
    parts, step, dealers = NO_PARTS, TradeStep(), INDEPENDENT
    before: dict[str, Any] = {}
    found: list[Change] = []
    for envelope in standing(envelopes, zone, last, known_at):
        event = envelope.event
        card, parts = cards.evolve(card, event), evolve_parts(zone, parts, envelope)
        step, dealers = trade_stage.evolve(step, event), dealer.evolve(dealers, event)
        after = {
            **_fields_of(card.particulars, parts),
            **({} if step.on is None else {"stage": step.stage}),
            **({} if dealers.newest is None else {"dealer_id": str(dealers.newest)}),
        }
        holds_from = day_of(envelope.occurred_at, zone)
        if holds_from >= first:
            found += _differences(before, after, envelope, holds_from)
        before = after
    return sorted(found, key=place_of)


def place_of(change: Change) -> tuple[date, int, str]:
    """Where a change stands in the list."""
    return change.holds_from, change.version, change.field


def _fields_of(known: Particulars, parts: Parts) -> dict[str, Any]:
    """What stands on a card, by the path of the field; lists as a whole. Fields without a value are left out."""
    found = {path: value for field, one in parts.known() for path, value in _leaves(field, one.value)}
    found |= {
        f"needs.{key}": {"kind": need.event.kind, "text": need.event.text, "met": need.met} for key, need in parts.needs.items()
    }
    found |= _leaves("terms", known.terms)
    found |= {
        "external_ids": [f"{one.system}:{one.value}" for one in known.external_ids] or None,
        "area_id": known.area_id,
        "salesperson_id": known.salesperson_id,
        "restriction": known.restriction,
        "next_order_on": None if known.agreements.next_order_on is None else known.agreements.next_order_on.isoformat(),
    }
    found |= {
        f"closures.{one.closure_id}": {"first_on": str(one.first_on), "last_on": str(one.last_on), "reason": one.reason}
        for one in known.agreements.closures
    }
    return {field: value for field, value in found.items() if value is not None}


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    plain = value if isinstance(value, dict) else msgspec.to_builtins(value)
    if not isinstance(plain, dict):
        yield path, plain
        return
    if set(plain) == {"amount", "currency"}:
        yield path, plain
        return
    for name, inner in plain.items():
        if isinstance(inner, dict):
            yield from _leaves(f"{path}.{name}", inner)
        else:
            yield f"{path}.{name}", inner


def _differences(before: dict[str, Any], after: dict[str, Any], envelope: Envelope, holds_from: date) -> Iterator[Change]:
    event = envelope.event
    provenance = getattr(event, "provenance", None)
    for field in sorted(before.keys() | after.keys()):
        was, now = before.get(field), after.get(field)
        if was != now:
            yield Change(
                field=field,
                before=was,
                after=now,
                holds_from=holds_from,
                recorded_at=envelope.recorded_at,
                version=envelope.version,
                decided_by=getattr(event, "decided_by", None),
                source=None if provenance is None else provenance.source,
                observed_on=None if provenance is None else provenance.observed_on,
            )
