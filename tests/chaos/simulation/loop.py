"""An event loop without a clock and without sockets: what happens next is a matter of the seed alone."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
from collections import deque
from collections.abc import Callable, Coroutine
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


class _Handle:
    __slots__ = ("_args", "_callback", "_context", "cancelled_", "process")

    def __init__(
        self, process: Process, callback: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None
    ) -> None:
        self.process, self._callback, self._args, self._context = process, callback, args, context
        self.cancelled_ = False

    def cancel(self) -> None:
        self.cancelled_ = True

    def cancelled(self) -> bool:
        return self.cancelled_

    def when(self) -> float:
        raise NotImplementedError

    def run(self) -> None:
        if self._context is None:
            self._callback(*self._args)
        else:
            self._context.run(self._callback, *self._args)


class Loop(asyncio.AbstractEventLoop):
    """Steps of all processes in the order of virtual time, in seconds. `outside` is the world: it is never killed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.outside = Process("outside")
        self.current = self.outside
        self.steps = 0
        self.errors: list[dict[str, Any]] = []
        self._ready: deque[_Handle] = deque()
        self._later: list[tuple[float, int, _Handle]] = []
        self._number = 0

    # What asyncio asks of a loop.

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(self, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        handle = _Handle(self.current, callback, args, context)
        self._ready.append(handle)
        return handle

    def call_at(self, when: float, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        return self._push(when, _Handle(self.current, callback, args, context))

    def call_later(self, delay: float, callback: Any, *args: Any, context: contextvars.Context | None = None) -> Any:
        return self._push(self.now + delay, _Handle(self.current, callback, args, context))

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

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
        self._push(self.now + delay, _Handle(process, callback, args, None))

    def spawn(self, process: Process, main: Coroutine[Any, Any, Any], done: Callable[[asyncio.Task[Any]], None]) -> None:
        """Start the main task of a process. `done` is called outside when it ends by itself."""
        before, self.current = self.current, process
        task = self.create_task(main)
        task.add_done_callback(lambda ended: self.at(self.outside, 0.0, done, ended))
        self.current = before

    def run(self, until: Callable[[], bool], deadline: float) -> bool:
        """Run until it is so, looked at whenever time goes on. False: it is not so at the deadline, or nothing goes on."""
        ready, later = self._ready, self._later
        asyncio._set_running_loop(self)
        try:
            while True:
                while ready:
                    handle = ready.popleft()
                    process = handle.process
                    if handle.cancelled_ or not process.alive:
                        continue
                    if process.frozen_until > self.now:
                        self._push(process.frozen_until, handle)
                        continue
                    self.current = process
                    self.steps += 1
                    handle.run()
                if until():
                    return True
                if not later or self.now > deadline:
                    return False
                if self.steps > RUNAWAY:
                    raise Runaway(f"{self.steps} steps")
                when, _, handle = heapq.heappop(later)
                if not handle.cancelled_:
                    self.now = max(self.now, when)
                    ready.append(handle)
        finally:
            asyncio._set_running_loop(None)
            self.current = self.outside

    def _push(self, when: float, handle: _Handle) -> _Handle:
        self._number += 1
        heapq.heappush(self._later, (when, self._number, handle))
        return handle
