"""The little HTTP of a work process, over a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import httpx

from shared.relay.metrics import EPOCH
from shared.testing.eventually import eventually
from shared.web.health import Readiness, health_app, serve_health


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


async def test_a_work_process_tells_its_health_until_it_is_cancelled() -> None:
    state = [Readiness(False, {"relay": "waiting"})]

    async def ready() -> Readiness:
        return state[0]

    port = free_port()
    serving = asyncio.create_task(serve_health(health_app(ready=ready), "127.0.0.1", port))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        async def alive() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await client.get("/livez")).status_code == 200
            return False

        await eventually(alive)
        response = await client.get("/readyz")
        assert (response.status_code, response.json()["checks"]) == (503, {"relay": "waiting"})
        state[0] = Readiness(True)
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        EPOCH.labels("demo").set(7)
        shown = (await client.get("/metrics")).text
        assert "process_cpu_seconds_total" in shown
        assert 'regulars_relay_epoch{service="demo"} 7.0' in shown, "what a loop counts is shown by the process that it runs in"
        assert (await client.get("/nothing")).json()["code"] == "NOT_FOUND"
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait_for(serving, 5)
    assert serving.done()

    async def gone() -> bool:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return False
        return True

    await eventually(gone)
