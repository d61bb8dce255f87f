"""Calls to one service: retries that cannot do anything twice, problems as exceptions, lists page after page."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, NotRequired, ParamSpec, TypedDict, TypeVar, cast
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx

Body = dict[str, Any]
Id = UUID | str
Day = date | str
Plain = str | int | float | UUID | date | datetime
Query = Mapping[str, Plain | Sequence[Plain] | None]
P = ParamSpec("P")
Told = TypeVar("Told", covariant=True)
Item = TypeVar("Item")

_REPEATABLE = frozenset({429, 502, 503, 504})


class ApiRefused(Exception):
    """A service said no: `status`, and its problem as it was sent."""

    def __init__(self, status: int, problem: Body) -> None:
        fields = "; ".join(
            f"{e.get('pointer') or e.get('parameter') or e.get('header') or ''} {e.get('detail', '')}".strip()
            for e in problem.get("errors", ())
        )
        super().__init__(
            f"{status} {problem.get('code', '')}: {problem.get('detail') or problem.get('title', '')} {fields}".strip()
        )
        self.status = status
        self.problem = problem

    @property
    def code(self) -> str:
        """The stable word for what was wrong, such as `CUSTOMER_UNKNOWN`."""
        return str(self.problem.get("code", ""))


class ApiUnreachable(Exception):
    """No answer within the patience of the caller."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[Told]):
    """A good answer: its status, its headers with names in lower case, its body: what JSON holds, else bytes.

    Fields may come that its type does not name, and words of a text that nobody knows yet.
    """

    status: int
    headers: Mapping[str, str]
    body: Told

    @property
    def version(self) -> int | None:
        """The version of what was read or changed, for the next command on it."""
        tag = self.headers.get("etag", "").strip('"').removesuffix("-withheld")
        return int(tag) if tag.isdigit() else None

    @property
    def position(self) -> str | None:
        """The place of a command's events: a question with this `min_position` answers with them."""
        return self.headers.get("regulars-position")

    @property
    def location(self) -> str | None:
        """Where the job or the new resource is, without `/v1`."""
        found = self.headers.get("location")
        return None if found is None else found.removeprefix("/v1")


class Listed(TypedDict, Generic[Item]):
    """What every list answers."""

    items: Sequence[Item]
    next_cursor: NotRequired[str]


@dataclass(frozen=True, slots=True)
class Api:
    """One service's HTTP interface under /v1. Lost answers and busy services are asked again with the same key for `patience` seconds.

    Every call raises ApiRefused or ApiUnreachable.
    """

    client: httpx.AsyncClient
    patience: float = 60.0

    async def get(self, path: str, **query: Plain) -> Reply[Any]:
        return await self.call("GET", path, query=query)

    async def post(self, path: str, body: Any, *, key: str, version: int | None = None, **query: Plain) -> Reply[Any]:
        return await self.call("POST", path, query=query, body=body, key=key, version=version)

    async def put(self, path: str, body: Any, *, key: str) -> Reply[Any]:
        return await self.call("PUT", path, body=body, key=key)

    async def pages(self, path: str, **query: Plain) -> AsyncIterator[Body]:
        """All items of a list, page after page."""
        async for item in pages(lambda **wanted: self.call("GET", path, query=wanted), **query):
            yield item

    async def call(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Any = None,
        lines: bytes | None = None,
        key: str | None = None,
        version: int | None = None,
    ) -> Reply[Any]:
        """`lines`: an input of many lines of JSON instead of a body. `version`: only if it is still this one."""
        headers = {}
        if key is not None:
            headers["idempotency-key"] = key
        if version is not None:
            headers["if-match"] = f'"{version}"'
        sent: dict[str, Any] = {} if body is None else {"json": body}
        if lines is not None:
            headers["content-type"], sent = "application/x-ndjson", {"content": lines}
        asked = {name: _plain(value) for name, value in (query or {}).items() if value is not None}
        return await self._send(method, path, params=asked, headers=headers, **sent)

    async def _send(self, method: str, path: str, **arguments: Any) -> Reply[Any]:
        deadline, pause = time.monotonic() + self.patience, 0.1
        while True:
            trouble: Exception
            try:
                answer = await self.client.request(method, f"/v1{path}", **arguments)
            except httpx.TransportError as error:
                trouble = ApiUnreachable(f"{method} {path}: {type(error).__name__}")
            else:
                if answer.is_success:
                    return Reply(
                        answer.status_code,
                        {k.lower(): v for k, v in answer.headers.items()},
                        _content(answer),
                    )
                trouble = ApiRefused(answer.status_code, _problem(answer))
                if answer.status_code not in _REPEATABLE and not (
                    answer.status_code == 409 and trouble.code == "COMMAND_RUNNING"
                ):
                    raise trouble
            if time.monotonic() > deadline:
                raise trouble
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)


@asynccontextmanager
async def api(address: str, key: str, patience: float = 60.0) -> AsyncIterator[Api]:
    """The interface of the service at this address, with an API key or an access token."""
    headers = {"authorization": f"Bearer {key}", "user-agent": "regulars"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=httpx.Timeout(60, connect=5)) as client:
        yield Api(client, patience)


async def pages(ask: Callable[P, Awaitable[Reply[Listed[Item]]]], *args: P.args, **query: P.kwargs) -> AsyncIterator[Item]:
    """All items of a list, page after page: `pages(cards.list_customers, name_prefix="lotus")`."""
    asked = cast(Callable[..., Awaitable[Reply[Listed[Item]]]], ask)
    wanted: dict[str, Any] = dict(query)
    while True:
        found = (await asked(*args, **wanted)).body
        for item in found["items"]:
            yield item
        if not found.get("next_cursor"):
            return
        wanted["cursor"] = found["next_cursor"]


def new_key() -> str:
    """A fresh idempotency key: one intention."""
    return str(uuid4())


def at(value: Plain) -> str:
    """A value as one segment of a path."""
    return quote(str(value), safe="")


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    return [_plain(one) for one in value]


def _content(answer: httpx.Response) -> Any:
    # Tables and pictures are handed on as they came.
    if answer.content and "json" not in answer.headers.get("content-type", "json"):
        return answer.content
    return answer.json() if answer.content else None


def _problem(answer: httpx.Response) -> Body:
    try:
        found = answer.json()
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": answer.reason_phrase}
