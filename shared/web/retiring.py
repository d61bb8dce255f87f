"""Operations that are going: they say since when they are deprecated (RFC 9745), when they end (RFC 8594), and what there is instead.

Who still uses one stands in the line of each request: its route and the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime

from fastapi import params

LEAST = timedelta(days=180)


@dataclass(frozen=True)
class Retiring:
    """`since` and `sunset` are days; both begin at midnight UTC. `instead` is the path of what is there instead."""

    since: date
    sunset: date
    instead: str | None

    async def __call__(self) -> None:
        """Told by the route."""

    @property
    def headers(self) -> Mapping[str, str]:
        found = {
            "Deprecation": f"@{int(_begins(self.since).timestamp())}",
            "Sunset": format_datetime(_begins(self.sunset), usegmt=True),
        }
        return found if self.instead is None else {**found, "Link": f'<{self.instead}>; rel="successor-version"'}


def retiring(*, since: date, sunset: date, instead: str | None = None) -> params.Depends:
    """Marker: the operation is deprecated since a day, and goes on another, half a year later at the soonest. Raises ValueError."""
    if sunset - since < LEAST:
        raise ValueError("callers have half a year")
    return params.Depends(Retiring(since, sunset, instead))


def declared_retiring(dependencies: Iterable[params.Depends]) -> Retiring | None:
    """When a route goes; None for those that stay."""
    return next((d.dependency for d in dependencies if isinstance(d.dependency, Retiring)), None)


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
