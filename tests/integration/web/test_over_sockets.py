"""What only a real connection shows: large bodies refused in the middle, kept-alive connections, hung-up callers."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn

from shared.testing.eventually import eventually
from tests.unit.web.demo import Running, running


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Running, httpx.AsyncClient, int]]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    async with running(tmp_path) as run:
        server = Server(uvicorn.Config(run.app, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1))
        serving = asyncio.create_task(server.serve())

        async def started() -> bool:
            return server.started

        await eventually(started)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=run.all, trust_env=False) as client:
            yield run, client, port
        server.should_exit = True
        await serving


async def spaces(kibibytes: int) -> AsyncIterator[bytes]:
    for _ in range(kibibytes):
        yield b" " * 1024


async def test_large_bodies_are_refused_and_the_server_goes_on(served: tuple[Running, httpx.AsyncClient, int]) -> None:
    _, client, _ = served
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for content in (b" " * 300_000, spaces(300)):
        response = await client.post("/v1/things", content=content, headers=headers)
        assert (response.status_code, response.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert (await client.post("/v1/things", json={"name": "a"}, headers=headers)).status_code == 201
    assert (await client.post("/v1/imports", content=spaces(5000), headers=headers)).json()["bytes"] == 5000 * 1024


async def test_a_caller_who_hangs_up_does_no_harm(served: tuple[Running, httpx.AsyncClient, int]) -> None:
    run, client, port = served
    for rest in (b"", b"Content-Length: 1000\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n\r\n{"):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"POST /v1/things HTTP/1.1\r\nHost: x\r\nAuthorization: " + run.all["Authorization"].encode() + b"\r\n" + rest
        )
        await writer.drain()
        writer.close()
    assert (await client.get("/v1/things")).status_code == 200
    assert run.demo.seen == []
    text = (await client.get("/metrics")).text
    assert 'status="500"' not in text
    assert 'status="499"' in text
