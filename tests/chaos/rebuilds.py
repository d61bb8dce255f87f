"""`make rebuilds RUNS=100`: read models of cards are made anew and swapped, one after the other, while clients write and read.

Each rebuild is compared with the live slot at an equal place before it is swapped. When the load has ended, each is made anew once
more, and the tables, as PostgreSQL writes them, have to be the same bytes before and after. Nothing may be appended by a rebuild.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import uvloop

from deploy.settle import Watch
from services.cards.read_models import READ_MODELS
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.postgres.pool import Pool, create_pool
from shared.projections.ddl import table_name, totals_name
from shared.projections.read_model import ReadModel
from shared.projections.rebuild import rebuild
from shared.projections.slots import RebuildRefused
from shared.testing.databases import create_test_database, running_cluster
from shared.testing.eventually import eventually
from tests.chaos.history.clients import Clients
from tests.chaos.history.place import Place, serving
from tests.chaos.results import record

_WRITTEN = "SELECT t::text FROM {table} t ORDER BY 1"
_LIVE = "SELECT live FROM cards.routing WHERE read_model = $1"


@dataclass
class Verdict:
    """What came of the rebuilds. `differences` are sentences."""

    rebuilds: int = 0
    compared: int = 0
    records: int = 0
    operations: int = 0
    reads: int = 0
    alike: int = 0
    differences: list[str] = field(default_factory=list)


async def rebuilds(place: Place, runs: int, seconds: float, seed: int, clients: int = 4, *, shown: bool = False) -> Verdict:
    """Rebuild so often under load, then all once more in silence."""
    verdict = Verdict()
    began = time.monotonic()
    pool = await create_pool(place.database.dsn("cards_rebuild"), max_size=6, statement_timeout_ms=60_000, name="rebuilds")
    writing = Clients(place, seed)
    load = asyncio.create_task(writing.run(clients, sys.maxsize, began + seconds))
    reading = asyncio.create_task(_read(place, verdict))
    try:
        # A quiet machine would otherwise have rebuilt before anything was written.
        await eventually(lambda: _begun(writing, verdict, load), timeout=30)
        while verdict.rebuilds < runs and not load.done():
            model = READ_MODELS[verdict.rebuilds % len(READ_MODELS)]
            try:
                done = await rebuild(pool=pool, schema="cards", model=model, stores=dict.fromkeys(SERVICES, pool))
                verdict.records += done.records
                verdict.compared += done.compared
            except RebuildRefused as refusal:
                verdict.differences.append(str(refusal))
            verdict.rebuilds += 1
            if shown and verdict.rebuilds % 10 == 0:
                print(
                    f"{time.monotonic() - began:6.0f} s: {verdict.rebuilds} rebuilds, {writing.begun} operations", file=sys.stderr
                )
        load.cancel()
        await asyncio.gather(load, return_exceptions=True)
        verdict.operations = writing.begun
        await _in_silence(place, pool, verdict)
    finally:
        load.cancel()
        reading.cancel()
        await asyncio.gather(load, reading, return_exceptions=True)
        pool.terminate()
    verdict.differences += [f"answer {status}: {n} times" for status, n in writing.unexpected.items()]
    verdict.differences += place.errors()
    return verdict


async def _begun(writing: Clients, verdict: Verdict, load: asyncio.Task[None]) -> bool:
    return load.done() or bool(writing.begun and verdict.reads)


async def _read(place: Place, verdict: Verdict) -> None:
    """A list is asked for all the time; it has to answer whatever is being swapped."""
    headers = {"Authorization": f"Bearer {place.key}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.ports[0]}", headers=headers, timeout=30) as client:
        while True:
            for path in ("/v1/customers?limit=5", "/v1/register?limit=5", "/v1/receivables?limit=5"):
                answer = await client.get(path)
                verdict.reads += 1
                if answer.status_code != 200:
                    verdict.differences.append(f"{path} answered {answer.status_code}")
            await asyncio.sleep(0.1)


async def _in_silence(place: Place, pool: Pool, verdict: Verdict) -> None:
    admin = await asyncpg.connect(place.database.dsn("postgres"))
    try:
        watch = Watch(admin, PARTS)
        await eventually(lambda: _all_folded(watch), timeout=60, interval=0.2)
        events = await _events(admin)
        for model in READ_MODELS:
            before = await _bytes(admin, model)
            done = await rebuild(pool=pool, schema="cards", model=model, stores=dict.fromkeys(SERVICES, pool))
            verdict.rebuilds += 1
            verdict.compared += done.compared
            if await _bytes(admin, model) == before:
                verdict.alike += 1
            else:
                verdict.differences.append(f"{model.name}: the tables are not the same bytes")
        if await _events(admin) != events:
            verdict.differences.append("a rebuild has appended events")
    finally:
        await admin.close()


async def _events(admin: asyncpg.Connection) -> int:
    return int(
        await admin.fetchval(" + ".join(f"(SELECT count(*) FROM {service}.events)" for service in SERVICES).join(("SELECT ", "")))
    )


async def _all_folded(watch: Watch) -> bool:
    """Every reader of cards stands where its store ends; the other services do not run here."""
    return not any(reader.startswith("cards ") for reader in (await watch.lag()).behind)


async def _bytes(admin: asyncpg.Connection, model: ReadModel[object]) -> str:
    """A hash of rows and totals of the live slot."""
    slot = await admin.fetchval(_LIVE, model.name)
    found = hashlib.sha256()
    tables = [table_name("cards", model.name, slot)] + ([] if model.totals is None else [totals_name("cards", model.name, slot)])
    for table in tables:
        for row in await admin.fetch(_WRITTEN.format(table=table)):
            found.update(row[0].encode() + b"\n")
        found.update(b"\n")
    return found.hexdigest()


async def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make rebuilds", description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="regulars-rebuilds-") as folder:
        async with running_cluster() as cluster:
            database = await create_test_database(cluster)
            async with serving(database, Path(folder), apis=1) as place:
                verdict = await rebuilds(place, chosen.runs, chosen.seconds, chosen.seed, shown=True)
    record(
        "rebuilds",
        chosen.seed,
        verdict.rebuilds,
        verdict.differences,
        compared_at_an_equal_place=verdict.compared,
        same_bytes_in_silence=verdict.alike,
        records_folded=verdict.records,
        operations_meanwhile=verdict.operations,
        lists_read_meanwhile=verdict.reads,
        seconds=round(time.monotonic() - began),
    )
    print(
        f"{verdict.rebuilds} rebuilds, {verdict.compared} compared, {verdict.alike} the same bytes, {verdict.operations} operations meanwhile"
    )
    for line in verdict.differences[:20]:
        print(f"  {line}")
    return 1 if verdict.differences else 0


if __name__ == "__main__":
    sys.exit(uvloop.run(main(sys.argv[1:])))
