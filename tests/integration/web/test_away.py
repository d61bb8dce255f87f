"""A service whose database is away says so at once, and is back as soon as the database is."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import httpx
from fastapi import APIRouter

from deploy.local import postgres
from shared.auth.keys import KeyRing, write_keys
from shared.postgres.pool import create_pool
from shared.web.app import create_app
from shared.web.health import Readiness
from shared.web.scope import scope


async def test_postgres_down_is_503_in_less_than_a_second(tmp_path: Path) -> None:
    server = postgres.start(tmp_path / "postgres")
    pool = await create_pool(server.dsn("postgres"), min_size=2, max_size=4, name="test")
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
            postgres.stop(server)
            for path in ("/v1/time", "/readyz", "/v1/time"):
                began = time.perf_counter()
                response = await client.get(path)
                assert time.perf_counter() - began < 1
                assert (response.status_code, response.json()["code"]) == (503, "UNAVAILABLE")
                assert response.headers["retry-after"] == "1"
            assert (await client.get("/livez")).status_code == 200
        finally:
            pool.terminate()
