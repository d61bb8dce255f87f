"""Whether an import has the machine: for the first seconds of one, what this process reads for its own lists waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

HOLD_SECONDS = 10.0
"""A file of a hundred thousand lines is in by then. A larger one goes on beside the lists, which would be too far behind otherwise."""
CALM_SECONDS = 30.0
"""Imports that follow each other closer than this are one."""


class ImportFlow:
    """`clock` in seconds, as that of the loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = self._ended = float("-inf")
        self._idle = asyncio.Event()
        self._idle.set()

    @contextmanager
    def importing(self) -> Iterator[None]:
        """While a job runs."""
        if self._clock() - self._ended > CALM_SECONDS:
            self._began = self._clock()
        self._idle.clear()
        try:
            yield
        finally:
            self._ended = self._clock()
            self._idle.set()

    async def over(self) -> None:
        """Wait until no import has the machine."""
        left = self._began + HOLD_SECONDS - self._clock()
        if left > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._idle.wait()
