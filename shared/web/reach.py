"""Whom a caller reaches, enforced in one place: before a route's function runs, and in every table that it reads.

Callers who reach everybody pass. For all others:
 - a route whose path names a customer, or an object of one customer, answers as if there were none unless it is theirs;
 - what such a route reads of others, and what a `listed` route reads, are the rows of their customers (`shared.projections.narrowing`);
 - a `company` route is about nobody in particular, and answers everybody alike;
 - a command whose body names a customer says in which field (`named`), and that customer must be theirs;
 - a command that somebody must still be able to carry out whose customer it was says when (`also`);
 - every other route refuses them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple, Protocol
from uuid import UUID

from fastapi import Request, params
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from shared.auth.rows import Areas, Own
from shared.postgres.pool import Connection, Pool
from shared.projections.narrowing import CUSTOMER, Narrowing, Served, narrowed
from shared.projections.waiting import wait_for
from shared.reach.finding import OF_STREAM, customer_behind, narrowing_of, one_of
from shared.web.positions import reached
from shared.web.problem import Problem

Manner = Literal["listed", "company", "everybody"]
Also = Callable[[Connection, UUID, str], Awaitable[bool]]
"""Of a customer and a person: whether this person may do it though the customer is somebody else's."""


class ReachUndeclared(Exception):
    """A path holds a parameter of which nobody has said whether a customer is behind it."""


@dataclass(frozen=True)
class _Manner:
    name: Manner

    async def __call__(self) -> None:
        """Enforced by the route."""


@dataclass(frozen=True)
class _Named:
    field: str

    async def __call__(self) -> None:
        """Enforced by the route."""


@dataclass(frozen=True)
class _Also:
    ask: Also

    async def __call__(self) -> None:
        """Enforced by the route."""


listed: params.Depends = params.Depends(_Manner("listed"))
"""Marker: whatever it reads is narrowed to the caller's customers."""

company: params.Depends = params.Depends(_Manner("company"))
"""Marker: about nobody in particular, or figures of the whole company; whoever has the scope may know it."""

everybody: params.Depends = params.Depends(_Manner("everybody"))
"""Marker, for a route whose path names a customer and which reaches others as well: only for callers who reach everybody."""


def named(body_field: str) -> params.Depends:
    """Marker: the field of the body holds the id of a customer, who must be the caller's; a field that is left out names nobody."""
    return params.Depends(_Named(body_field))


def also(ask: Also) -> params.Depends:
    """Marker: the customer in the path is the caller's for this route as well where `ask` says so of the person behind the caller."""
    return params.Depends(_Also(ask))


class Declared(NamedTuple):
    """What a route says of its reach."""

    manner: Manner | None
    fields: tuple[str, ...]
    also: Also | None = None


def declared_reach(dependencies: Iterable[params.Depends]) -> Declared:
    """What the markers say; without one the path decides."""
    given = [one.dependency for one in dependencies]
    manners = [one.name for one in given if isinstance(one, _Manner)]
    more = [one.ask for one in given if isinstance(one, _Also)]
    fields = tuple(one.field for one in given if isinstance(one, _Named))
    return Declared(manners[-1] if manners else None, fields, more[-1] if more else None)


def is_marker(dependency: object) -> bool:
    return isinstance(dependency, _Manner | _Named | _Also)


class Behind(NamedTuple):
    """How the customer of an object in a path is found, and how an object that is not there is answered.

    `$1` of the query is `stream`, which is `<kind>-` where the query is OF_STREAM, and the id behind it.
    """

    unknown: str
    stream: str
    query: str = OF_STREAM


@dataclass(frozen=True, slots=True)
class Reach:
    """What a service says of its paths: `objects` of one customer by their parameter, and parameters that are `of_nobody`."""

    served: Served
    objects: Mapping[str, Behind] = field(default_factory=dict)
    of_nobody: frozenset[str] = frozenset()

    def bound(self, parameters: Iterable[str]) -> str | None:
        """The parameter of a path behind which a customer is. Raises ReachUndeclared."""
        wanted = set(parameters)
        if unknown := wanted - self.objects.keys() - self.of_nobody - {CUSTOMER}:
            raise ReachUndeclared(f"{self.served.schema}: {', '.join(sorted(unknown))}")
        found = [CUSTOMER] if CUSTOMER in wanted else sorted(wanted & self.objects.keys())
        return found[0] if found else None


class Deps(Protocol):
    """What a service's dependencies have in common."""

    @property
    def pool(self) -> Pool: ...
    @property
    def today(self) -> Callable[[], date]: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller with limited rows who may be answered: what is read is narrowed to `to`, and `customer` must still be theirs at the end."""

    to: Narrowing | None
    caller: Narrowing | None = None
    customer: UUID | None = None
    unknown: str = "CUSTOMER_UNKNOWN"

    async def still(self, deps: Deps) -> None:
        """Raises the Problem of an unknown object when the customer is somebody else's by now."""
        if self.customer is not None and self.caller is not None:
            async with deps.pool.acquire() as c:
                if not await one_of(c, self.caller, self.customer):
                    raise Problem(self.unknown)


async def admit(request: Request, rows: Own | Areas, reach: Reach | None, declared: Declared) -> Admitted:
    """A caller with limited rows, before the body is read. Raises Problem: ROWS_LIMITED, or that of an unknown object."""
    if reach is None or declared.manner == "everybody":
        raise Problem("ROWS_LIMITED")
    parameter = reach.bound(request.path_params)
    if parameter is None and declared.manner == "company":
        return Admitted(None)
    if parameter is None and declared.manner is None and not declared.fields:
        raise Problem("ROWS_LIMITED")
    deps: Deps = request.app.state.deps
    async with deps.pool.acquire() as c:
        to = await narrowing_of(c, reach.served, rows, deps.today())
        # A command decides on what there is, not on what its caller may know of.
        reads = to if request.method == "GET" or declared.manner == "listed" else None
        if parameter is None:
            return Admitted(reads, to)
        behind = reach.objects.get(parameter)
        unknown = "CUSTOMER_UNKNOWN" if behind is None else behind.unknown
        raw = str(request.path_params[parameter])
        customer = (
            _id(raw)
            if behind is None
            else await customer_behind(c, reach.served.schema, behind.query, behind.stream + _canonical(raw))
        )
        found = customer is not None and await one_of(c, to, customer)
        if not found and customer is not None and declared.also is not None:
            found = await declared.also(c, customer, rows.person_id)
    if not found and (position := request.query_params.get("min_position")) is not None:
        # Whose customer it is may be what the caller has just written.
        await reached(position, lambda wanted: wait_for(deps.pool, reach.served.schema, reach.served.model, wanted))
        async with deps.pool.acquire() as c:
            found = customer is not None and await one_of(c, to, customer)
    if not found:
        raise Problem(unknown)
    return Admitted(reads, to, customer if request.method == "GET" else None, unknown)


async def admit_named(request: Request, admitted: Admitted, declared: Declared, body: Any) -> None:
    """Whether the customers that a body names are the caller's. Raises Problem CUSTOMER_UNKNOWN."""
    values = [body.get(name) for name in declared.fields] if isinstance(body, dict) else []
    values = [value for value in values if value is not None]
    if not values or admitted.caller is None:
        return
    deps: Deps = request.app.state.deps
    async with deps.pool.acquire() as c:
        for value in values:
            customer = _id(value) if isinstance(value, str) else None
            if customer is None or not await one_of(c, admitted.caller, customer):
                raise Problem("CUSTOMER_UNKNOWN")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _canonical(text: str) -> str:
    found = _id(text)
    return text if found is None else str(found)


class Narrowed(Response):
    """A response whose body may still be read from the tables while it is sent: these stay narrowed to the end."""

    def __init__(self, response: Response, to: Narrowing) -> None:
        self._response, self._to = response, to
        self.status_code, self.background, self.raw_headers = response.status_code, response.background, response.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with narrowed(self._to):
            await self._response(scope, receive, send)
