"""What is being made of slots under construction: which events go where, and what waits to be folded and to be written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.feed.scan import END
from shared.projections.apply import Standing
from shared.projections.positions import Position
from shared.projections.read_model import Growing, ReadModel
from shared.projections.sums import add_rows, key_columns


@dataclass(slots=True)
class Making:
    """A read model on a part: the rows that events made, growing where they can grow, and what of these was in the slot before. `missing` are
    rows that events wait for, which are to be looked for in the slot."""

    standing: Standing
    model: ReadModel[Any]
    stops: Mapping[str, Cursor] | None
    empty: bool
    rows: dict[Hashable, Any] = field(default_factory=dict)
    before: dict[Hashable, Any] = field(default_factory=dict)
    waiting: list[Envelope] = field(default_factory=list)
    missing: set[Hashable] = field(default_factory=set)

    def taker(self) -> Callable[[Envelope], None]:
        """What takes an event, as long as `rows` are these."""
        # Sums are added to whatever is there.
        return self._folder() if self.empty or self.model.split is not None else self._waiter()

    def begin(self, found: Mapping[Hashable, Any]) -> None:
        """Fold what waits, on top of the rows that were found."""
        self.before |= found
        growing = self.model.growing
        self.rows |= found if growing is None else {key: growing.begin(row) for key, row in found.items()}
        fold = self._folder()
        for event in self.waiting:
            fold(event)
        self.waiting.clear()
        self.missing.clear()

    def grown(self, rows: Mapping[Hashable, Any]) -> Mapping[Hashable, Any]:
        """The rows that came of those that grew."""
        growing = self.model.growing
        return rows if growing is None else {key: growing.end(row) for key, row in rows.items()}

    def _waiter(self) -> Callable[[Envelope], None]:
        key_of, rows, waiting, missing = self.model.key, self.rows, self.waiting, self.missing

        def wait(event: Envelope) -> None:
            key = key_of(event)
            if key is not None:
                waiting.append(event)
                if key not in rows:
                    missing.add(key)

        return wait

    def _folder(self) -> Callable[[Envelope], None]:
        """Folded at once, an event is still at hand: what waits has to be fetched from the memory again."""
        key_of, rows, evolve = self.model.key, self.rows, self.model.evolve
        if self.model.split is not None:
            return _summer(self.model, rows)
        if self.model.growing is not None:
            return _grower(key_of, self.model.growing, rows)

        def fold(event: Envelope) -> None:
            key = key_of(event)
            if key is not None:
                rows[key] = evolve(rows.get(key), event)

        return fold

    def stop(self, topic: str) -> Cursor:
        return END if self.stops is None else self.stops.get(topic, START)

    def takes(self, topic: str, cursor: Cursor) -> bool:
        return self.standing.position.cursor(topic) < cursor <= self.stop(topic)


def _summer(model: ReadModel[Any], rows: dict[Hashable, Any]) -> Callable[[Envelope], None]:
    key_of, split, keys = model.key, model.split, len(key_columns(model)) - 1
    assert split is not None

    def fold(event: Envelope) -> None:
        key = key_of(event)
        if key is not None and (more := split(event)):
            sums = rows.get(key)
            if sums is None:
                sums = rows[key] = {}
            add_rows(sums, more, keys)

    return fold


def _grower(
    key_of: Callable[[Envelope], Hashable | None], growing: Growing, rows: dict[Hashable, Any]
) -> Callable[[Envelope], None]:
    begin, add = growing.begin, growing.add

    def fold(event: Envelope) -> None:
        key = key_of(event)
        if key is not None:
            row = rows.get(key)
            if row is None:
                row = rows[key] = begin(None)
            add(row, event)

    return fold


@dataclass(slots=True)
class Place:
    """A topic part that somebody follows: where all of them stand at least, where the first has to stop, what was read last."""

    topic: str
    part: int
    makings: Sequence[Making]
    after: Cursor
    stop: Cursor
    last: Cursor = START


@dataclass(slots=True)
class Route:
    """Where events of a type and a part go: `makings` take them by `takers`, in the same order."""

    place: Place
    read: Callable[[bytes | str], Event]
    makings: Sequence[Making]
    takers: list[Callable[[Envelope], None]]


class Made(NamedTuple):
    """What is to be written of a making, and where it stands then."""

    making: Making
    to: Position
    empty: bool
    rows: dict[Hashable, Any]
    before: dict[Hashable, Any]
