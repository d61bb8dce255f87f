"""The line that each request leaves in the log, of the form that all lines have.

It is made without the steps of other lines and given out with those of the next 50 ms: one by one they cost more than the request's
own work. A process that is killed takes its last ones with it; what was done and who has read what stands in the store.
"""

from __future__ import annotations

import asyncio
from typing import TextIO
from uuid import UUID

import orjson
import structlog

from shared.telemetry.trace import Trace

_TOGETHER_SECONDS = 0.05
_stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)


class _Lines:
    def __init__(self, out: TextIO | None, service: str) -> None:
        self.out, self.service = out, service
        self.waiting = False

    def write(self, fields: dict[str, object]) -> None:
        if self.out is None:
            return
        self.out.write(
            orjson.dumps(_stamped(None, "", fields | {"service": self.service}), option=orjson.OPT_APPEND_NEWLINE).decode()
        )
        if not self.waiting:
            self.waiting = True
            asyncio.get_running_loop().call_later(_TOGETHER_SECONDS, self.flush)

    def flush(self) -> None:
        self.waiting = False
        if self.out is not None and not self.out.closed:
            self.out.flush()


_lines = _Lines(None, "")


def write_to(out: TextIO | None, service: str) -> None:
    """Where lines go from now on; None for nowhere."""
    global _lines
    _lines = _Lines(out, service)


def request_line(here: Trace, method: str, route: str, status: int, seconds: float, principal: UUID | None) -> None:
    """Tell of a request that has ended. `route` is a template, `seconds` what it took. Inside of the event loop only."""
    _lines.write(
        {
            "method": method,
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 2),
            "principal": None if principal is None else str(principal),
            "trace_id": here.trace_id,
            "request_id": here.request_id,
            "event": "request",
            "level": "info",
        }
    )
