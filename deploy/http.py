"""Calls from the command line to the services: the one module of the project that uses httpx outside of tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import httpx

Body = dict[str, Any]

_KEYS = UUID("9c3f8f0e-6b1d-5f0a-9a54-5d0f1d6e7a21")
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


class ApiUnreachable(Exception):
    """No answer within the patience of the caller."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its status, its headers with names in lower case, its body: what JSON holds, else bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Api:
    """One service's HTTP interface under /v1. Lost answers and busy services are asked again with the same key for `patience` seconds."""

    client: httpx.AsyncClient
    patience: float = 60.0

    async def get(self, path: str, **params: str) -> Reply:
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: Any, *, key: str, version: int | None = None, **params: str) -> Reply:
        headers = {"idempotency-key": key, **({} if version is None else {"if-match": f'"{version}"'})}
        return await self._send("POST", path, params=params, headers=headers, json=body)

    async def put(self, path: str, body: Any, *, key: str) -> Reply:
        return await self._send("PUT", path, headers={"idempotency-key": key}, json=body)

    async def post_lines(self, path: str, lines: bytes, *, key: str, **params: str) -> Reply:
        """An input of many lines of JSON."""
        headers = {"idempotency-key": key, "content-type": "application/x-ndjson"}
        return await self._send("POST", path, params=params, headers=headers, content=lines)

    async def pages(self, path: str, **params: str) -> AsyncIterator[Body]:
        """All items of a list, page after page."""
        wanted = dict(params)
        while True:
            found = (await self.get(path, **wanted)).body
            for item in found["items"]:
                yield item
            if not found.get("next_cursor"):
                return
            wanted = {**params, "cursor": found["next_cursor"]}

    async def _send(self, method: str, path: str, **arguments: Any) -> Reply:
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
                    answer.status_code == 409 and trouble.problem.get("code") == "COMMAND_RUNNING"
                ):
                    raise trouble
            if time.monotonic() > deadline:
                raise trouble
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)


@asynccontextmanager
async def api(address: str, key: str, patience: float = 60.0) -> AsyncIterator[Api]:
    """The interface of the service at this address, with an API key."""
    headers = {"authorization": f"Bearer {key}", "user-agent": "regulars"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=httpx.Timeout(60, connect=5)) as client:
        yield Api(client, patience)


async def answers(address: str) -> bool:
    """Whether an address answers 200 at this moment."""
    async with httpx.AsyncClient(timeout=2) as client:
        try:
            return (await client.get(address)).status_code == 200
        except httpx.TransportError:
            return False


def key_of(*parts: str | bytes) -> str:
    """An idempotency key that is the same for the same content."""
    return str(uuid5(_KEYS, "\x1f".join(part if isinstance(part, str) else part.hex() for part in parts)))


def chunks(bodies: Iterable[bytes], most: int = 1000, largest: int = 1_900_000) -> Iterable[list[bytes]]:
    """Encoded bodies in groups that fit into one bulk request."""
    group: list[bytes] = []
    size = 0
    for body in bodies:
        if group and (len(group) == most or size + len(body) > largest):
            yield group
            group, size = [], 0
        group.append(body)
        size += len(body) + 1
    if group:
        yield group


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
