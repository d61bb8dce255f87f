"""Four services on real sockets with a few customers, and a key for each role. Every answer is counted on its way out."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import httpx
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.auth.roles import ROLES
from shared.auth.scopes import SCOPES
from shared.contracts.topics import SERVICES
from shared.telemetry.logs import configure_logs
from shared.testing.databases import create_test_database, running_cluster
from shared.web import stream
from tests.integration.running import key, keyed, settings_of, working
from tests.integration.witness import watched

PERSONS: Mapping[str, str] = {"salesperson": "li", "supervisor": "E-07"}


@dataclass
class World:
    """`urls` by service, `keys` by role, `known` ids and numbers that requests are made with besides any others."""

    urls: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    known: dict[str, list[str]] = field(default_factory=dict)
    role: str = ""
    """Who asks just now."""
    answered: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """Answers by service, role and status."""
    failed: list[str] = field(default_factory=list)
    """Operation and status of each answer of 500 and above that does not ask to come again."""


@asynccontextmanager
async def small_world() -> AsyncIterator[World]:
    configure_logs("fuzz", "ERROR")
    # A stream that has nothing to tell is otherwise silent for longer than is worth waiting for, forty times.
    stream.KEEP_ALIVE_SECONDS = 0.5
    world = World()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regulars-fuzz-")))
        database = await create_test_database(await stack.enter_async_context(running_cluster()))
        (folder / "keys.json").write_text('{"keys": []}')
        for service in SERVICES:
            given = settings_of(database, service, folder) | {"work_port": 0, "log_level": "ERROR"}
            settings = import_module(f"services.{service}.settings").Settings(**given)
            wiring = import_module(f"services.{service}.wiring")
            app = wiring.build_api(settings)
            world.urls[service] = await stack.enter_async_context(_listening(_counting(watched(app), service, world)))
            await stack.enter_async_context(working(wiring.run_work(settings)))
        everything = keyed(folder, name="world", scopes=SCOPES, principal=uuid4())
        for role in ROLES:
            header = keyed(folder, name=role, principal=uuid4(), role=role, person=PERSONS.get(role))
            world.keys[role] = header["Authorization"].removeprefix("Bearer ")
        async with httpx.AsyncClient(base_url=world.urls["cards"], headers=everything) as client:
            await _people(client)
            world.known = await _customers(client)
        async with httpx.AsyncClient(base_url=world.urls["complaints"], headers=everything) as client:
            world.known["complaint_id"] = [await _complaint(client, customer) for customer in world.known["customer_id"]]
        world.answered.clear()
        yield world


async def _people(client: httpx.AsyncClient) -> None:
    async def put(path: str, body: dict[str, object]) -> None:
        (await client.put(path, json=body, headers=key())).raise_for_status()

    await put("/v1/areas/CHINA", {"name": "China"})
    await put("/v1/areas/EAST", {"name": "East China", "parent_id": "CHINA"})
    await put("/v1/areas/WEST", {"name": "West China", "parent_id": "CHINA"})
    await put("/v1/areas/EAST/superior", {"superior_id": PERSONS["supervisor"], "valid_from": "2026-01-01"})
    for area, person in (("EAST", "li"), ("EAST", "wang"), ("WEST", "zhao")):
        await put(f"/v1/areas/{area}/salespeople/{person}", {"valid_from": "2026-01-01"})


async def _customers(client: httpx.AsyncClient) -> dict[str, list[str]]:
    """Own ones of the salesperson, one of a colleague, one of another area; each with a sale and an invoice."""
    ids = []
    for number, (area, person) in enumerate((("EAST", "li"), ("EAST", "li"), ("EAST", "wang"), ("WEST", "zhao"))):
        erp = f"K-107{7 + number}"
        body = {"kind": "COMPANY", "name": f"Dealer {number}", "external_ids": [{"system": "erp", "value": erp}]}
        made = await client.post("/v1/customers", json=body, headers=key())
        made.raise_for_status()
        ids.append(made.json()["customer_id"])
        served = {"area_id": area, "salesperson_id": person}
        match = {"If-Match": made.headers["etag"]}
        (await client.put(f"/v1/customers/{ids[-1]}/assignment", json=served, headers=key() | match)).raise_for_status()
        fact = {"source": "erp", "customer": {"system": "erp", "value": erp}}
        amount = {"amount": "1250.00", "currency": "CNY"}
        sale = fact | {"source_event_id": f"S-{number}", "sold_on": "2026-03-02", "net": amount}
        invoice = fact | {"source_event_id": f"I-{number}", "number": f"I-{number}", "issued_on": "2026-03-02"}
        invoice |= {"due_on": "2026-04-02", "amount": amount}
        for path, fact_body in (("/v1/sales", sale), ("/v1/invoices", invoice)):
            (await client.post(path, json=fact_body, headers=key())).raise_for_status()
    return {"customer_id": ids, "area_id": ["CHINA", "EAST", "WEST"], "salesperson_id": ["li", "wang", "zhao"]}


async def _complaint(client: httpx.AsyncClient, customer_id: str) -> str:
    body = {
        "customer": {"id": customer_id},
        "kind": "QUALITY",
        "channel": "HOTLINE",
        "received_on": "2026-03-02",
        "description": "It breaks.",
    }
    command = key()
    async with asyncio.timeout(30):
        # The service may not have heard of the customer yet.
        while (answer := await client.post("/v1/complaints", json=body, headers=command)).status_code == 422:
            command = key()
            await asyncio.sleep(0.1)
    return str(answer.raise_for_status().json()["id"])


def _counting(app: ASGIApp, service: str, world: World) -> ASGIApp:
    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                world.answered[service, world.role, status] += 1
                again = any(name == b"retry-after" for name, _ in message["headers"])
                if status >= 500 and not again:
                    world.failed.append(
                        f"{service} {scope['method']} {getattr(scope.get('route'), 'path', scope['path'])}: {status}"
                    )
            await send(message)

        await app(scope, receive, sending)

    return call


@asynccontextmanager
async def _listening(app: ASGIApp) -> AsyncIterator[str]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve(None))
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
