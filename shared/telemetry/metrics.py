"""Metrics for Prometheus: those of every process, and request counts and latencies by route template."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# A second series for each counter and bucket, which nobody asks for.
disable_created_metrics()

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COMMON = CollectorRegistry()
"""What `api` and `work` both measure."""

APPEND_SECONDS = Histogram(
    "regulars_append_seconds",
    "Seconds of one call of the store's append, by decision or by facts in bulk",
    ("schema", "call"),
    registry=COMMON,
    buckets=_BUCKETS,
)
POOL_WAIT_SECONDS = Histogram(
    "regulars_pool_wait_seconds",
    "Seconds until a connection of the pool was there, or was not to be had",
    ("pool",),
    registry=COMMON,
    buckets=_BUCKETS,
)

_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def new_registry() -> CollectorRegistry:
    """A registry of its own for one application, with the figures of the process itself."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


class RequestMetrics:
    """`regulars_http_requests_total` and `regulars_http_request_seconds`. Labels are templates, never addresses of resources."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "regulars_http_requests_total", "Requests by route and status.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "regulars_http_request_seconds",
            "Seconds from first byte in to last byte out.",
            ("method", "route"),
            registry=registry,
            buckets=_BUCKETS,
        )
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        # Methods are free text on the wire; each label value costs memory for ever.
        method = method if method in _METHODS else "other"
        key = (method, route, status)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = (self._requests.labels(method, route, str(status)), self._seconds.labels(method, route))
        found[0].inc()
        found[1].observe(seconds)
