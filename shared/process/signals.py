"""How a process that works for ever ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop


def run_until_told(forever: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop of its own. SIGTERM and SIGINT end it cleanly; its error is raised."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(forever))


async def _until_told(forever: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(forever)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
