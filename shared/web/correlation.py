"""Around every request: trace, log line, metrics, headers, and a problem instead of a crash. Plain ASGI, because it is on every path."""

from __future__ import annotations

import logging
import time
from typing import Any

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import trace
from shared.telemetry.metrics import RequestMetrics
from shared.telemetry.spans import request_span
from shared.web.errors import as_problem
from shared.web.problem import problem_response

log = structlog.get_logger()
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
# No answer has begun: the caller hung up, or the process is ending. Not a status of HTTP, but the one that proxies use in logs.
_GONE = 499
_QUIET = frozenset(("/livez", "/readyz", "/startupz", "/metrics"))


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
        traceparent = request_id = None
        for name, value in scope["headers"]:
            if name == b"traceparent":
                traceparent = value.decode("latin-1")
            elif name == b"x-request-id":
                request_id = value.decode("latin-1")
        here, span_ends = request_span(trace.begin(traceparent, request_id))
        ours = ((b"x-request-id", here.request_id.encode()), (b"traceparent", here.traceparent.encode()))
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.setdefault("headers", [])
                present = {name for name, _ in headers}
                docs = scope["path"] in self.docs_paths
                headers += [(n, v) for n, v in _HEADERS if n not in present and not (docs and n == b"content-security-policy")]
                headers += ours
                headers += [(n.lower().encode(), v.encode()) for n, v in scope.get("regulars.headers", {}).items()]
            await send(message)

        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(trace_id=here.trace_id, request_id=here.request_id)
        try:
            await self.app(scope, receive, sending)
        except ClientDisconnect:
            # Hung up in the middle of the body: nobody is left to answer.
            status = _GONE
        except Exception as error:
            if status:
                # The answer has begun: all that is left is to cut the connection, so that nobody takes it for whole.
                _failures.error("answer cut short by %s", type(error).__name__)
                raise
            problem = as_problem(error)
            response = problem_response(problem.body(), problem.status, scope["path"], problem.headers)
            await response(scope, receive, sending)
        finally:
            self._account(scope, status or _GONE, time.perf_counter() - began)
            span_ends(f"{scope['method']} {_route(scope)}", status or _GONE)

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self.metrics.count(scope["method"], route, status, seconds)
        if scope["path"] not in _QUIET:
            principal = scope.get("state", {}).get("principal")
            log.info(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                ms=round(seconds * 1000, 2),
                principal=None if principal is None else str(principal.id),
            )


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "other"


def event_meta(request: Request) -> dict[str, str]:
    """What an event remembers of the request that caused it: trace, request id, and who called (by id)."""
    meta: dict[str, str] = {}
    here = trace.current()
    if here is not None:
        meta["traceparent"] = here.traceparent
        meta["correlationid"] = here.request_id
    principal: Any = getattr(request.state, "principal", None)
    if principal is not None:
        meta["principal"] = str(principal.id)
    return meta
