"""What a reaction is: an event of another service that becomes events of one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.envelope import Envelope
from shared.event_store.events import Append


@dataclass(frozen=True, slots=True)
class Reaction:
    """Pure: the same event gives the same appends with the same event ids.

    Appends expect "any", or "new" where a stream that exists already is to be left alone. `name` is for ever: the place
    that the reaction has reached is kept under it. It follows one topic, since what it has answered is known by the cursor.
    Raises ValueError when it is declared otherwise.
    """

    name: str
    topics: Mapping[str, frozenset[str]]
    react: Callable[[Envelope], Sequence[Append]]

    def __post_init__(self) -> None:
        if len(self.topics) != 1:
            raise ValueError(f"{self.name}: a reaction follows exactly one topic")
