"""How a process that works for ever runs and ends."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import uvloop

_COLLECT = (50_000, 20, 50)
_SWITCH_SECONDS = 0.001


def run_until_told(forever: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop of its own. SIGTERM and SIGINT end it cleanly; its error is raised."""
    tune_for_batches()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(forever))


def tune_for_batches() -> None:
    """How a process collects garbage and changes threads that reads and writes by thousands."""
    # A batch makes tens of thousands of objects that reference counts free; looking for cycles among them at the usual
    # intervals took a third of the time of reading it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    # Whatever runs on the loop, the leader's heartbeat among it, waits this long for a thread that computes.
    sys.setswitchinterval(_SWITCH_SECONDS)


@contextmanager
def cycles_left_alone() -> Iterator[None]:
    """Look for no cycles of garbage meanwhile: for work that makes millions of objects that stay, and none that refer to each other."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


async def _until_told(forever: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(forever)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
