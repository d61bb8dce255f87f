"""What is being made of slots under construction: which events go where, and what waits to be folded and to be written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import Envelope
from shared.feed.scan import END
from shared.projections.apply import Standing
from shared.projections.positions import Position
from shared.projections.read_model import ReadModel


@dataclass(slots=True)
class Making:
    """A read model on a part: events that wait for being folded, the rows that they made, and what of these was in the slot before."""

    standing: Standing
    model: ReadModel[Any]
    stops: Mapping[str, Cursor] | None
    empty: bool
    waiting: dict[Hashable, list[Envelope]] = field(default_factory=dict)
    rows: dict[Hashable, Any] = field(default_factory=dict)
    before: dict[Hashable, Any] = field(default_factory=dict)

    def stop(self, topic: str) -> Cursor:
        return END if self.stops is None else self.stops.get(topic, START)

    def takes(self, topic: str, cursor: Cursor) -> bool:
        return self.standing.position.cursor(topic) < cursor <= self.stop(topic)


@dataclass(slots=True)
class Place:
    """A topic part that somebody follows: where all of them stand at least, where the first has to stop, what was read last."""

    topic: str
    part: int
    makings: Sequence[Making]
    after: Cursor
    stop: Cursor
    last: Cursor = START


Taker = tuple[Callable[[Envelope], Hashable | None], dict[Hashable, list[Envelope]], Making]


@dataclass(slots=True)
class Route:
    """Where events of a type and a part go."""

    place: Place
    takers: list[Taker]


class Made(NamedTuple):
    """What is to be written of a making, and where it stands then."""

    making: Making
    to: Position
    empty: bool
    rows: dict[Hashable, Any]
    before: dict[Hashable, Any]
