"""The route of all services: key, scope and rate are checked first, then the body is read within its limit and strictly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Request, Response, params
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import Message, Receive

from shared.auth.keys import KeyRing, Refused
from shared.auth.principal import Principal
from shared.auth.provider import ProviderAway
from shared.auth.rows import Everybody
from shared.auth.tokens import Tokens
from shared.projections.narrowing import narrowed
from shared.web.problem import Problem
from shared.web.queries import known_ids, known_queries, refuse_strange, refuse_strange_ids
from shared.web.rates import Rates
from shared.web.reach import Admitted, Narrowed, admit, admit_named, declared_reach
from shared.web.reading import for_a_purpose, recorded
from shared.web.retiring import declared_retiring
from shared.web.scope import BODY_BYTES, declared_lean, declared_limit, declared_patience, declared_scope, without_markers
from shared.web.strict_json import clean, parse
from shared.web.taking import plain_endpoint

# A store that hangs, or a pool that is used up, must not collect requests without end: their callers have long given up.
_BULK_PATIENCE_SECONDS = 30.0
# Nor must callers that are gone without having hung up, in the middle of a body: each has one of the few places of the process.
SILENT_SECONDS = 30.0
_CHALLENGE = 'Bearer realm="regulars"'


class StrictRequest(Request):
    """A request whose body is limited and whose JSON is strict. `limit` None: the route reads the stream itself."""

    limit: int | None = None
    parsed: bool = False
    admitted: Admitted | None = None
    """None for a caller who reaches everybody."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            self._body = await self._limited()
        return self._body

    async def json(self) -> Any:
        if not self.parsed:
            self._json = parse(await self.body())
            self.parsed = True
        return self._json

    async def _limited(self) -> bytes:
        limit = self.limit
        if limit is None:
            raise Problem("MEDIA_TYPE_UNSUPPORTED")
        announced = self.headers.get("content-length", "")
        if announced.isdigit() and int(announced[:20]) > limit:
            raise Problem("BODY_TOO_LARGE")
        # The server drops what still comes in. Closing instead would reset the connection before the caller has read the answer.
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > limit:
                raise Problem("BODY_TOO_LARGE")
            chunks.append(chunk)
        return b"".join(chunks)


class StrictRoute(APIRoute):
    """A route with its `scope` (None: open to all) and the `limit` of its body. Raises ScopeUndeclared when it is built without a scope."""

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, dependencies: Sequence[params.Depends] | None = None, **rest: Any
    ) -> None:
        given = dependencies or ()
        self.scope = declared_scope(given, path)
        self.limit = declared_limit(given)
        self.patience = declared_patience(given)
        self.lean = declared_lean(given)
        self.reads = _is_read(self.scope)
        # Said by the application, which knows what the parameters of a path stand for.
        self.of_one = False
        self.retiring = declared_retiring(given)
        self.reach = declared_reach(given)
        # The markers have said what they had to say; left in, each would be solved anew with every request.
        super().__init__(path, endpoint, dependencies=without_markers(given), **rest)
        self.queries, self.ids = known_queries(self.dependant, self.reads), known_ids(self.dependant)

    async def admitted(self, request: Request) -> StrictRequest:
        """The request, once it may be answered: key, scope, rate and reach were checked, and a body of JSON was read. Raises Problem."""
        if request.app.state.waits:
            raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})
        _refuse_bad_address(request)
        if self.retiring is not None:
            request.scope["regulars.headers"] = self.retiring.headers
        admitted = None
        if self.scope is not None:
            rows = (await _admit(request, self.scope)).rows
            refuse_strange(request, self.queries)
            if not isinstance(rows, Everybody):
                async with asyncio.timeout(self.patience):
                    admitted = await admit(request, rows, request.app.state.reach, self.reach)
        # After the customer behind it was looked for: to who does not reach it, an id in whatever form is an unknown one.
        refuse_strange_ids(request, self.ids)
        strict = StrictRequest(request.scope, _impatient(request.receive))
        strict.limit = self.limit
        strict.admitted = admitted
        if (self.body_field is not None or self.limit is None) and not _is_plain(request.headers.get("content-encoding")):
            raise Problem("MEDIA_TYPE_UNSUPPORTED")
        if self.body_field is None:
            return strict
        if not _has_body(request):
            if self.body_field.field_info.is_required():
                raise Problem("BODY_MISSING")
            return strict
        if not _is_json(request.headers.getlist("content-type")):
            raise Problem("MEDIA_TYPE_UNSUPPORTED")
        # Read here, because the framework turns whatever is raised while it reads into one error of its own.
        body = await strict.json()
        if admitted is not None and self.reach.fields:
            await admit_named(request, admitted, self.reach, body)
        return strict

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        limit, patience, reads = self.limit, self.patience, self.reads
        plainly = plain_endpoint(self.dependant) if self.body_field is None else None

        async def answer(request: Request) -> Response:
            response = await plainly(request) if plainly is not None else None
            if response is None:
                response = await handler(request)
            return await recorded(request, response, self.unique_id, self.of_one) if reads else response

        async def handle(request: Request) -> Response:
            strict = await self.admitted(request)
            answered = answer(strict) if strict.admitted is None else _within_reach(answer, strict, strict.admitted)
            if limit is None:
                return await answered
            async with asyncio.timeout(patience if limit == BODY_BYTES else _BULK_PATIENCE_SECONDS):
                return await answered

        return handle


async def _within_reach(
    answer: Callable[[Request], Coroutine[Any, Any, Response]], request: Request, admitted: Admitted
) -> Response:
    with narrowed(admitted.to):
        response = await answer(request)
    # What was read was this caller's if it is still so now: it may have moved to somebody else meanwhile.
    await admitted.still(request.app.state.deps)
    return response if admitted.to is None else Narrowed(response, admitted.to)


def _impatient(receive: Receive) -> Receive:
    """Raises TimeoutError when nothing comes for too long."""

    async def next_piece() -> Message:
        async with asyncio.timeout(SILENT_SECONDS):
            return await receive()

    return next_piece


def _refuse_bad_address(request: Request) -> None:
    raw: bytes = request.scope["query_string"]
    # Only percent-encoding brings refused characters into an address; most addresses have none.
    if not (_is_utf8(raw) and _is_utf8(request.scope.get("raw_path") or b"")):
        raise Problem("TEXT_INVALID")
    if b"%" in raw and not all(clean(name) and clean(value) for name, value in request.query_params.multi_items()):
        raise Problem("TEXT_INVALID")
    if not clean(request.scope["path"]):
        raise Problem("TEXT_INVALID")


def _is_utf8(raw: bytes) -> bool:
    # Read any further, bytes that are no text would all become the same replacement character.
    if b"%" not in raw and raw.isascii():
        return True
    try:
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False
    return True


async def _authenticated(request: Request) -> Principal:
    keys: KeyRing = request.app.state.keys
    tokens: Tokens | None = request.app.state.tokens
    said = request.headers.getlist("authorization")
    # Of two headers whoever stands between may have looked at the other one.
    header = said[0] if len(said) == 1 else ", ".join(said) if said else None
    is_token = tokens is not None and header is not None and header[:7].lower() == "bearer " and not header.startswith("reg_", 7)
    try:
        if tokens is not None and header is not None and is_token:
            return await tokens.authenticate(header[7:].strip(" "))
        return keys.authenticate(header)
    except Refused as refused:
        if refused.missing:
            raise Problem("KEY_MISSING", headers={"WWW-Authenticate": _CHALLENGE}) from None
        code = "TOKEN_INVALID" if is_token else "KEY_INVALID"
        raise Problem(code, headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'}) from None
    except ProviderAway:
        raise Problem("UNAVAILABLE", headers={"Retry-After": "5"}) from None


async def _admit(request: Request, scope: str) -> Principal:
    rates: Rates = request.app.state.rates
    principal = await _authenticated(request)
    if scope not in principal.scopes:
        challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        raise Problem("SCOPE_MISSING", detail=f"needs {scope}", headers={"WWW-Authenticate": challenge}, extra={"scope": scope})
    if _is_read(scope):
        principal = for_a_purpose(request, principal, scope)
    request.state.principal = principal
    if principal.limit_per_minute is not None:
        left = rates.take(principal.key_id, principal.limit_per_minute)
        request.scope["regulars.headers"] = {**request.scope.get("regulars.headers", {}), **left}
    return principal


def _is_read(scope: str | None) -> bool:
    return scope is not None and scope.endswith(".read")


def _is_json(content_types: Sequence[str]) -> bool:
    if len(content_types) != 1:
        return False
    kind, *parameters = (part.strip().lower() for part in content_types[0].split(";"))
    if any(name.startswith("charset") and name.partition("=")[2].strip('"') not in ("utf-8", "utf8") for name in parameters):
        return False
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _is_plain(encoding: str | None) -> bool:
    return encoding is None or encoding.strip().lower() in ("", "identity")


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def strict_routes(routers: Iterable[APIRouter], operation_id: Callable[[str, str], str]) -> list[StrictRoute]:
    """The routes of the routers as strict routes, in order, flat: each is matched once. `operation_id` makes one of tag and function name."""
    made: list[StrictRoute] = []
    for router in routers:
        for found in iter_route_contexts(router.routes):
            endpoint = found.endpoint
            if not isinstance(found.original_route, APIRoute) or endpoint is None:
                raise TypeError(f"{found.path} is no API route")
            made.append(
                StrictRoute(
                    found.path or "",
                    endpoint,
                    response_model=found.response_model,
                    status_code=found.status_code,
                    tags=found.tags,
                    dependencies=found.dependencies,
                    summary=found.summary,
                    description=found.description,
                    response_description=found.response_description,
                    responses=found.responses,
                    deprecated=found.deprecated or declared_retiring(found.dependencies) is not None or None,
                    name=found.name,
                    methods=found.methods,
                    operation_id=found.operation_id or operation_id(str(found.tags[0]) if found.tags else "", found.name or ""),
                    response_model_exclude_none=found.response_model_exclude_none,
                    response_model_exclude_unset=found.response_model_exclude_unset,
                    response_model_exclude_defaults=found.response_model_exclude_defaults,
                    include_in_schema=found.include_in_schema,
                    response_class=found.response_class,
                    openapi_extra=found.openapi_extra,
                )
            )
    return made
