"""The short way of commands that are asked for all day: the same checks and the same answers, without what the framework does for any route.

A route takes it by the marker `lean`. It stays among the application's routes, which document it and answer for other methods;
only requests of exactly its method and path come here. Its function takes `body`, `key`, `deps` and `request`, nothing else. No table
is narrowed here and no read recorded: a route that needs either is refused.

Of a route with a `Plain` the ordinary request, of which nothing is to be refused or looked at twice, is checked by `_ordinary` and
answered at once; any other goes through the checks of all routes, which say what is wrong with it.

INVARIANT: whatever is sent, all ways answer the same. tests/unit/web/test_lean.py sends everything to all of them.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from shared.auth.keys import KeyRing, Refused
from shared.auth.principal import Principal
from shared.auth.rows import Everybody
from shared.telemetry.metrics import RequestMetrics
from shared.web.admission import Hands
from shared.web.commands import KEY_HEADER, CommandKey, command_key_of, fingerprint_of, key_in, response_of
from shared.web.correlation import GONE, accounted, begun, completed, meta_of, route_of
from shared.web.errors import as_problem
from shared.web.problem import problem_response
from shared.web.rates import Rates
from shared.web.routes import SILENT_SECONDS, StrictRoute
from shared.web.scope import Plain

_TAKES = ["body", "deps", "key", "request"]
_KEY_HEADER = KEY_HEADER.lower().encode()
_OUR_KEY = b"Bearer reg_"
_USUAL = frozenset(
    (
        *(b"accept", b"accept-encoding", b"accept-language", b"authorization", b"connection", b"content-length", b"content-type"),
        *(b"host", b"traceparent", b"tracestate", b"user-agent", b"x-forwarded-for", b"x-forwarded-proto", b"x-request-id"),
        _KEY_HEADER,
    )
)
"""Headers that are looked at here, or of which no check asks: with any other one a request is not ordinary, so that no check is forgotten here."""
_DIGITS = 7
"""A length that is announced with so many is looked at before anything is received."""


class _Asked(NamedTuple):
    """Who asks, and the key of the command."""

    caller: Principal
    key: str


class LeanCommands:
    """Answers requests of the addresses (method, path) of marked routes. Raises TypeError for other functions."""

    def __init__(self, app: FastAPI, routes: Iterable[StrictRoute], metrics: RequestMetrics, hands: Hands) -> None:
        self._app, self._metrics, self._hands = app, metrics, hands
        self._routes = {(method, route.path): route for route in routes if route.lean for method in route.methods or ()}
        for route in self._routes.values():
            callable_here = sorted(inspect.signature(route.endpoint).parameters) == _TAKES and route.body_field is not None
            if not callable_here or "{" in route.path or route.reads or route.reach.manner == "listed" or route.retiring:
                raise TypeError(f"{route.path} cannot go the short way")
        self.addresses = frozenset(self._routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = time.perf_counter()
        here, span_ends = begun(scope["headers"])
        status = GONE
        try:
            try:
                response = await self._admitted(scope, receive)
            except ClientDisconnect:
                # Hung up in the middle of the body: nobody is left to answer.
                return
            except Exception as error:
                problem = as_problem(error)
                response = problem_response(problem.body(), problem.status, scope["path"], problem.headers)
            status = response.status_code
            headers = completed(response.raw_headers, here, scope)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": response.body})
        finally:
            accounted(self._metrics, scope, here, status, time.perf_counter() - began)
            span_ends(f"{scope['method']} {route_of(scope)}", status)

    async def _admitted(self, scope: Scope, receive: Receive) -> Response:
        self._hands.take()
        try:
            route = self._routes[scope["method"], scope["path"]]
            scope["app"], scope["route"] = self._app, route
            plain = None if route.lean is None else route.lean.plain
            asked = None if plain is None else self._ordinary(scope, route)
            if plain is None or asked is None:
                return await self._checked(scope, receive, route)
            taken: list[Message] = []
            async with asyncio.timeout(SILENT_SECONDS) as patience:
                body = await _body(receive, taken, patience, route.limit or 0)
                read = None if body is None else plain.read(body, self._app.state.deps)
                if read is not None:
                    patience.reschedule(asyncio.get_running_loop().time() + route.patience)
                    return await self._plainly(scope, route, plain, asked, read)
            return await self._checked(scope, _beginning_with(taken, receive), route)
        finally:
            self._hands.full -= 1

    async def _checked(self, scope: Scope, receive: Receive, route: StrictRoute) -> Response:
        request = await route.admitted(Request(scope, receive))
        async with asyncio.timeout(route.patience):
            key = await command_key_of(request, request.headers.get(KEY_HEADER))
            assert route.body_field is not None
            body, errors = route.body_field.validate(await request.json(), loc=("body",))
            if errors:
                raise RequestValidationError(errors)
            response: Response = await route.endpoint(body=body, key=key, deps=self._app.state.deps, request=request)
        return response

    def _ordinary(self, scope: Scope, route: StrictRoute) -> _Asked | None:
        """Who asks and under which key; None where anything but the body would be refused, or wants a second look."""
        state = self._app.state
        headers = dict(scope["headers"])
        authorization, named = headers.get(b"authorization", b""), headers.get(_KEY_HEADER)
        if (
            state.waits
            or scope["query_string"]
            or len(headers) != len(scope["headers"])
            or not headers.keys() <= _USUAL
            or headers.get(b"content-type") != b"application/json"
            or not 0 < len(headers.get(b"content-length", b"")) < _DIGITS
            or not authorization.startswith(_OUR_KEY)
            or named is None
        ):
            return None
        keys: KeyRing = state.keys
        try:
            caller = keys.authenticate(authorization.decode("latin-1"))
        except Refused:
            return None
        key = key_in(named.decode("latin-1"))
        if key is None or route.scope not in caller.scopes or not isinstance(caller.rows, Everybody):
            return None
        return _Asked(caller, key)

    async def _plainly(self, scope: Scope, route: StrictRoute, plain: Plain, asked: _Asked, read: tuple[Any, bytes]) -> Response:
        caller = asked.caller
        scope.setdefault("state", {})["principal"] = caller
        if caller.limit_per_minute is not None:
            rates: Rates = self._app.state.rates
            scope["regulars.headers"] = rates.take(caller.key_id, caller.limit_per_minute)
        address = f"{scope['method']} {route.path}"
        key = CommandKey(caller.id, address, asked.key, fingerprint_of(f"{address}?", read[1]))
        return response_of(await plain.answer(read[0], key, self._app.state.deps, meta_of(caller.id)), route.path)


async def _body(receive: Receive, taken: list[Message], patience: asyncio.Timeout, limit: int) -> bytes | None:
    """The whole body; None when it is too large or does not come to its end. What was received is `taken`."""
    size = 0
    while True:
        message = await receive()
        taken.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or size > limit:
            return None
        if not message.get("more_body"):
            return b"".join([one.get("body", b"") for one in taken]) if len(taken) > 1 else message.get("body", b"")
        patience.reschedule(asyncio.get_running_loop().time() + SILENT_SECONDS)


def _beginning_with(taken: list[Message], receive: Receive) -> Receive:
    """Gives out what was taken, then what comes behind it."""

    async def next_piece() -> Message:
        return taken.pop(0) if taken else await receive()

    return next_piece
