"""The four services as they run together: each answers on a socket of its own, and its `work` follows the stores."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx
import uvicorn
from fastapi import FastAPI

from services.alerts import settings as alerts_settings
from services.alerts import wiring as alerts
from services.cards import settings as cards_settings
from services.cards import wiring as cards
from services.classification import settings as classification_settings
from services.classification import wiring as classification
from services.complaints import settings as complaints_settings
from services.complaints import wiring as complaints
from shared.auth.scopes import SCOPES
from shared.testing.databases import Database
from shared.testing.eventually import eventually
from tests.integration.running import key, keyed, settings_of, working

_SERVICES: Mapping[str, tuple[Any, Any]] = {
    "cards": (cards_settings.Settings, cards),
    "classification": (classification_settings.Settings, classification),
    "complaints": (complaints_settings.Settings, complaints),
    "alerts": (alerts_settings.Settings, alerts),
}
_CLIENTS = UUID("5b7a6f0d-3c8e-5d1a-9a44-0e9f1c2b3d4e")
PATIENCE_SECONDS = 60.0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True)
class Place:
    """`apps` and `clients` by service; `office` is the header of a caller with every scope who reaches everybody. Closing `works` lets
    everything stand as it is."""

    apps: Mapping[str, FastAPI]
    clients: Mapping[str, httpx.AsyncClient]
    database: Database
    folder: Path
    office: Mapping[str, str]
    works: AsyncExitStack

    def caller(self, role: str, person: str | None = None) -> dict[str, str]:
        """The header of a new client in this role."""
        return _caller(self.folder, f"{role} {person or ''}".strip(), scopes=(), role=role, person=person)

    async def get(self, service: str, path: str, as_: Mapping[str, str] | None = None, **params: Any) -> httpx.Response:
        return await self.clients[service].get(path, params=params, headers=self.office if as_ is None else as_)

    async def version(self, service: str, path: str) -> int:
        """Of something that is there, as the office is told."""
        return int((await self.get(service, path)).headers["ETag"].strip('"').removesuffix("-withheld"))

    async def send(self, service: str, method: str, path: str, body: Any = None, version: int | None = None) -> httpx.Response:
        """As the office; fails where the answer is no success."""
        headers = {**self.office, **key()} | ({} if version is None else {"If-Match": f'"{version}"'})
        answer = await self.clients[service].request(method, path, json=body, headers=headers)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer

    async def until(self, service: str, path: str, ready: Any, **params: Any) -> Any:
        """The body of the office's answer, as soon as it is ready."""

        async def found() -> Any:
            answer = await self.get(service, path, **params)
            body = answer.json()
            return body if answer.is_success and ready(body) else None

        return await eventually(found, timeout=PATIENCE_SECONDS)


def _caller(folder: Path, name: str, **given: Any) -> dict[str, str]:
    return keyed(folder, name=name, principal=uuid5(_CLIENTS, name), **given)


@asynccontextmanager
async def running_place(database: Database, folder: Path) -> AsyncIterator[Place]:
    """All of it, as long as the block."""
    (folder / "keys.json").write_text('{"keys": []}')
    apps: dict[str, FastAPI] = {}
    clients: dict[str, httpx.AsyncClient] = {}
    async with AsyncExitStack() as stack:
        works = []
        for name, (settings_class, wiring) in _SERVICES.items():
            settings = settings_class(**settings_of(database, name, folder))
            if not apps:
                office = _caller(folder, "office", scopes=SCOPES)
            apps[name] = wiring.build_api(settings)
            url = await stack.enter_async_context(_served(apps[name]))
            clients[name] = await stack.enter_async_context(httpx.AsyncClient(base_url=url, trust_env=False, timeout=60))
            works.append(wiring.run_work(settings))
        running = await stack.enter_async_context(AsyncExitStack())
        for work in works:
            await running.enter_async_context(working(work))
        yield Place(apps, clients, database, folder, office, running)


@asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    server = _Server(
        uvicorn.Config(app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1, timeout_keep_alive=600)
    )
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started, timeout=PATIENCE_SECONDS)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
