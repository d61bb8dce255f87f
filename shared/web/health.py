"""Health: /livez is about the loop alone, /readyz about what the process needs, /startupz about having begun; /metrics beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.telemetry.metrics import COMMON
from shared.web.problem import Problem, problem_response
from shared.web.rendering import Json

_PATIENCE_SECONDS = 0.8


@dataclass(frozen=True, slots=True)
class Readiness:
    """`checks` names each dependency and its state in a word or two; `degraded` those that are missed but not needed to answer."""

    ready: bool
    checks: Mapping[str, str] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()


Ready = Callable[[], Awaitable[Readiness]]


def health_routes(ready: Ready, registry: CollectorRegistry) -> list[Route]:
    """The four addresses, open to all and without data. `/metrics` shows `registry` and what every process measures."""

    async def livez(_request: Request) -> Response:
        return Json({"status": "alive"})

    async def readyz(request: Request) -> Response:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                found = await ready()
        except Exception as error:  # a check that fails in any way is an answer too: not ready
            found = Readiness(False, {"check": type(error).__name__})
        if not found.ready:
            problem = Problem("UNAVAILABLE", headers={"Retry-After": "1"}, extra={"checks": dict(found.checks)})
            return problem_response(problem.body(), 503, request.url.path, problem.headers)
        body: dict[str, object] = {"status": "degraded" if found.degraded else "ready"}
        if "verbose" in request.query_params:
            body |= {"checks": dict(found.checks), "degraded": list(found.degraded)}
        return Json(body)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry) + generate_latest(COMMON), headers={"content-type": CONTENT_TYPE_LATEST})

    return [
        Route("/livez", livez, include_in_schema=False),
        Route("/readyz", readyz, include_in_schema=False),
        Route("/startupz", livez, include_in_schema=False),
        Route("/metrics", metrics, include_in_schema=False),
    ]


def health_app(*, ready: Ready) -> Starlette:
    """The whole HTTP of a work process; `/metrics` shows what its loops declare where they are defined, in the common registry."""

    async def nothing_here(request: Request, _error: Exception) -> Response:
        problem = Problem("NOT_FOUND")
        return problem_response(problem.body(), problem.status, request.url.path)

    return Starlette(routes=health_routes(ready, REGISTRY), exception_handlers={404: nothing_here})


class _Quiet(uvicorn.Server):
    """Leaves the signals to the process that it is a part of."""

    async def serve(self, sockets: object = None) -> None:
        await self._serve(None)


async def serve_health(app: Starlette, host: str, port: int) -> None:
    """Serve until cancelled; port 0 takes any free one."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Quiet(config)
    try:
        await server.serve()
    finally:
        server.should_exit = True
        if server.started:
            # Cancelled: the sockets are still open, and the next process wants the port.
            await server.shutdown()
