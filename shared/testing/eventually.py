"""Waiting for something that happens elsewhere, with a deadline instead of a guess."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], timeout: float = 10.0, interval: float = 0.02) -> T:
    """Ask until the answer is truthy and return it. Raises TimeoutError with the last answer after `timeout` seconds.

    A probe that raises AssertionError counts as "not yet"; the last one is then the cause of the TimeoutError.
    """
    deadline = time.monotonic() + timeout
    while True:
        failed: AssertionError | None = None
        answer: T | None = None
        try:
            answer = await probe()
        except AssertionError as error:
            failed = error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout:g} s; last answer {answer!r}") from failed
        await asyncio.sleep(interval)
