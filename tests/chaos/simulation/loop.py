"""An event loop without a clock and without sockets: what happens next is a matter of the seed alone."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from heapq import heappop, heappush
from typing import Any

RUNAWAY = 200_000
"""So many steps are no schedule but a loop that waits for nothing."""


class Runaway(Exception):
    """The schedule does not come to rest."""


class Process:
    """What is killed and stopped as a whole: its tasks never run again, and whoever holds something for it is told."""

    __slots__ = ("alive", "frozen_until", "name", "on_death", "tasks")

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.frozen_until = 0.0
        self.tasks: list[asyncio.Task[Any]] = []
        self.on_death: list[Callable[[], None]] = []

    def kill(self) -> None:
        if self.alive:
            self.alive = False
            for told in self.on_death:
                told()


class _Timer:
    """What can be taken back before it happens."""

    __slots__ = ("call", "taken_back")

    def __init__(self, call: Callable[[], object]) -> None:
        self.call = call
        self.taken_back = False

    def cancel(self) -> None:
        self.taken_back = True

    def cancelled(self) -> bool:
        return self.taken_back

    def when(self) -> float:
        raise NotImplementedError

    def __call__(self) -> None:
        if not self.taken_back:
            self.call()


class Loop(asyncio.AbstractEventLoop):
    """Steps of all processes in the order of virtual time, in seconds. `outside` is the world: it is never killed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.outside = Process("outside")
        self.current = self.outside
        self.steps = 0
        self.errors: list[dict[str, Any]] = []
        self._ready: deque[tuple[Process, Callable[[], object]]] = deque()
        self._later: list[tuple[float, int, Process, Callable[[], object]]] = []
        self._number = 0
        # As with `get_debug`.
        self.create_future = partial(asyncio.Future, loop=self)

    # What asyncio asks of a loop.

    def time(self) -> float:
        return self.now

    # Asked for with every future; answered without a step of Python.
    get_debug = staticmethod(bool)

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        if context is None:
            timer = _Timer(partial(callback, *args))
            self._ready.append((self.current, timer))
            return timer
        # Of a task or of a future: nobody takes it back.
        self._ready.append((self.current, partial(context.run, callback, *args)))
        return None

    def call_at(self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        timer = _Timer(partial(callback, *args) if context is None else partial(context.run, callback, *args))
        self._number = number = self._number + 1
        heappush(self._later, (when, number, self.current, timer))
        return timer

    def call_later(self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        return self.call_at(self.now + delay, callback, *args, context=context)

    def create_task(self, coro: Any, *, name: Any = None, context: Any = None) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name="t" if name is None else name)
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        self.current.tasks.append(task)
        return task

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """A thread of the process: it has its say once, some time later."""
        future = self.create_future()

        def work() -> None:
            if future.cancelled():
                return
            try:
                future.set_result(func(*args))
            except Exception as error:
                future.set_exception(error)

        self.call_later(0.0005, work)
        return future

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context)

    # What the world asks of it.

    def at(self, process: Process, delay: float, callback: Callable[..., object], *args: Any) -> None:
        """Something that reaches a process from outside after `delay` seconds."""
        self._number = number = self._number + 1
        heappush(self._later, (self.now + delay, number, process, partial(callback, *args)))

    def spawn(self, process: Process, main: Coroutine[Any, Any, Any], done: Callable[[asyncio.Task[Any]], None]) -> None:
        """Start the main task of a process. `done` is called outside when it ends by itself."""
        before, self.current = self.current, process
        task = self.create_task(main)
        task.add_done_callback(lambda ended: self.at(self.outside, 0.0, done, ended))
        self.current = before

    def run(self, until: Callable[[], bool], deadline: float) -> bool:
        """Run until it is so, looked at whenever time goes on. False: it is not so at the deadline, or nothing goes on."""
        ready, later, next_ready = self._ready, self._later, self._ready.popleft
        asyncio._set_running_loop(self)
        try:
            while True:
                while ready:
                    process, step = next_ready()
                    if not process.alive:
                        continue
                    if process.frozen_until > self.now:
                        self._number += 1
                        heappush(later, (process.frozen_until, self._number, process, step))
                        continue
                    self.current = process
                    self.steps += 1
                    step()
                if until():
                    return True
                if not later or self.now > deadline:
                    return False
                if self.steps > RUNAWAY:
                    raise Runaway(f"{self.steps} steps")
                when, _, process, step = heappop(later)
                if type(step) is _Timer and step.taken_back:
                    continue
                if when > self.now:
                    self.now = when
                ready.append((process, step))
        finally:
            asyncio._set_running_loop(None)
            self.current = self.outside
