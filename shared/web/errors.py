"""From exceptions to problems: the one table of the HTTP border."""

from __future__ import annotations

import logging
import traceback

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from shared.event_store.append import Unstorable
from shared.projections.narrowing import RowsLimited
from shared.web.problem import FieldError, Problem, pointer, problem_response

log = logging.getLogger(__name__)

_BY_STATUS = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 413: "BODY_TOO_LARGE", 415: "MEDIA_TYPE_UNSUPPORTED"}

AWAY: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What the driver says where a connection ends in the middle of an answer.
    asyncpg.InternalClientError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    OSError,
    TimeoutError,
)
"""A dependency is away or busy: the caller repeats later. Everything else is a defect of ours."""

_DEFECTS = (FileNotFoundError, PermissionError)


def as_problem(error: Exception) -> Problem:
    """The problem that an exception of any kind becomes. Unexpected ones are logged by type and place, without their text."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return _validation(error)
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code)
        if code is not None:
            return Problem(code, headers=error.headers)
        return Problem("JSON_INVALID") if error.status_code < 500 else Problem("INTERNAL_ERROR")
    if isinstance(error, RowsLimited):
        return Problem("ROWS_LIMITED")
    if isinstance(error, Unstorable):
        return Problem("EVENT_TOO_LARGE")
    if isinstance(error, AWAY) and not isinstance(error, _DEFECTS):
        log.warning("unavailable: %s", type(error).__name__)
        return Problem("UNAVAILABLE", headers={"Retry-After": "1"})
    # The text of an exception may repeat values of a row or of a person.
    places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)[-12:]]
    log.error("unexpected %s", type(error).__name__, extra={"places": places})
    return Problem("INTERNAL_ERROR")


def _validation(error: RequestValidationError) -> Problem:
    found = error.errors()
    if any(tuple(e["loc"]) == ("body",) and e["type"] == "missing" for e in found):
        return Problem("BODY_MISSING")
    return Problem("VALIDATION_FAILED", errors=[field_error(e["loc"], e["type"], e["msg"]) for e in found[:100]])


def field_error(location: tuple[str | int, ...], kind: str, message: str) -> FieldError:
    """One finding of pydantic as an error of a field: body fields by pointer, others as `#/query/limit`, `#/path/id`, `#/header/...`."""
    where = location[1:] if location[:1] == ("body",) else location
    # Why a text could not be read is told with pieces of it: only what should have been there is passed on.
    detail = _DETAILS.get(kind) or (message.partition(",")[0] if kind.endswith("_parsing") else message)
    return FieldError(pointer(where), kind.upper(), detail)


_DETAILS = {
    "json_invalid": "not valid JSON",
    "model_attributes_type": "must be an object",
    "model_type": "must be an object",
    "missing": "is missing",
    "extra_forbidden": "is not known here",
}


async def _answer(request: Request, error: Exception) -> Response:
    problem = as_problem(error)
    headers = {**problem.headers, "Allow": _allowed(request)} if problem.status == 405 else problem.headers
    return problem_response(problem.body(), problem.status, request.url.path, headers)


def _allowed(request: Request) -> str:
    """The methods of all routes of this address; the framework names those of the first one alone."""
    path = request.scope["path"]
    routes = [route for route in request.app.router.routes if isinstance(route, Route) and route.path_regex.match(path)]
    return ", ".join(sorted({method for route in routes for method in route.methods or ()}))


def install_handlers(app: FastAPI) -> None:
    """Problems for everything that is raised below the middleware."""
    for kind in (Problem, RequestValidationError, HTTPException, Unstorable, RowsLimited, *AWAY):
        app.add_exception_handler(kind, _answer)
