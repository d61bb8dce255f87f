"""Cases run in turns, so that a slow minute of the machine meets all of them; medians, and how far the rounds lie apart."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.performance.bench.bars import BARS, Bar


@dataclass(frozen=True, slots=True)
class Size:
    """How much is done. `small` is the smoke: everything runs once, with little, and its figures mean nothing."""

    rounds: int = 5
    small: bool = False

    def of(self, full: int, small: int) -> int:
        """The one or the other."""
        return small if self.small else full


@dataclass(frozen=True, slots=True)
class Case:
    """One way of doing it. `run` does one round and answers its figure, in the bar's unit; it prepares and clears outside of what it times."""

    name: str
    run: Callable[[], Awaitable[float]]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the rounds of one case said, and the CPU seconds of this process in each (preparing and clearing included)."""

    name: str
    rounds: tuple[float, ...]
    cpu_seconds: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the bars: ours, the baseline unless the bar is an absolute one, and what else was seen on the way."""

    key: str
    ours: Figures
    baseline: Figures | None = None
    also: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bar(self) -> Bar:
        return BARS[self.key]

    def compared(self) -> tuple[float, ...]:
        """What is held against the bar, round by round: rounds of the two lie next to each other in time."""
        if self.bar.compare == "alone":
            return self.ours.rounds
        if self.baseline is None:
            raise ValueError(f"bar {self.key} needs a baseline")
        pairs = zip(self.ours.rounds, self.baseline.rounds, strict=True)
        return tuple(one - other if self.bar.compare == "difference" else one / other for one, other in pairs)

    @property
    def figure(self) -> float:
        return statistics.median(self.compared())

    @property
    def holds(self) -> bool:
        return self.bar.holds(self.figure, self.bar.bar)


async def in_turns(cases: Sequence[Case], rounds: int) -> dict[str, Figures]:
    """Run every case once a round, each round in the reverse order of the last; by name. A first round to get warm does not count."""
    if rounds > 1:
        for case in cases:
            await case.run()
    found: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
    for n in range(rounds):
        said = []
        for case in cases if n % 2 == 0 else list(reversed(cases)):
            cpu = time.process_time()
            figure = await case.run()
            found[case.name].append((figure, time.process_time() - cpu))
            said.append(f"{case.name} {figure:,.6g}")
        print(f"  round {n + 1} of {rounds}: {', '.join(said)}", flush=True)
    return {name: Figures(name, tuple(f for f, _ in seen), tuple(cpu for _, cpu in seen)) for name, seen in found.items()}


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of them do not exceed. Raises IndexError for none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
