"""`python -m tests.performance.read_cost`: what recording a read adds to it: the same questions with and without, turn by turn.

The service answers in this process on a PostgreSQL of its own, so a question costs what it costs without a network.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from services.cards.settings import Settings
from services.cards.wiring import build_api, run_work
from shared.auth.scopes import SCOPES
from shared.testing.databases import create_test_database, running_cluster
from tests.integration.running import key, serving, settings_of, working

CUSTOMERS, TURNS, CALLERS = 200, 20, 8
EACH = 50


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="regulars-reads-") as name:
        folder = Path(name)
        async with running_cluster() as cluster:
            database = await create_test_database(cluster)
            (folder / "keys.json").write_text('{"keys": []}')
            settings = Settings(**settings_of(database, "cards", folder))
            app = build_api(settings)
            async with serving(app, folder, SCOPES) as client, working(run_work(settings)):
                cards = await _customers(client)
                for what, path in (("a card", f"/v1/customers/{cards[0]}"), ("a page of 50", "/v1/customers?limit=50")):
                    for callers in (1, CALLERS):
                        await _compared(app, client, what, path, callers)


async def _customers(client: httpx.AsyncClient) -> list[str]:
    items = [
        {"kind": "COMPANY", "name": f"Company {n}", "external_ids": [{"system": "erp", "value": str(uuid4())}]}
        for n in range(CUSTOMERS)
    ]
    answer = await client.post("/v1/customers/bulk", json=items, headers=key())
    answer.raise_for_status()
    await client.get("/v1/customers", params={"min_position": answer.headers["Regulars-Position"]})
    return [item["id"] for item in answer.json()["items"]]


async def _compared(app: Any, client: httpx.AsyncClient, what: str, path: str, callers: int) -> None:
    reads = app.state.reads
    found: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(2 * TURNS):
        recorded = turn % 2 == 0
        app.state.reads = reads if recorded else None
        began = time.perf_counter()
        await asyncio.gather(*(_ask(client, path, EACH // callers + 1) for _ in range(callers)))
        found[recorded].append((time.perf_counter() - began) / (callers * (EACH // callers + 1)) * 1000)
    app.state.reads = reads
    without, with_it = statistics.median(found[False]), statistics.median(found[True])
    print(
        f"{what}, {callers} at a time: {without:.2f} ms, recorded {with_it:.2f} ms, that is {with_it - without:.2f} ms more a read"
    )


async def _ask(client: httpx.AsyncClient, path: str, times: int) -> None:
    for _ in range(times):
        for _ in range(100):
            answer = await client.get(path)
            if answer.status_code != 503:
                break
            # A machine that has other things to do: told to come later.
            await asyncio.sleep(0.05)
        answer.raise_for_status()


if __name__ == "__main__":
    asyncio.run(main())
