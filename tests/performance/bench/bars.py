"""The bars: what ours must reach beside a baseline of the same run. A number may have several lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Compare = Literal["ratio", "difference", "alone"]
Sense = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One line. `compare`: what is held against `bar` and `stretch`: ours / baseline, ours - baseline, or ours alone."""

    key: str
    number: int
    name: str
    unit: str
    sense: Sense
    bar: float
    stretch: float
    compare: Compare = "ratio"

    def holds(self, figure: float, wanted: float) -> bool:
        return figure >= wanted if self.sense == "at least" else figure <= wanted


_LINES = (
    Bar("1", 1, "bulk facts beside COPY", "rows/s", "at least", 0.45, 0.6),
    Bar("2", 2, "import over HTTP beside COPY", "rows/s", "at least", 0.25, 0.4),
    Bar("3a", 3, "one command, 16 connections, beside a bare route", "requests/s", "at least", 0.5, 0.65),
    Bar("3b", 3, "one command, 64 connections, beside a bare route", "requests/s", "at least", 0.5, 0.65),
    Bar("4a", 4, "one command, 16 connections, beside ORM and outbox", "requests/s", "at least", 4, 6),
    Bar("4b", 4, "one command, 64 connections, beside ORM and outbox", "requests/s", "at least", 4, 6),
    Bar("5", 5, "relay beside send_batch", "records/s", "at least", 0.3, 0.5),
    Bar("6", 6, "projection beside getmany and orjson", "events/s", "at least", 0.25, 0.33),
    Bar("7", 7, "projection beside one ORM transaction a message", "events/s", "at least", 100, 200),
    Bar("8", 8, "rebuild beside reading and decoding", "events/s", "at least", 0.35, 0.5),
    Bar("9", 9, "alerts consumer beside the projection of 6", "events/s", "at least", 0.3, 0.5),
    Bar("10a", 10, "p99 from a POST to another service's row", "ms", "at most", 4, 2),
    Bar("10b", 10, "p99 from a POST to an alert on its topic", "ms", "at most", 6, 3),
    Bar("11a", 11, "p99 of a page of 50 of all customers", "ms", "at most", 5, 3, "alone"),
    Bar("11b", 11, "p99 of a page of totals above the bare query", "ms", "at most", 5, 3, "difference"),
    Bar("12", 12, "value classes beside one window query", "s", "at most", 1.5, 0.7),
    Bar("13a", 13, "single append beside eventsourcing's save", "events/s", "at least", 2.5, 3),
    Bar("13b", 13, "projection beside eventsourcing's runner", "events/s", "at least", 30, 60),
    Bar("14a", 14, "second start until ready", "s", "at most", 20, 10, "alone"),
    Bar("14b", 14, "resident memory of the largest process at rest", "MB", "at most", 120, 90, "alone"),
)
BARS = {bar.key: bar for bar in _LINES}

MODULES = {
    "bulk_facts": (1,),
    "imports": (2,),
    "commands": (3, 4),
    "relay": (5,),
    "projections": (6, 7),
    "rebuilds": (8,),
    "alerts_consumer": (9,),
    "latency": (10,),
    "pages": (11,),
    "value_classes": (12,),
    "peer": (13,),
    "start_and_size": (14,),
}
"""Modules of this package, each with `async def measure(place: Place, size: Size) -> list[Measured]`, and the bars that each measures."""
