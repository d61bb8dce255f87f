"""A service whose database is away says so at once, and is back as soon as the database is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from shared.auth.keys import KeyRing, write_keys
from shared.postgres.pool import Pool, opened_pool
from shared.testing.databases import Cluster
from shared.testing.eventually import eventually
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.scope import scope


class Line:
    """A line to the database that can be cut and mended, or carry nothing for a while, as a server does that hangs."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.port = 0
        self.server: asyncio.Server | None = None
        self.open: set[asyncio.StreamWriter] = set()
        self.carries = asyncio.Event()
        self.carries.set()

    async def mend(self) -> None:
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in self.open:
            writer.transport.abort()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        self.open |= {writer, far_writer}
        await asyncio.gather(self.copy(reader, far_writer), self.copy(far_reader, writer), return_exceptions=True)

    async def copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self.carries.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def service(cluster: Cluster, line: Line, folder: Path, *, waits: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    """A service behind the line, that opens its pool when it starts. `waits`: the line is not there at its start."""
    dsn = cluster.dsn("postgres", "postgres").replace(f":{cluster.port}/", f":{line.port}/")
    assert str(line.port) in dsn
    pools: list[Pool] = []
    router = APIRouter(dependencies=[scope(open=True)])

    @router.get("/v1/time")
    async def get_time() -> dict[str, datetime]:
        return {"time": await pools[0].fetchval("SELECT now()")}

    @router.get("/v1/slowly")
    async def get_time_slowly() -> dict[str, datetime]:
        return {"time": await pools[0].fetchval("SELECT now() FROM pg_sleep(1.5)")}

    async def ready() -> Readiness:
        await pools[0].fetchval("SELECT 1")
        return Readiness(True)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with opened_pool(dsn, max_size=4, name="test", watched=True) as pool:
            pools.append(pool)
            yield
            pools.clear()

    write_keys(folder / "keys.json", ())
    keys = KeyRing(folder / "keys.json", b"p", "test")
    app = create_app(service="demo", title="Demo", routers=[router], keys=keys, ready=ready, lifespan=lifespan)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo") as client,
    ):
        assert bool(pools) != waits
        yield client


@pytest.fixture
async def line(cluster: Cluster) -> AsyncIterator[Line]:
    line = Line(cluster.port)
    await line.mend()
    yield line
    line.cut()


async def unavailable(client: httpx.AsyncClient, path: str, seconds: float) -> None:
    began = time.perf_counter()
    response = await client.get(path)
    assert time.perf_counter() - began < seconds
    assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
    assert response.headers["retry-after"] == "1"


async def served(client: httpx.AsyncClient) -> bool:
    return [(await client.get(path)).status_code for path in ("/v1/time", "/readyz")] == [200, 200]


async def test_postgres_down_is_503_in_less_than_a_second(cluster: Cluster, line: Line, tmp_path: Path) -> None:
    async with service(cluster, line, tmp_path) as client:
        assert await served(client)
        line.cut()
        for path in ("/v1/time", "/readyz", "/v1/time", "/v1/time"):
            await unavailable(client, path, 1)
        assert (await client.get("/livez")).status_code == 200
        await line.mend()
        assert await served(client)


async def test_postgres_that_hangs_is_503_before_a_statement_would_have_ended(
    cluster: Cluster, line: Line, tmp_path: Path
) -> None:
    async with service(cluster, line, tmp_path) as client:
        assert await served(client)
        line.carries.clear()
        # On a machine of its own it takes less than one second; a statement ends after two and a half.
        await asyncio.gather(*(unavailable(client, "/v1/time", 2) for _ in range(8)))
        # Whoever comes later does not wait at all.
        await asyncio.gather(*(unavailable(client, "/v1/time", 0.5) for _ in range(8)), unavailable(client, "/readyz", 1))
        line.carries.set()
        await eventually(lambda: served(client))


async def test_a_statement_that_takes_long_is_not_taken_for_a_server_that_hangs(
    cluster: Cluster, line: Line, tmp_path: Path
) -> None:
    async with service(cluster, line, tmp_path) as client:
        assert await served(client)
        answers = await asyncio.gather(*(client.get("/v1/slowly") for _ in range(4)))
        assert [answer.status_code for answer in answers] == [200] * 4
        assert await served(client)


async def test_a_service_starts_without_postgres_and_serves_when_it_is_there(
    cluster: Cluster, line: Line, tmp_path: Path
) -> None:
    line.cut()
    async with service(cluster, line, tmp_path, waits=True) as client:
        for path in ("/v1/time", "/readyz"):
            await unavailable(client, path, 1)
        assert (await client.get("/livez")).status_code == 200
        await line.mend()
        await eventually(lambda: served(client))
    async with service(cluster, line, tmp_path) as client:
        assert await served(client)


async def test_a_service_that_still_waits_for_postgres_can_be_ended(cluster: Cluster, line: Line, tmp_path: Path) -> None:
    line.cut()
    before = asyncio.all_tasks()
    async with service(cluster, line, tmp_path, waits=True):
        pass
    assert asyncio.all_tasks() <= before, "nobody goes on waiting"
