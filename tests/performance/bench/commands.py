"""Bars 3 and 4: one sale over HTTP, known to its key, repeatable, recorded; beside a bare route and beside the usual ORM way."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from uuid import uuid4

import httpx

from tests.performance.baselines.http_sales import prepare
from tests.performance.bench.harness import Case, Figures, Measured, Size, in_turns, percentile
from tests.performance.bench.load import drive, request
from tests.performance.bench.place import Place, Running
from tests.performance.bench.processes import cpu_seconds, module_process

_CUSTOMERS = 10_000
_CONNECTIONS = (16, 64)


def sale(n: str, dice: random.Random, customers: int) -> dict[str, object]:
    """A sale of two lines: about 300 bytes."""
    return {
        "source": "erp",
        "source_event_id": f"S-{n}",
        "customer": {"system": "erp", "value": f"K-{dice.randrange(customers)}"},
        "sold_on": "2026-03-02",
        "net": {"amount": "150.00", "currency": "CNY"},
        "lines": [
            {"article": f"A-{dice.randrange(500)}", "quantity": "4", "net": "100.00"},
            {"article": f"A-{dice.randrange(500)}", "quantity": "1.5", "net": "50.00"},
        ],
        "order_number": f"O-{n}",
    }


async def known(running: Running, customers: int) -> None:
    """Every customer gets a card and a first sale."""
    async with httpx.AsyncClient(base_url=running.urls["cards"], timeout=60, trust_env=False) as client:
        for first in range(0, customers, 1000):
            items = [
                {
                    **sale(f"first-{n}", random.Random(n), customers),
                    "type": "sale",
                    "customer": {"system": "erp", "value": f"K-{n}"},
                }
                for n in range(first, min(first + 1000, customers))
            ]
            headers = {"Authorization": f"Bearer {running.key}", "Idempotency-Key": str(uuid4())}
            answer = await client.post("/v1/transactions/bulk", json=items, headers=headers)
            assert answer.status_code == 207, answer.text


def _requests(numbers: Iterator[int], count: int, key: str, dice: random.Random, customers: int) -> list[bytes]:
    return [
        request("POST", "/v1/sales", key, json.dumps(sale(str(n), dice, customers)).encode(), Idempotency_Key=str(uuid4()))
        for n in itertools.islice(numbers, count)
    ]


async def measure(place: Place, size: Size) -> list[Measured]:
    customers = size.of(_CUSTOMERS, 100)
    dice, numbers = random.Random(3), itertools.count()
    times: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    async with place.database() as database:
        await prepare(database.dsn("postgres"), customers)
        async with (
            place.processes(database, ["cards-api"]) as running,
            module_process("tests.performance.baselines.http_sales", "bare") as bare,
            module_process("tests.performance.baselines.http_sales", "orm", database.dsn("postgres")) as orm,
        ):
            await known(running, customers)
            asked = {
                "ours": (running.urls["cards"], running.pids["cards-api"], size.of(5000, 100)),
                "bare": (bare.url, bare.pid, size.of(5000, 100)),
                "ORM": (orm.url, orm.pid, size.of(1000, 100)),
            }

            def case(name: str, connections: int) -> Case:
                url, pid, count = asked[name]

                async def run() -> float:
                    requests = _requests(numbers, count, running.key, dice, customers)
                    before = cpu_seconds(pid)
                    seen = await drive(url, requests, connections)
                    assert seen.statuses == {201: count}, seen.statuses
                    at = f"{name} {connections}"
                    times.setdefault(at, []).append(percentile(seen.milliseconds, 99))
                    cpu.setdefault(at, []).append((cpu_seconds(pid) - before) / count * 1e6)
                    return seen.per_second

                return Case(f"{name} {connections}", run)

            found = await in_turns([case(name, c) for c in _CONNECTIONS for name in asked], size.rounds)
    also = {
        at: {"p99_ms": Figures(at, tuple(times[at])).median, "server_cpu_us": Figures(at, tuple(cpu[at])).median} for at in found
    }
    few, many = _CONNECTIONS
    return [
        Measured("3a", found[f"ours {few}"], found[f"bare {few}"], also),
        Measured("3b", found[f"ours {many}"], found[f"bare {many}"]),
        Measured("4a", found[f"ours {few}"], found[f"ORM {few}"]),
        Measured("4b", found[f"ours {many}"], found[f"ORM {many}"]),
    ]
