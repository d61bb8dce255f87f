"""A service as its processes run it, inside the test: the HTTP application without a socket, and `work` as a task."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from shared.auth.keys import draw_key, read_keys, write_keys
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.event import Event
from shared.contracts.topics import CONTROL_TYPES, main_topic
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.postgres.pool import Pool
from shared.privacy.secrets import load_secrets, make_secrets
from shared.testing.databases import Database

LOOKING: list[Callable[[FastAPI], ASGIApp]] = [lambda app: app]
"""The last one stands between an application and its clients; tests look at every answer there."""
PRINCIPAL = UUID("a3d1f1c2-6f0b-4c5e-9d57-0a4b5c6d7e8f")
SECOND = UUID("a3d1f1c2-6f0b-4c5e-9d57-0a4b5c6d7e90")
"""Another caller, where two persons have to agree."""


def settings_of(database: Database, service: str, folder: Path) -> dict[str, Any]:
    """Settings of a service on the store feed; its secrets are made on the way."""
    make_secrets(folder)
    return {
        "dsn": database.dsn(service),
        "feed": "store",
        "secrets": folder,
        "seals": folder / "seals",
        "keys_file": folder / "keys.json",
        "zone": "Asia/Shanghai",
        "pool_size": 5,
    }


@asynccontextmanager
async def serving(
    app: FastAPI, folder: Path, scopes: Iterable[str], principal: UUID = PRINCIPAL
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application whose key has these scopes, and is of this principal."""
    name = "tests" if principal == PRINCIPAL else f"tests of {principal}"
    transport = httpx.ASGITransport(LOOKING[-1](app))
    headers = {**keyed(folder, name=name, scopes=scopes, principal=principal), "Regulars-Purpose": "CARD_KEEPING"}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(app.router.lifespan_context(app))
        yield await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers))


def second_caller(folder: Path, scopes: Iterable[str]) -> dict[str, str]:
    """The headers of somebody else than the client."""
    return keyed(folder, name="second", scopes=scopes, principal=SECOND)


def keyed(folder: Path, **given: Any) -> dict[str, str]:
    """The header of a new key, of which one principal has here as many as a test likes."""
    raw, entry = draw_key("local", load_secrets(folder).pepper, **given)
    file = folder / "keys.json"
    write_keys(file, (*read_keys(file), entry))
    return {"Authorization": f"Bearer {raw}"}


@asynccontextmanager
async def working(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """`work` runs as long as the block; its failure fails the block."""
    task = asyncio.create_task(work)
    try:
        yield task
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def key() -> dict[str, str]:
    """A fresh idempotency key."""
    return {"Idempotency-Key": str(uuid4())}


async def record(pool: Pool, service: str, events: Iterable[tuple[str, UUID | None, Event]], at: datetime | None = None) -> str:
    """Append events as the service would: (stream, customer, event), all of which hold from `at`. Answers the position after them."""
    appends = [
        Append(
            stream,
            "any",
            customer,
            0 if event.type in CONTROL_TYPES else part_of(stream if customer is None else str(customer), PARTS),
            [NewEvent(uuid4(), event, at or datetime.now(UTC))],
        )
        for stream, customer, event in events
    ]
    async with pool.acquire() as c, c.transaction():
        done = await append_many(c, service, appends)
    assert done.outcome == "appended"
    places = zip(appends, done.results, strict=True)
    return ",".join(f"{main_topic(one.events[0].event.type)}/{one.part}/{result.cursor}" for one, result in places)
