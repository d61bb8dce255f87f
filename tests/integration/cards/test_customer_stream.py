"""Changes of cards as they happen: at once, to whoever they concern, and never with what is personal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from services.cards.wiring import build_api
from shared.testing.eventually import eventually
from shared.web import stream
from tests.integration.cards.conftest import Cards, sale
from tests.integration.cards.test_cards import PERSON

Told = tuple[str, dict[str, Any]]


class Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def over_sockets(cards: Cards) -> AsyncIterator[httpx.AsyncClient]:
    """A client that hears what comes when it comes; without a socket a stream is heard when it has ended."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    server = Server(uvicorn.Config(build_api(cards.settings), port=port, log_config=None, timeout_graceful_shutdown=1))
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    headers = {"Authorization": cards.client.headers["Authorization"]}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
        yield client
    server.should_exit = True
    await serving


def events_in(text: str) -> list[Told]:
    found: list[Told] = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "data" in fields:
            found.append((fields["event"], json.loads(fields["data"]) | {"id": fields["id"]}))
    return found


async def told(cards: Cards, after: str = "0.0.0", **params: Any) -> list[Told]:
    """Everything behind a place."""
    headers = {"Last-Event-ID": after}
    answer = await cards.client.get("/v1/customers/stream", params={"for_seconds": 1, **params}, headers=headers)
    assert answer.status_code == 200, answer.text
    return events_in(answer.text)


@pytest.mark.requirement("S0.22", "S2.13")
async def test_a_change_reaches_all_who_follow_within_a_second(api: Cards) -> None:
    customer = await api.register()
    listening = asyncio.Semaphore(0)
    changed = 0.0

    async def follow(client: httpx.AsyncClient) -> tuple[Told, float]:
        async with client.stream("GET", "/v1/customers/stream", params={"for_seconds": 20}, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            text = ""
            async for piece in answer.aiter_text():
                if not text:
                    listening.release()
                text += piece
                if events_in(text):
                    return events_in(text)[0], time.monotonic() - changed
        raise AssertionError("the stream ended")

    async with over_sockets(api) as client:
        followers = [asyncio.create_task(follow(client)) for _ in range(5)]
        for _ in followers:
            await asyncio.wait_for(listening.acquire(), 10)
        changed = time.monotonic()
        await api.put(f"/v1/customers/{customer}/assignment", {"salesperson_id": "li"}, 1)
        for (name, body), seconds in await asyncio.wait_for(asyncio.gather(*followers), 10):
            assert (name, body["customer_id"], body["salesperson_id"]) == ("salesperson_assigned", str(customer), "li")
            assert seconds < 1


async def test_a_stream_goes_on_where_it_was_left(api: Cards) -> None:
    first, second = await api.register("K-1"), await api.register("K-2")
    await api.post("/v1/sales", sale("S-1", "K-1"))
    both = await told(api)
    assert [(name, body["customer_id"]) for name, body in both] == [
        ("customer_registered", str(first)),
        ("customer_registered", str(second)),
    ]
    assert await told(api, both[0][1]["id"]) == both[1:]
    assert await told(api, both[1][1]["id"]) == []
    refused = await api.client.get("/v1/customers/stream", headers={"Last-Event-ID": "somewhere"})
    assert (refused.status_code, refused.json()["code"]) == (400, "POSITION_INVALID")


async def test_everybody_hears_of_the_customers_that_concern_him(cards: Cards) -> None:
    mine = await cards.register("K-1", salesperson_id="wang", area_id="EAST")
    other = await cards.register("K-2", salesperson_id="li", area_id="EAST")
    done = await cards.put(f"/v1/customers/{mine}/marks", {"shop_kind": "CHAIN"}, 1)
    await cards.get("/v1/customers", min_position=done.headers["Regulars-Position"])
    of_wang = [(name, body["customer_id"]) for name, body in await told(cards, salesperson_id="wang")]
    assert of_wang == [("customer_registered", str(mine)), ("marks_assigned", str(mine))]
    assert len(await told(cards, area_id="EAST")) == 3
    assert await told(cards, area_id="WEST") == []
    assert len(await told(cards, area_id="EAST", salesperson_id="li")) == 1
    assert [body["customer_id"] for _, body in await told(cards, customer_id=str(other))] == [str(other)]


async def test_a_stream_holds_nothing_personal(api: Cards) -> None:
    await api.post("/v1/customers", PERSON)
    [(name, body)] = await told(api)
    assert name == "customer_registered"
    assert body["basics"] == {"kind": "PERSON", "contacts": [{"role": "assistant"}]}


async def test_a_stream_ends_so_that_who_listens_is_looked_at_again(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOK_AGAIN_SECONDS", 1)
    async with asyncio.timeout(10):
        answer = await api.client.get("/v1/customers/stream", params={"for_seconds": 3600})
    assert (answer.status_code, events_in(answer.text)) == (200, [])
