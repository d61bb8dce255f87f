"""Around every request: trace, log line, metrics, headers, and a problem instead of a crash. Plain ASGI, because it is on every path."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import trace
from shared.telemetry.metrics import RequestMetrics
from shared.telemetry.request_lines import request_line
from shared.telemetry.spans import request_span
from shared.web.errors import as_problem
from shared.web.problem import problem_response

_failures = logging.getLogger(__name__)

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    # Heeded where the answer came over TLS, which ends before us; over plain http it says nothing.
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_NAMES = frozenset(name for name, _ in _HEADERS)
# No answer has begun: the caller hung up, or the process is ending. Not a status of HTTP, but the one that proxies use in logs.
GONE = 499
_QUIET = frozenset(("/livez", "/readyz", "/startupz", "/metrics"))


def begun(headers: Iterable[tuple[bytes, bytes]]) -> tuple[trace.Trace, Callable[[str, int], None]]:
    """The trace of a request that has just come, and what ends its span."""
    traceparent = request_id = None
    for name, value in headers:
        if name == b"traceparent":
            traceparent = value.decode("latin-1")
        elif name == b"x-request-id":
            request_id = value.decode("latin-1")
    return request_span(trace.begin(traceparent, request_id))


def completed(
    headers: list[tuple[bytes, bytes]], here: trace.Trace, scope: Scope, docs: bool = False
) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has."""
    present = {name for name, _ in headers}
    if docs:
        present.add(b"content-security-policy")
    own = _HEADERS if present.isdisjoint(_NAMES) else [one for one in _HEADERS if one[0] not in present]
    ours = ((b"x-request-id", here.request_id.encode()), (b"traceparent", here.traceparent.encode()))
    more = scope.get("regulars.headers")
    return [*headers, *own, *ours, *((n.lower().encode(), v.encode()) for n, v in (more or {}).items())]


def accounted(metrics: RequestMetrics, scope: Scope, here: trace.Trace, status: int, seconds: float) -> None:
    """Count a request that has ended, and tell of it."""
    route = route_of(scope)
    metrics.count(scope["method"], route, status, seconds)
    if scope["path"] not in _QUIET:
        principal = scope.get("state", {}).get("principal")
        request_line(here, scope["method"], route, status, seconds, None if principal is None else principal.id)


def route_of(scope: Scope) -> str:
    """The template of the route that answers; "other" where there is none."""
    return getattr(scope.get("route"), "path", None) or "other"


class Correlation:
    """Outermost middleware. Every request leaves with `X-Request-Id` and `traceparent`, whatever happens inside."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, docs_paths: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.metrics = metrics
        self.docs_paths = docs_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        here, span_ends = begun(scope["headers"])
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = completed(message.get("headers", []), here, scope, scope["path"] in self.docs_paths)
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            # Hung up in the middle of the body: nobody is left to answer.
            status = GONE
        except Exception as error:
            if status:
                # The answer has begun: all that is left is to cut the connection, so that nobody takes it for whole.
                _failures.error("answer cut short by %s", type(error).__name__)
                raise
            problem = as_problem(error)
            response = problem_response(problem.body(), problem.status, scope["path"], problem.headers)
            await response(scope, receive, sending)
        finally:
            accounted(self.metrics, scope, here, status or GONE, time.perf_counter() - began)
            span_ends(f"{scope['method']} {route_of(scope)}", status or GONE)


def event_meta(request: Request) -> dict[str, str]:
    """What an event remembers of the request that caused it: trace, request id, and who called (by id)."""
    principal: Any = getattr(request.state, "principal", None)
    return meta_of(None if principal is None else principal.id)


def meta_of(principal: UUID | None) -> dict[str, str]:
    """What an event remembers of the request in hand, whose caller this is."""
    meta: dict[str, str] = {}
    here = trace.current()
    if here is not None:
        meta["traceparent"] = here.traceparent
        meta["correlationid"] = here.request_id
    if principal is not None:
        meta["principal"] = str(principal)
    return meta
