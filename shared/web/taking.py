"""What a route's function is given, without the framework: where that is parameters of the address, the request, and what
functions that are awaited make of these.

The framework finds out anew with each request how each parameter is read, also of those that are not said: for a list with many
filters that takes as long as reading a page of it. Values are read and checked here by the framework's own fields. As soon as
one does not fit, or a route takes anything else, the framework does all of it and says what is wrong.

INVARIANT: a function is given the same either way. tests/unit/web/test_taking.py asks both.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple, TypeAlias, get_args, get_type_hints

from fastapi import Request
from fastapi._compat import ModelField
from fastapi.dependencies.models import Dependant
from pydantic import BaseModel
from starlette.responses import Response

from shared.web.queries import is_said_often

_SHARED = (str, int, bool, type(None))
"""Defaults of these types are nobody's to change."""
_ELSE = (
    *(
        "header_params",
        "cookie_params",
        "body_params",
        "websocket_param_name",
        "http_connection_param_name",
        "response_param_name",
    ),
    *("background_tasks_param_name", "security_scopes_param_name", "own_oauth_scopes", "concurrency"),
)


class _Parameter(NamedTuple):
    field: ModelField
    where: str
    many: bool
    required: bool


class _Given(NamedTuple):
    """Of a function: its parameters, the name under which it takes the request, and what others make for it, by its name for that."""

    function: Callable[..., Any]
    parameters: Sequence[_Parameter]
    request: str | None
    others: Sequence[tuple[str | None, _Given]]


class _Unfit(Exception):
    """A value does not fit."""


_Values: TypeAlias = "tuple[dict[str, Any], list[_Values]]"


def plain_endpoint(dependant: Dependant) -> Callable[[Request], Awaitable[Response | None]] | None:
    """Calls a route's function with what it takes; answers None, with nothing called, where a value does not fit. None for a route
    that needs the framework."""
    given = _given(dependant)
    if given is None or not _answers_itself(given.function):
        return None

    async def answer(request: Request) -> Response | None:
        try:
            values = _read(given, request)
        except _Unfit:
            return None
        response: Response = await given.function(**await _with_others(given, values, request))
        return response

    return answer


def _given(dependant: Dependant) -> _Given | None:
    function = dependant.call
    if function is None or not inspect.iscoroutinefunction(function) or any(getattr(dependant, name) for name in _ELSE):
        return None
    parameters = [_parameter(field, "path") for field in dependant.path_params]
    parameters += [_parameter(field, "query") for field in dependant.query_params]
    others = [(inner.name, _given(inner)) for inner in dependant.dependencies]
    known = [one for one in parameters if one is not None]
    found = [(name, inner) for name, inner in others if inner is not None]
    if len(known) < len(parameters) or len(found) < len(others):
        return None
    return _Given(function, known, dependant.request_param_name, found)


def _parameter(field: ModelField, where: str) -> _Parameter | None:
    info = field.field_info
    models = any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in (info.annotation, *get_args(info.annotation)))
    if models or info.validate_default or info.validation_alias not in (None, field.alias):
        return None
    return _Parameter(field, where, where == "query" and is_said_often(info), info.is_required())


def _answers_itself(function: Callable[..., Any]) -> bool:
    try:
        answer = get_type_hints(function).get("return")
    except NameError:
        return False
    return isinstance(answer, type) and issubclass(answer, Response)


def _read(given: _Given, request: Request) -> _Values:
    """The parameters of a function and of those that make things for it. Raises _Unfit."""
    values: dict[str, Any] = {}
    for field, where, many, required in given.parameters:
        said = request.query_params if where == "query" else request.path_params
        if field.alias not in said:
            if required:
                raise _Unfit
            default = field.default
            values[field.name] = default if isinstance(default, _SHARED) or default == () else deepcopy(default)
            continue
        text = request.query_params.getlist(field.alias) if many else said[field.alias]
        values[field.name], errors = field.validate(text, values, loc=(where, field.alias))
        if errors:
            raise _Unfit
    return values, [_read(inner, request) for _, inner in given.others]


async def _with_others(given: _Given, read: _Values, request: Request) -> dict[str, Any]:
    values, of_others = read
    for (name, inner), theirs in zip(given.others, of_others, strict=True):
        made = await inner.function(**await _with_others(inner, theirs, request))
        if name is not None:
            values[name] = made
    if given.request is not None:
        values[given.request] = request
    return values
