"""Requests per minute and key: a token bucket in memory, one a process.

Headers as in draft-ietf-httpapi-ratelimit-headers-11.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.web.problem import Problem

_WINDOW = 60


@dataclass
class Rates:
    """`monotonic` counts seconds. A bucket holds one minute's requests and fills evenly."""

    monotonic: Callable[[], float] = time.monotonic
    _buckets: dict[str, tuple[float, float]] = field(default_factory=dict)

    def take(self, key_id: str, limit: int) -> dict[str, str]:
        """Take one request; the headers that say what is left. Raises Problem (429) when there is none."""
        now = self.monotonic()
        level, since = self._buckets.get(key_id, (float(limit), now))
        per_second = limit / _WINDOW
        level = min(float(limit), level + (now - since) * per_second)
        if level < 1:
            self._buckets[key_id] = (level, now)
            # The first whole second at which one request is there again.
            wait = math.ceil((1 - level) / per_second) if per_second else _WINDOW
            raise Problem("RATE_LIMITED", headers={"Retry-After": str(wait), **_headers(limit, 0, wait)})
        self._buckets[key_id] = (level - 1, now)
        return _headers(limit, int(level - 1), math.ceil((limit - level + 1) / per_second))


def _headers(limit: int, left: int, full_in: int) -> dict[str, str]:
    return {"RateLimit-Policy": f'"default";q={limit};w={_WINDOW}', "RateLimit": f'"default";r={left};t={full_in}'}
