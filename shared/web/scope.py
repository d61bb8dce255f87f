"""What a route declares about itself: the scope that its caller needs, and how large its body may be.

Both are markers in `dependencies=[...]`. The route reads them once, when it is built, and applies them before it reads
a byte of the body; an application with a route that declares no scope does not start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, params

from shared.auth.principal import Principal
from shared.auth.scopes import SCOPE_FORM
from shared.web.answers import Answer
from shared.web.reach import is_marker
from shared.web.retiring import Retiring

BODY_BYTES = 256 * 1024
BULK_BYTES = 2 * 1024 * 1024


class ScopeUndeclared(Exception):
    """A route says neither which scope it needs nor that it is open to all."""


@dataclass(frozen=True)
class _Scope:
    name: str | None

    async def __call__(self) -> None:
        """Enforced by the route before the body is read."""


@dataclass(frozen=True)
class _Body:
    limit: int | None

    async def __call__(self) -> None:
        """Enforced by the route while the body is read."""


def scope(name: str | None = None, *, open: bool = False) -> params.Depends:
    """Marker: callers need this scope (`service.resource.access`), or none at all with `open=True`. Raises ValueError for a malformed one."""
    if open == (name is not None) or (name is not None and not SCOPE_FORM.fullmatch(name)):
        raise ValueError("a scope is named service.resource.access, or the route is open")
    return params.Depends(_Scope(name))


bulk: params.Depends = params.Depends(_Body(BULK_BYTES))
"""Marker: the body may hold 2 MiB."""

streamed: params.Depends = params.Depends(_Body(None))
"""Marker: the body has no limit and is no JSON document; the route reads `request.stream()` itself and limits each line."""


@dataclass(frozen=True)
class _Patience:
    seconds: float

    async def __call__(self) -> None:
        """Kept by the route."""


@dataclass(frozen=True)
class Plain:
    """How a command's ordinary body is read and answered without detours.

    `read` gets the body and the service's dependencies. It answers what is asked, and the same as JSON with members in the
    order of their names; None for every body that is refused or in any way unusual, which is left to the route's function.
    `answer` does what is asked; it gets that, the command's key, the dependencies and what events remember of the request.
    """

    read: Callable[[bytes, Any], tuple[Any, bytes] | None]
    answer: Callable[[Any, Any, Any, Mapping[str, str]], Awaitable[Answer]]


@dataclass(frozen=True)
class Lean:
    """See `lean`."""

    plain: Plain | None = None

    async def __call__(self) -> None:
        """Kept by the application."""


lean: params.Depends = params.Depends(Lean())
"""Marker: a command that is asked for all day, which goes the short way of `shared.web.lean`."""


def lean_with(plain: Plain) -> params.Depends:
    """Marker: as `lean`, with a shorter way still for ordinary bodies."""
    return params.Depends(Lean(plain))


PATIENCE_SECONDS = 10.0
analysis: params.Depends = params.Depends(_Patience(30.0))
"""Marker: a question over everybody's figures, which may take 30 s with millions of them."""


def declared_scope(dependencies: Iterable[params.Depends], path: str) -> str | None:
    """The scope that a route declares, None for an open one. Raises ScopeUndeclared."""
    found = [d.dependency for d in dependencies if isinstance(d.dependency, _Scope)]
    if not found:
        raise ScopeUndeclared(f"{path} declares no scope")
    return found[-1].name


def declared_limit(dependencies: Iterable[params.Depends]) -> int | None:
    """Largest body in bytes, None for a streamed one."""
    found = [d.dependency for d in dependencies if isinstance(d.dependency, _Body)]
    return found[-1].limit if found else BODY_BYTES


def declared_patience(dependencies: Iterable[params.Depends]) -> float:
    """Seconds after which a request is given up."""
    found = [d.dependency for d in dependencies if isinstance(d.dependency, _Patience)]
    return found[-1].seconds if found else PATIENCE_SECONDS


def declared_lean(dependencies: Iterable[params.Depends]) -> Lean | None:
    """The marker of a route that goes the short way."""
    found = [d.dependency for d in dependencies if isinstance(d.dependency, Lean)]
    return found[-1] if found else None


def without_markers(dependencies: Iterable[params.Depends]) -> list[params.Depends]:
    """The dependencies that do something."""
    return [
        d
        for d in dependencies
        if not isinstance(d.dependency, _Scope | _Body | _Patience | Lean | Retiring) and not is_marker(d.dependency)
    ]


def caller_of(request: Request) -> Principal:
    """Who calls. Only for routes that declare a scope."""
    found: Principal = request.state.principal
    return found


async def principal(request: Request) -> Principal:
    """Dependency: who calls."""
    return caller_of(request)


Caller = Annotated[Principal, Depends(principal)]
