"""Reading one's own write: a list waits until it has caught up with the Regulars-Position of a command."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Query

from shared.web.problem import Problem

WAIT_SECONDS = 2.0
_PART = r"regulars\.[a-z]+\.[a-z]+\.v[0-9]{1,3}/[0-9]{1,4}/[0-9]{1,5}\.[0-9]{1,20}\.[0-9]{1,19}"
_POSITION = re.compile(f"{_PART}(,{_PART}){{0,15}}")

MinPosition = Annotated[
    str | None,
    Query(
        alias="min_position", max_length=1600, description="Regulars-Position of a command: the answer knows at least that much."
    ),
]


async def reached(min_position: str | None, wait: Callable[[str], Awaitable[bool]]) -> None:
    """Wait until the read model is at the position. `wait` polls or listens and answers whether it got there.

    Raises Problem: 400 for a malformed position, 503 with Retry-After when two seconds were not enough.
    """
    if min_position is None:
        return
    if not _POSITION.fullmatch(min_position):
        raise Problem("POSITION_INVALID")
    try:
        async with asyncio.timeout(WAIT_SECONDS + 0.5):
            there = await wait(min_position)
    except TimeoutError:
        there = False
    if not there:
        raise Problem("POSITION_NOT_REACHED", headers={"Retry-After": "1"})
