"""A service whose database is away says so at once, and is back as soon as the database is."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from pathlib import Path

import httpx
from fastapi import APIRouter

from shared.auth.keys import KeyRing, write_keys
from shared.postgres.pool import create_pool
from shared.testing.databases import Cluster
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.scope import scope


class Line:
    """A line to the database that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self.behind = port
        self.port = 0
        self.server: asyncio.Server | None = None
        self.open: set[asyncio.StreamWriter] = set()

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
            writer.write(data)
            await writer.drain()
        writer.close()


async def test_postgres_down_is_503_in_less_than_a_second(cluster: Cluster, tmp_path: Path) -> None:
    line = Line(cluster.port)
    await line.mend()
    dsn = cluster.dsn("postgres", "postgres").replace(f":{cluster.port}/", f":{line.port}/")
    assert str(line.port) in dsn
    pool = await create_pool(dsn, min_size=2, max_size=4, name="test")
    router = APIRouter(dependencies=[scope(open=True)])

    @router.get("/v1/time")
    async def get_time() -> dict[str, datetime]:
        return {"time": await pool.fetchval("SELECT now()")}

    async def ready() -> Readiness:
        await pool.fetchval("SELECT 1")
        return Readiness(True)

    write_keys(tmp_path / "keys.json", ())
    app = create_app(service="demo", title="Demo", routers=[router], keys=KeyRing(tmp_path / "keys.json", b"p"), ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://demo") as client:
        try:
            assert (await client.get("/v1/time")).status_code == 200
            line.cut()
            for path in ("/v1/time", "/readyz", "/v1/time", "/v1/time"):
                began = time.perf_counter()
                response = await client.get(path)
                assert time.perf_counter() - began < 1
                assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
                assert response.headers["retry-after"] == "1"
            assert (await client.get("/livez")).status_code == 200
            await line.mend()
            assert (await client.get("/v1/time")).status_code == 200
            assert (await client.get("/readyz")).status_code == 200
        finally:
            pool.terminate()
            line.cut()
