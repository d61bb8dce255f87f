"""The pure fold of a batch: the same function serves the live consumer, the rebuild, the check and the tests."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Literal

from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Envelope, Record, opened
from shared.contracts.event import UndecodableEvent, UnknownEventType, event_types, retired_types
from shared.projections.read_model import Growing, ReadModel, Row, Totals
from shared.projections.sums import add_rows, key_columns

CAUSE_LENGTH = 500
_UNSEEN = object()
WIDE = ("customer:", "stream:")
"""How keys begin that stand for all rows of a customer or a stream."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A record that a read model asked for and whose body cannot be read."""

    record: Record
    cause: str


Item = Envelope | Unread


@dataclass(frozen=True, slots=True)
class Parked:
    """A key whose events wait from `cursor` on. `cause` names types, fields and places in the code, never values."""

    key: str
    topic: str
    cursor: Cursor
    cause: str


@dataclass(slots=True)
class Keyed:
    """Events in order with the key each concerns, and what had to be parked because not even its key is known."""

    entries: list[tuple[Hashable, Envelope]]
    parked: dict[str, Parked]


Slots = dict[tuple[str, str], Decimal | int]
"""(group, measure) -> amount."""


@dataclass(slots=True)
class Folded(Generic[Row]):
    """Rows that changed (None: the row goes), and the keys parked on the way with their rows as they were before the poison."""

    changed: dict[Hashable, Row | None]
    parked: dict[str, Parked]
    gains: dict[Hashable, Slots] = field(default_factory=dict)


Interest = Literal["fold", "skip", "unknown"]


def interest(types: Set[str], type_name: str) -> Interest:
    """What a subscription to `types` makes of a record. An unknown type of a subscribed family (another major) is not skipped."""
    if type_name in types:
        return "fold"
    family = type_name.rpartition(".v")[0]
    if all(one.rpartition(".v")[0] != family for one in types):
        return "skip"
    if type_name in retired_types():
        return "fold"
    return "skip" if type_name in event_types() else "unknown"


def read_item(record: Record, wanted: Interest) -> Item:
    """Open a record; what cannot be opened keeps its cause."""
    if wanted == "unknown":
        return Unread(record, f"{record.type}: unknown type of a subscribed family")
    try:
        return opened(record)
    except UnknownEventType:
        return Unread(record, f"{record.type}: unknown type")
    except UndecodableEvent as error:
        return Unread(record, str(error)[:CAUSE_LENGTH])


def wide_key(of: Envelope | Record) -> str:
    """What is parked when the row key itself cannot be known: all events of the customer, or of the stream."""
    return f"stream:{of.stream}" if of.customer_id is None else f"customer:{of.customer_id}"


def keyed(key: Callable[[Envelope], Hashable | None], items: Sequence[Item], parked: Set[str]) -> Keyed:
    """Find the keys of items in cursor order. Items of parked customers and streams are left out."""
    found = Keyed([], {})
    for item in items:
        if not isinstance(item, Envelope):
            wide = wide_key(item.record)
            if wide not in parked and wide not in found.parked:
                found.parked[wide] = Parked(wide, item.record.topic, item.record.cursor, item.cause)
            continue
        if (parked or found.parked) and ((wide := wide_key(item)) in parked or wide in found.parked):
            continue
        try:
            its_key = key(item)
        except Exception as error:
            wide = wide_key(item)
            found.parked[wide] = Parked(wide, item.topic, item.cursor, cause_of(error))
            continue
        if its_key is not None:
            found.entries.append((its_key, item))
    return found


def fold(
    model: ReadModel[Row], before: Mapping[Hashable, Row], entries: Sequence[tuple[Hashable, Envelope]], parked: Set[str]
) -> Folded[Row]:
    """Fold events in cursor order, none of them twice. Events of a parked key are not folded; the neighbours flow.

    Of a read model of sums what changed is what is to be added; `before` is not asked.
    """
    if model.split is not None:
        return _fold_sums(model, entries, parked)
    if model.growing is None:
        rows, poison = _fold_each(model, before, entries, parked)
    else:
        rows, poison = _fold_growing(model, model.growing, before, entries, parked)
    folded: Folded[Row] = Folded({}, poison)
    for key, new in rows.items():
        old = before.get(key)
        if new is old or new == old:
            continue
        try:
            if new is not None and getattr(new, model.key_column) != key:
                raise ValueError("the row of another key")
            gained = gained_by(model, old, new)
        except Exception as error:
            event = next(event for its_key, event in reversed(entries) if its_key == key)
            poison[str(key)] = Parked(str(key), event.topic, event.cursor, cause_of(error))
            continue
        folded.changed[key] = new
        if gained:
            folded.gains[key] = gained
    return folded


def _fold_each(
    model: ReadModel[Row], before: Mapping[Hashable, Row], entries: Iterable[tuple[Hashable, Envelope]], parked: Set[str]
) -> tuple[dict[Hashable, Row | None], dict[str, Parked]]:
    rows: dict[Hashable, Any] = {}
    poison: dict[str, Parked] = {}
    evolve = model.evolve
    for key, event in entries:
        if (parked or poison) and ((text := str(key)) in parked or text in poison):
            continue
        row = rows.get(key, _UNSEEN)
        if row is _UNSEEN:
            row = before.get(key)
        try:
            rows[key] = evolve(row, event)
        except Exception as error:
            poison[str(key)] = Parked(str(key), event.topic, event.cursor, cause_of(error))
    return rows, poison


def _fold_growing(
    model: ReadModel[Row],
    growing: Growing,
    before: Mapping[Hashable, Row],
    entries: Sequence[tuple[Hashable, Envelope]],
    parked: Set[str],
) -> tuple[dict[Hashable, Row | None], dict[str, Parked]]:
    grown: dict[Hashable, Any] = {}
    add, failed = growing.add, set[Hashable]()
    for key, event in entries:
        one = grown.get(key)
        if one is None:
            if parked and str(key) in parked:
                continue
            one = grown[key] = growing.begin(before.get(key))
        try:
            add(one, event)
        except Exception:
            failed.add(key)
    rows: dict[Hashable, Row | None] = {}
    for key, one in grown.items():
        try:
            if key not in failed:
                rows[key] = growing.end(one)
        except Exception:
            failed.add(key)
    # Which of their events it was, and the rows as they were before.
    others, poison = _fold_each(model, before, [entry for entry in entries if entry[0] in failed] if failed else [], parked)
    return rows | others, poison


def _fold_sums(model: ReadModel[Any], entries: Sequence[tuple[Hashable, Envelope]], parked: Set[str]) -> Folded[Any]:
    split, keys = model.split, len(key_columns(model)) - 1
    assert split is not None
    folded: Folded[Any] = Folded({}, {})
    changed = folded.changed
    for key, event in entries:
        if (parked or folded.parked) and ((text := str(key)) in parked or text in folded.parked):
            continue
        try:
            rows = split(event)
        except Exception as error:
            folded.parked[str(key)] = Parked(str(key), event.topic, event.cursor, cause_of(error))
            continue
        if rows:
            sums = changed.get(key)
            if sums is None:
                sums = changed[key] = {}
            add_rows(sums, rows, keys)
    return folded


def cause_of(error: Exception) -> str:
    """Type of the error and where it arose. Its message may repeat personal data and is left out."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {place.name}, line {place.lineno}"[:CAUSE_LENGTH]


def gained_by(model: ReadModel[Row], old: Row | None, new: Row | None) -> Slots:
    """What the totals of a read model gain when one row becomes another; nothing where it has none."""
    if model.gained is not None:
        return dict(model.gained(old, new))
    return {} if model.totals is None else gain(model.totals, old, new)


def gain(totals: Callable[[Row], Totals], old: Row | None, new: Row | None) -> Slots:
    """What the totals gain when one row becomes another: its new contribution minus its old one."""
    gained: Slots = {}
    for row, sign in ((old, -1), (new, 1)):
        if row is not None:
            for group, measures in totals(row).items():
                for measure, amount in measures.items():
                    gained[group, measure] = gained.get((group, measure), 0) + sign * amount
    return gained


def total_gain(gains: Iterable[Slots]) -> Slots:
    """What the totals gain by all changed rows; nothing that cancels out."""
    gained: Slots = {}
    for one in gains:
        for slot, amount in one.items():
            gained[slot] = gained.get(slot, 0) + amount
    return {slot: amount for slot, amount in gained.items() if amount != 0}
