"""One schedule: its chance, its faults, its processes, and what it found wrong."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

import asyncpg
from aiokafka.errors import KafkaError

from shared.feed.feed import FeedStuck
from shared.projections.positions import PartLost
from shared.relay.state import EpochLost
from tests.chaos.simulation.loop import Loop, Process

Fault = Literal["killed before", "killed after", "lost before", "lost after", "stall", "freeze"]
FAULTS: tuple[Fault, ...] = ("killed before", "killed after", "lost before", "lost after", "stall", "freeze")
BEGIN = datetime(2026, 3, 2, 8, tzinfo=UTC)
EXPECTED = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, KafkaError, TimeoutError, PartLost, EpochLost, FeedStuck)
"""What ends a process by the design: it begins anew where its positions stand. Anything else is a violation."""
MAX_DELAY = 0.004
LONG = 0.25
MOST_FAULTS = 5
RATES = (0.02, 0.05, 0.1)

T = TypeVar("T")
Main = Callable[[Process], Coroutine[Any, Any, Any]]


class World:
    """`calm` ends the faults: from then on everything must come to rest."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self._random = self.chance.random
        self.loop = Loop()
        # How many faults there are at most, and how likely each is at any call.
        self.faults_left, self.rate = self.below(MOST_FAULTS + 1), self.pick(RATES)
        self.calm = False
        self.skew = timedelta(0)
        self.violations: list[str] = []
        self.done: list[Fault] = []
        self.living: dict[str, Process] = {}
        self._kept: list[Process] = []

    def wall(self) -> datetime:
        """The clock of the machine: virtual time, and whatever it was set to."""
        return BEGIN + timedelta(seconds=self.loop.now) + self.skew

    def below(self, end: int) -> int:
        """Any of 0 to `end` - 1."""
        return int(self._random() * end)

    def pick(self, options: Sequence[T]) -> T:
        """Any of them."""
        return options[int(self._random() * len(options))]

    def delay(self) -> float:
        return self._random() * MAX_DELAY

    def fault(self, process: Process) -> Fault | None:
        """What goes wrong with this call of a process, if anything does."""
        if self.faults_left <= 0 or self.calm or self._random() >= self.rate:
            return None
        self.faults_left -= 1
        fault = self.pick(FAULTS)
        self.done.append(fault)
        if fault == "freeze":
            process.frozen_until = self.loop.now + self.chance.random() * LONG
        return fault

    def found(self, violation: str) -> None:
        self.violations.append(violation)

    def supervise(self, name: str, main: Main) -> None:
        """A process that begins anew whenever it has ended, until the schedule is over."""
        process = Process(name)
        self.living[name] = process
        self._kept.append(process)

        def again() -> None:
            if self.living.get(name) is process:
                self.loop.at(self.loop.outside, 0.002 + self.delay(), self.supervise, name, main)

        def ended(task: asyncio.Task[Any]) -> None:
            if not process.alive:
                return
            if not task.cancelled() and (error := task.exception()) is not None and not _expected(error):
                self.found(f"{name}: {_named(error)}")
                del self.living[name]
            process.kill()

        process.on_death.append(again)
        self.loop.spawn(process, main(process), ended)

    def retire(self, name: str) -> None:
        """End a process for good."""
        process = self.living.pop(name, None)
        if process is not None:
            process.kill()

    def come_to_rest(self, rested: Callable[[], bool], seconds: float = 120.0) -> bool:
        """Run to the end: the faults first, then in peace. A schedule that does not come to rest is a violation."""
        monotonic = time.monotonic
        time.monotonic = self.loop.time
        try:
            violations = self.violations
            if not self.loop.run(lambda: bool(violations) or rested(), seconds):
                self.found("it does not come to rest")
                return False
        except Exception as error:
            self.found(f"the simulation itself: {_named(error)}")
            return False
        finally:
            time.monotonic = monotonic
        for context in self.loop.errors:
            self.found(f"nobody waits for an error: {context.get('message')}: {context.get('exception')!r}")
        return not self.violations

    def close(self) -> None:
        """Let go of what is still suspended, so that nothing of it runs when it is thrown away."""
        for process in self._kept:
            process.alive = False


def _expected(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_expected(one) for one in error.exceptions)
    return isinstance(error, EXPECTED)


def _named(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(_named(one) for one in error.exceptions)
    place, line = "", 0
    step = error.__traceback__
    while step is not None:
        place, line, step = step.tb_frame.f_code.co_name, step.tb_lineno, step.tb_next
    return f"{type(error).__name__} in {place}, line {line}: {error}"
