"""`make history OPERATIONS=1000000 SECONDS=3600 SEED=1`: many clients on many streams through HTTP, checked as they go.

Lines are cut, processes killed, commands repeated or given up. Each stream is compared with the store when it has had its share
of appends, and then forgotten, so a history of any length fits into memory.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import asyncpg
import uvloop

from shared.testing.databases import create_test_database, running_cluster
from tests.chaos.history.checker import violations
from tests.chaos.history.clients import REGISTERED, Clients, Register
from tests.chaos.history.operations import Stored
from tests.chaos.history.place import Place, serving
from tests.chaos.results import record

_STORED = """
SELECT stream, version, event_id, body->>'salesperson_id' AS value FROM cards.events WHERE stream = ANY($1::text[]) ORDER BY stream, version"""


@dataclass
class Verdict:
    """What was found in a history."""

    seconds: float = 0.0
    operations: int = 0
    streams: int = 0
    events: int = 0
    kills: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[int] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)


async def history(
    place: Place, seed: int, operations: int, seconds: float, *, clients: int = 32, kill_every: float = 0.0, shown: bool = False
) -> Verdict:
    """Run clients against a service and check what they saw. `kill_every`: seconds between kills of a process, 0 for none."""
    verdict = Verdict()
    workers = Clients(place, seed)
    began, cpu = time.monotonic(), place.cpu_seconds()
    running = asyncio.create_task(workers.run(clients, operations, began + seconds))
    killing = asyncio.create_task(_kill(place, kill_every, Random(f"{seed} kills"), verdict))
    store = await asyncpg.connect(place.database.dsn("cards"))
    try:
        told = began
        while not running.done():
            await asyncio.wait([running], timeout=1.0)
            await _check(store, workers.retired(), verdict)
            if shown and time.monotonic() - told > 10:
                told = time.monotonic()
                print(f"{told - began:6.0f} s: {workers.begun} operations, {verdict.streams} streams checked,"
                      f" {verdict.violations.total()} violations, {verdict.kills} kills", file=sys.stderr)  # fmt: skip
        await running
        await _check(store, workers.retired(), verdict)
    finally:
        killing.cancel()
        running.cancel()
        await asyncio.gather(killing, running, return_exceptions=True)
        await store.close()
    verdict.seconds = time.monotonic() - began
    verdict.cpu = {name: round(spent - cpu.get(name, 0.0), 1) for name, spent in place.cpu_seconds().items()}
    verdict.counts, verdict.unexpected, verdict.errors = workers.counts, workers.unexpected, place.errors()
    return verdict


async def _check(store: asyncpg.Connection, registers: Sequence[Register], verdict: Verdict) -> None:
    by_stream = {f"card-{one.customer_id}": one for one in registers}
    stored: dict[str, list[Stored]] = {stream: [] for stream in by_stream}
    for stream, *values in await store.fetch(_STORED, list(by_stream)):
        stored[stream].append(Stored(*values))
    for stream, one in by_stream.items():
        found = violations(one.operations, stored[stream], REGISTERED)
        verdict.violations += found
        verdict.operations += len(one.operations)
        verdict.events += len(stored[stream])
        if found:
            verdict.examples.append(f"{stream} (register {one.number}): {dict(found)}")
    verdict.streams += len(by_stream)


async def _kill(place: Place, every: float, chance: Random, verdict: Verdict) -> None:
    while every:
        await asyncio.sleep(chance.uniform(0.5, 1.5) * every)
        await place.kill(chance.choice(["api-0", "api-1", "work"]))
        verdict.kills += 1


async def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make history", description=__doc__)
    parser.add_argument("--operations", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=86_400.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--kill-every", type=float, default=20.0, help="seconds between kills of a process, 0 for none")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="regulars-history-") as folder:
        async with running_cluster() as cluster:
            database = await create_test_database(cluster)
            async with serving(database, Path(folder), apis=2) as place:
                verdict = await history(
                    place,
                    chosen.seed,
                    chosen.operations,
                    chosen.seconds,
                    clients=chosen.clients,
                    kill_every=chosen.kill_every,
                    shown=True,
                )
    print(
        f"{verdict.operations} operations on {verdict.streams} streams in {verdict.seconds:.0f} s, {verdict.events} events, {verdict.kills} kills"
    )
    for name, n in sorted(verdict.counts.items()):
        print(f"  {n:9} {name}")
    print(f"CPU seconds: {verdict.cpu}")
    found = [*verdict.examples, *(f"answer {status}: {n} times" for status, n in verdict.unexpected.items()), *verdict.errors]
    record(
        "history of streams",
        chosen.seed,
        verdict.operations,
        found,
        streams=verdict.streams,
        events=verdict.events,
        kills=verdict.kills,
        seconds=round(verdict.seconds),
        **{name.replace(" ", "_"): n for name, n in sorted(verdict.counts.items())},
    )
    print(f"violations: {dict(verdict.violations) or 'none'}; found: {len(found)}")
    for line in found[:20]:
        print(f"  {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1:])))
