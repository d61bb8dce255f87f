"""The short way of commands that are asked for all day: the same checks and the same answers, without what the framework does for any route.

A route takes it by the marker `lean`. It stays among the application's routes, which document it and answer for other methods;
only requests of exactly its method and path come here. Its function takes `body`, `key`, `deps` and `request`, nothing else. No table
is narrowed here and no read recorded: a route that needs either is refused.

INVARIANT: whatever is sent, both ways answer the same. tests/unit/web/test_lean.py sends everything to both.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from shared.web.commands import KEY_HEADER, command_key_of
from shared.web.routes import StrictRoute

_TAKES = ["body", "deps", "key", "request"]


class LeanCommands:
    """Answers requests of the addresses (method, path) of marked routes. Errors are raised to whoever calls. Raises TypeError for other functions."""

    def __init__(self, app: FastAPI, routes: Iterable[StrictRoute]) -> None:
        self._app = app
        self._routes = {(method, route.path): route for route in routes if route.lean for method in route.methods or ()}
        for route in self._routes.values():
            callable_here = sorted(inspect.signature(route.endpoint).parameters) == _TAKES and route.body_field is not None
            if not callable_here or "{" in route.path or route.reads or route.reach.manner == "listed":
                raise TypeError(f"{route.path} cannot go the short way")
        self.addresses = frozenset(self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._routes[scope["method"], scope["path"]]
        scope["app"], scope["route"] = self._app, route
        request = await route.admitted(Request(scope, receive))
        async with asyncio.timeout(route.patience):
            key = await command_key_of(request, request.headers.get(KEY_HEADER))
            assert route.body_field is not None
            body, errors = route.body_field.validate(await request.json(), loc=("body",))
            if errors:
                raise RequestValidationError(errors)
            response = await route.endpoint(body=body, key=key, deps=self._app.state.deps, request=request)
        await response(scope, receive, send)
