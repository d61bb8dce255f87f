"""A process takes so many requests in hand and tells the others at once to come later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from shared.testing.eventually import eventually
from shared.web.admission import Admission, Hands


@asynccontextmanager
async def served(gate: asyncio.Event, most: int) -> AsyncIterator[tuple[httpx.AsyncClient, Admission]]:
    async def slowly(_request: Request) -> Response:
        await gate.wait()
        return PlainTextResponse("done")

    async def broken(_request: Request) -> Response:
        raise OSError

    async def stream(_request: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"begun"
            await gate.wait()

        return StreamingResponse(pieces())

    async def at_once(_request: Request) -> Response:
        return PlainTextResponse("ready")

    routes = [Route("/slowly", slowly), Route("/broken", broken), Route("/stream", stream), Route("/readyz", at_once)]
    admission = Admission(Starlette(routes=routes), Hands(most))
    transport = httpx.ASGITransport(admission, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
        yield client, admission


async def _true(found: bool) -> bool:
    return found


async def test_what_comes_above_the_limit_is_told_to_come_later() -> None:
    gate = asyncio.Event()
    async with served(gate, 2) as (client, admission):
        taken = [asyncio.create_task(client.get("/slowly")) for _ in range(2)]
        await eventually(lambda: _true(admission.hands.full == 2))
        refused = await client.get("/slowly")
        assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (503, "UNAVAILABLE", "1")
        assert (await client.get("/readyz")).status_code == 200, "health is always answered"
        gate.set()
        assert [(await one).status_code for one in taken] == [200, 200]
        assert (await client.get("/slowly")).status_code == 200, "there is room again"


async def test_a_request_that_breaks_gives_its_place_back() -> None:
    async with served(asyncio.Event(), 1) as (client, admission):
        for _ in range(3):
            assert (await client.get("/broken")).status_code == 500
        assert admission.hands.full == 0


async def test_a_stream_is_in_hand_only_until_it_begins() -> None:
    gate = asyncio.Event()
    begun = asyncio.Event()

    async def send(message: object) -> None:
        begun.set()

    async def receive() -> dict[str, object]:
        await gate.wait()
        return {"type": "http.disconnect"}

    async with served(gate, 1) as (_, admission):
        scope = {"type": "http", "method": "GET", "path": "/stream", "headers": [], "query_string": b""}
        streaming = asyncio.create_task(admission(scope, receive, send))
        await begun.wait()
        assert admission.hands.full == 0
        gate.set()
        await streaming
