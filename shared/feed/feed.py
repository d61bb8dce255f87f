"""The port: what every source of events offers, and who works on which part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.envelope import Passed, PassedOver, Record, Undecodable


class Start(NamedTuple):
    """Where reading of a topic part begins: after `cursor`. `offset` only says where to look; None is the beginning."""

    cursor: Cursor = START
    offset: int | None = None


@dataclass(slots=True)
class Batch:
    """Records of one topic part in cursor order; repeats are possible. `next_offset` is None where there are no offsets.

    `passed` are those among them whose type the reader passes over, in the same order.
    """

    topic: str
    part: int
    records: list[Record | Undecodable]
    next_offset: int | None
    passed: list[Passed] = field(default_factory=list)

    @property
    def at(self) -> TopicPart:
        return TopicPart(self.topic, self.part)


def traced(records: Iterable[Record | Undecodable]) -> Iterator[tuple[str, str | None]]:
    """Type and trace of each record."""
    for one in records:
        if isinstance(one, Record) and one.traceparent is not None:
            yield one.type, one.traceparent.decode("ascii", "replace")


class FeedStuck(Exception):
    """Records are known to be there, or a group is known to be, and nothing came for too long. The process must exit."""


class Feed(Protocol):
    """A source of events. One reader at a time; `complete_through` and `pause` may be called between reads."""

    async def assign(self, starts: Mapping[TopicPart, Start]) -> None:
        """Read these topic parts from now on and no others."""

    def pass_over(self, types: PassedOver) -> None:
        """Of records of these types the reader wants the place only; a feed need not tell them apart."""

    async def read(self, max_records: int, timeout: float) -> list[Batch]:
        """Next records, in cursor order within a topic part; an empty list after `timeout` seconds. Raises FeedStuck.

        Where many come one after the other, a feed may wait some seconds more and return them together; with a timeout of
        nought it waits for nothing. Whoever cancels it must assign anew.
        """

    async def rewind(self, at: TopicPart) -> None:
        """Read a topic part again from its beginning: a record is missing behind the place reached."""

    async def ends(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        """Offset behind the last record of each topic part at this moment; None where there are no offsets."""

    async def begins(self, of: Collection[TopicPart]) -> Mapping[TopicPart, int | None]:
        """Offset of the first record that is still kept of each topic part; None where there are no offsets."""

    def complete_through(self, at: TopicPart) -> datetime | None:
        """Greatest T for which everything recorded before T on this topic part has been returned by `read`."""

    def behind(self, at: TopicPart) -> int | None:
        """Records of a topic part that are known to be there and were not returned yet; None where nobody counts them."""

    def pause(self, parts: Collection[TopicPart]) -> None:
        """Return nothing of these topic parts until they are resumed."""

    def resume(self, parts: Collection[TopicPart]) -> None:
        """Go on with paused topic parts where they were."""

    async def close(self) -> None:
        """Release connections; nothing is read afterwards."""


PartsChanged = Callable[[frozenset[int]], None]


class Membership(Protocol):
    """Which parts this process works on. Correctness never rests on it: positions are compared and set."""

    async def owned(self) -> frozenset[int]:
        """Parts held now. Waits until `watch`, which somebody must run, has had an answer for the first time."""

    def on_change(self, changed: PartsChanged) -> None:
        """Call `changed` with the parts held whenever they change, first with fewer, then with more."""

    async def watch(self) -> None:
        """Become a member and stay one, for ever. Raises FeedStuck when that is lost or hangs: the process must exit.

        A second caller waits for the first; so everyone who needs the membership may call it.
        """

    async def report(self, next_offsets: Mapping[TopicPart, int]) -> None:
        """Show how far this process is. A gauge for operators; nothing is resumed from it."""

    async def close(self) -> None:
        """Leave, so that others can take over at once."""
