"""Builds the application of a service from its routers. It does not start with a route that declares no scope or of whose path nobody knows who is behind it."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence, Set
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.auth.keys import KeyRing
from shared.auth.tokens import Tokens
from shared.telemetry.metrics import RequestMetrics, new_registry
from shared.web import catalogue
from shared.web.admission import Admission, Hands
from shared.web.correlation import Correlation
from shared.web.errors import AWAY, install_handlers
from shared.web.health import Ready, health_routes
from shared.web.lean import LeanCommands
from shared.web.openapi import document, refuse_twins
from shared.web.problem import Problem
from shared.web.rates import Rates
from shared.web.reach import Reach
from shared.web.rendering import Json
from shared.web.routes import StrictRoute, strict_routes

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

_log = logging.getLogger(__name__)
_AGAIN_SECONDS = 1.0
_DOCS = frozenset(("/docs", "/redoc", "/docs/oauth2-redirect"))


class _Application(FastAPI):
    """Writes its own document."""

    strict_routes: Sequence[StrictRoute] = ()
    short_way: ASGIApp | None = None
    on_short_way: Set[tuple[str, str]] = frozenset()
    answers: Path | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.short_way is not None and scope["type"] == "http" and (scope["method"], scope["path"]) in self.on_short_way:
            await self.short_way(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            answers = {} if self.answers is None else json.loads(self.answers.read_text())
            self.openapi_schema = document(self, self.strict_routes, answers)
        return self.openapi_schema


def create_app(
    *,
    service: str,
    title: str,
    routers: Sequence[APIRouter],
    keys: KeyRing,
    tokens: Tokens | None = None,
    ready: Ready,
    lifespan: Lifespan | None = None,
    docs: bool = True,
    version: str = "1",
    description: str = "",
    registry: CollectorRegistry | None = None,
    reach: Reach | None = None,
    answers: Path | None = None,
) -> FastAPI:
    """The application. Raises ScopeUndeclared, ReachUndeclared or OperationIdTaken for routes that must not be served.

    Without a `reach` it answers only callers who reach everybody.
    `registry` holds the metrics of the process; a new one is made when none is given (`app.state.registry`). `answers` is the file that says
    what each operation answers.
    Where `lifespan` meets a dependency that is away, the application starts all the same, tries again each second, and
    answers 503 until then.
    """
    figures = registry if registry is not None else new_registry()
    app = _Application(
        title=title,
        version=version,
        description=description,
        openapi_url="/openapi.json" if docs else None,
        redoc_url=None,
        lifespan=_settled(lifespan),
        redirect_slashes=False,
    )
    app.state.tokens = tokens
    app.state.keys, app.state.rates, app.state.registry, app.state.service = keys, Rates(), figures, service
    app.state.waits, app.state.reach = False, reach
    # Where reads are recorded. Set when the application starts up; without it nothing is answered that names a customer.
    app.state.reads = None
    routes = strict_routes(routers, lambda tag, name: f"{tag or service}_{name}".replace("-", "_"))
    refuse_twins(routes)
    if reach is not None:
        for route in routes:
            route.of_one = reach.bound(route.param_convertors) is not None
    # The service's own routes first: routes are tried in order, and these are the ones that are asked all day.
    app.router.routes[:0] = [*routes, *health_routes(ready, figures), *_problem_pages()]
    install_handlers(app)
    metrics, hands = RequestMetrics(figures), Hands()
    # Refusals are counted and logged as all else is: what was added last stands outermost.
    app.add_middleware(Admission, hands=hands)
    app.add_middleware(Correlation, metrics=metrics, docs_paths=_DOCS)
    app.strict_routes, app.answers = routes, answers
    lean = LeanCommands(app, routes, metrics, hands)
    app.short_way, app.on_short_way = lean, lean.addresses
    return app


def _settled(lifespan: Lifespan | None) -> Lifespan:
    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if lifespan is not None:
                try:
                    await stack.enter_async_context(lifespan(app))
                except AWAY as error:
                    _log.warning("starts without what it needs: %s", type(error).__name__)
                    app.state.waits = True
                    stack.push_async_callback(_end, asyncio.create_task(_begin_later(app, lifespan, stack)))
            _freeze()
            yield

    return run


async def _begin_later(app: FastAPI, lifespan: Lifespan, stack: AsyncExitStack) -> None:
    while app.state.waits:
        await asyncio.sleep(_AGAIN_SECONDS)
        try:
            await stack.enter_async_context(lifespan(app))
        except AWAY:
            continue
        except Exception:
            # Not fit to serve, and no waiting will make it so: the process ends as it would have at its start, where the reason is told.
            signal.raise_signal(signal.SIGTERM)
            raise
        _freeze()
        app.state.waits = False


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _freeze() -> None:
    # What the start has built lives as long as the process: without it, full collections take milliseconds instead of tens.
    gc.collect()
    gc.freeze()
    # What a request makes is gone with its answer, by counting: looking for circles every 700 objects finds none.
    gc.set_threshold(10_000, 20, 20)


def _problem_pages() -> list[Route]:
    async def one(request: Request) -> Response:
        page = catalogue.page(request.path_params["slug"])
        if page is None:
            raise Problem("NOT_FOUND")
        return HTMLResponse(page)

    async def every(_request: Request) -> Response:
        return Json(
            {
                "items": [
                    {"code": e.code, "status": e.status, "title": e.title, "type": f"/problems/{e.slug}"}
                    for e in catalogue.entries()
                ]
            }
        )

    return [Route("/problems/{slug}", one, include_in_schema=False), Route("/problems", every, include_in_schema=False)]
