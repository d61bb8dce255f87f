"""C10, C15, C17, C18: no room on the disk, rebuilds, erasure, restores: what operators do and meet."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from rich.console import Console

from deploy.backup.erasures import read_ledger
from deploy.backup.files import lay_out
from deploy.backup.generation import begin_generation
from deploy.backup.steps import back_up, restore
from deploy.consistency import differences
from deploy.keys import new_key
from deploy.local import postgres
from deploy.local.folder import Folder
from deploy.rebuilding import rebuild_shown
from shared.auth.scopes import SCOPES
from shared.contracts.cursor import PARTS
from shared.kafka.admin import create_topics
from shared.postgres.roles import OWNER
from shared.testing.eventually import eventually
from tests.chaos.load import Client
from tests.chaos.place import Place, endpoints, register, said
from tests.chaos.stage import LONG_SECONDS, Stage, back, during

ROOT = Path(__file__).parents[3]
REBUILT = ("cards", "receivables")
_SECRET_NAME = "Zanzibar Quittenbaum"


async def disk_full(stage: Stage) -> None:
    """C10: no room any more: for the data of PostgreSQL, for Kafka's, for the logs of the services; then there is room again."""
    place = stage.place
    for name in ("postgres", "kafka", "logs"):
        async with stage.loaded(patience=240.0):
            await during(stage.seconds, 0.2)
            ballast = place.folder.root / name / "ballast"
            stage.add(f"ballast_mib_{name}", await asyncio.to_thread(_fill, ballast))
            if name == "postgres":
                # The log is written in files of 16 MiB: the next one finds no room.
                with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                    conn = await asyncpg.connect(place.server.dsn("regulars"), timeout=3)
                    for _ in range(3):
                        await conn.fetchval("SELECT pg_switch_wal()")
                    await conn.close()
            await during(stage.seconds, 0.5)
            ballast.unlink()
            stage.worst(f"back_seconds_worst_{name}", await back(Client(place.cards, place.key)))
            await during(stage.seconds, 0.2)
    await place.ready()


def _fill(ballast: Path) -> int:
    """Take all the room there is. Returns MiB."""
    size = 0
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            size += file.write(bytes(1 << 16))
    return size >> 20


async def rebuilt(stage: Stage) -> None:
    """C15: a list that is read is rebuilt under load, killed ten times, then to the end, and back into the first slot; no read fails."""
    place = stage.place
    register(place)
    reading = asyncio.Event()
    async with stage.loaded():
        await during(stage.seconds, 0.1)
        reader = asyncio.create_task(_read_on(stage, reading))
        kills, killed = 10 if stage.seconds >= LONG_SECONDS else 2, 0
        for _ in range(kills):
            process = await _rebuild(place)
            await _connected(place, "regulars-verify", process)
            await asyncio.sleep(stage.dice.uniform(0.0, 0.6))
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # One that had come to its end was not killed.
            killed += await process.wait() == -signal.SIGKILL
        for _ in range(2):
            process = await _rebuild(place)
            output, _ = await process.communicate()
            if process.returncode != 0:
                stage.violations.append(f"I5: the rebuild ended with {process.returncode}: {output.decode()[-400:]}")
            stage.add("swaps")
        reading.set()
        await reader
        stage.add("kills", killed)
        stage.expect(killed, "no rebuild was killed")


async def _rebuild(place: Place) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.cli",
        "rebuild",
        *REBUILT,
        cwd=place.folder.root,
        env={**os.environ, "REGULARS_FOLDER": str(place.folder.root), "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


async def _connected(place: Place, application: str, process: asyncio.subprocess.Process, patience: float = 60.0) -> None:
    conn = await asyncpg.connect(place.server.dsn("regulars"))
    try:
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and process.returncode is None:
            if await conn.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = $1", application):
                return
            await asyncio.sleep(0.05)
    finally:
        await conn.close()


async def _read_on(stage: Stage, enough: asyncio.Event) -> None:
    client = Client(stage.place.cards, stage.place.key)
    while not enough.is_set():
        answer = await client.ask("GET", "/v1/collection-plan?limit=20")
        stage.add("reads")
        if answer.status not in (200, 429, 503):
            stage.violations.append(f"I5: during a rebuild a list was answered {answer.status}: {answer.body[:200]!r}")
        await asyncio.sleep(0.05)


async def erased(stage: Stage) -> None:
    """C17: persons are erased under load, and a backup from before is restored: nobody of them can be read again, and their
    names stand in no file."""
    place = stage.place
    client = Client(place.cards, place.key)
    second = Client(place.cards, new_key(place.folder.secrets, "local", f"second-{len(stage.loads)}", SCOPES))
    names = [f"{_SECRET_NAME} {stage.run} {len(stage.loads)} {n}" for n in range(8)]
    backup, copy = place.folder.root / f"backup-{len(stage.loads)}", Folder(place.folder.root / f"copy-{len(stage.loads)}")
    async with stage.loaded():
        ids = [await _person(client, stage, name, n) for n, name in enumerate(names)]
        await back_up(place.folder, backup, lambda _text: None)
        for n, customer in enumerate(ids):
            path, name = f"/v1/customers/{customer}/erasure", f"{stage.run}-{len(stage.loads)}-erase-{n}"
            asked = await _repeated(client, "POST", path, name, {"reason": "REQUESTED"})
            agreed = await _repeated(second, "POST", f"{path}/approval", name, {})
            if (asked, agreed) != (200, 200):
                stage.violations.append(f"I11: an erasure was answered {asked} and {agreed}")
        await during(stage.seconds, 0.3)
    for customer in ids:
        if (status := await _repeated(client, "GET", f"/v1/customers/{customer}")) != 410:
            stage.violations.append(f"I11: who was erased is answered {status}")
    ledger = await read_ledger(place.server.dsn("regulars"))
    await restore(backup, copy, place.folder.secrets, ledger, 0, lambda _text: None)
    server = await asyncio.to_thread(postgres.start, copy.postgres)
    try:
        conn = await asyncpg.connect(server.dsn("regulars"))
        keys = await conn.fetchval(
            "SELECT count(*) FROM keystore.keys WHERE customer_id = ANY($1::uuid[]) AND wrapped IS NOT NULL", ids
        )
        await conn.close()
        if keys:
            stage.violations.append(f"I11: {keys} keys of erased persons are back with the backup")
    finally:
        await asyncio.to_thread(postgres.stop, server)
    for file in await asyncio.to_thread(_files_with, place.folder.root, _SECRET_NAME.encode()):
        stage.violations.append(f"I11: the name of somebody erased stands in {file}")
    stage.add("erased", len(ids))


async def _person(client: Client, stage: Stage, name: str, n: int) -> str:
    body = {
        "kind": "PERSON",
        "person_name": name,
        "external_ids": [{"system": "chaos-person", "value": f"{stage.run}-{len(stage.loads)}-{n}"}],
    }
    while True:
        answer = await client.ask("POST", "/v1/customers", body, f"{stage.run}-{len(stage.loads)}-person-{n}")
        if answer.status == 201:
            found: str = json.loads(answer.body)["customer_id"]
            return found
        if answer.status not in (0, 429, 503):
            raise RuntimeError(f"a person was answered {answer.status} {answer.body!r}")
        await asyncio.sleep(0.3)


async def _repeated(client: Client, method: str, path: str, key: str | None = None, body: object = None) -> int:
    for _ in range(60):
        answer = await client.ask(method, path, body, key)
        if answer.status not in (0, 429, 503):
            break
        await asyncio.sleep(0.5)
    return answer.status


def _files_with(root: Path, text: bytes) -> list[Path]:
    found = []
    for file in sorted(root.rglob("*")):
        with suppress(OSError):
            if file.is_file() and text in file.read_bytes():
                found.append(file)
    return found


async def restored(stage: Stage) -> None:
    """C18: the store is an older one than its topics: nothing is relayed until a generation begins, and then all agrees. A topic is
    deleted, one gets more parts: the relay says so and goes on when it is mended."""
    place = stage.place
    backup = place.folder.root / f"backup-{len(stage.loads)}"
    async with stage.loaded():
        await during(stage.seconds, 0.3)
    await stage.rest()
    await back_up(place.folder, backup, lambda _text: None)
    kept = list(stage.loads)
    async with stage.loaded():
        await during(stage.seconds, 0.3)
    await stage.rest()
    await place.stop_services()
    place.keep_postgres = False
    await asyncio.to_thread(postgres.stop, place.server)
    older = place.folder.postgres / f"newer-{len(stage.loads)}"
    (place.folder.postgres / "data").rename(older)
    await asyncio.to_thread(_lay_out, backup, place.folder)
    await _started(place)
    place.start_services()
    # What was acknowledged after the backup is gone with the newer data; nobody may go on as if it were not.
    stage.loads[:] = kept
    stage.earlier.hashes.clear()
    stage.sealed = False
    stage.allowed.append("RelayRefused")
    await _told(stage, "RelayRefused", "a store that is older than its topics is relayed as if nothing were wrong")
    await place.stop_services()
    await begin_generation(place.database.by_role[OWNER], place.kafka_settings)
    place.start_services()
    await place.ready(120.0)
    async with stage.loaded():
        await during(stage.seconds, 0.2)
    await stage.rest()
    await _rebuilt_where_named(stage)
    await _topics_changed(stage)


async def _rebuilt_where_named(stage: Stage) -> None:
    """What an operator does: the services ran for a moment on the older store, and their lists may have read what is gone.
    `regulars verify` names them, and each is rebuilt."""
    addresses = endpoints(stage.place)
    lists = {tuple(one.where.partition(",")[0].split(".")) for one in await differences(addresses, lambda _text: None)}
    for service, name in sorted(lists):
        await rebuild_shown(Console(quiet=True), addresses, service, name, anew=True, force=True)
        stage.add("lists_rebuilt")


async def _started(place: Place) -> None:
    place.server = await asyncio.to_thread(postgres.start, place.folder.postgres)
    place.supervisor.note("postgres", place.server.pid)
    place.to_postgres.target = place.server.port
    place.database = replace(place.database, admin=place.server.dsn("regulars"))
    place.keep_postgres = True


def _lay_out(backup: Path, folder: Folder) -> None:
    # A restore makes a new folder; here its cluster takes the place of the newer one.
    copy = Folder(folder.root / f"laid-out-{backup.name}")
    lay_out(backup, copy, folder.secrets)
    for name in ("data", "superuser"):
        (copy.postgres / name).rename(folder.postgres / name)


async def _topics_changed(stage: Stage) -> None:
    place = stage.place
    admin = AIOKafkaAdminClient(bootstrap_servers=place.broker.bootstrap)
    await admin.start()
    try:
        await _deleted(admin, "regulars.cards.events.v1")
        place.signal("cards-work-1", signal.SIGKILL)
        place.signal("cards-work-2", signal.SIGKILL)
        await _told(stage, "RelayRefused", "a topic is gone and the relay says nothing")
        await create_topics(place.kafka_settings, PARTS)
    finally:
        await admin.close()
    async with stage.loaded():
        await during(stage.seconds, 0.2)
    await _more_parts(stage)


async def _deleted(admin: AIOKafkaAdminClient, topic: str) -> None:
    """The broker answers before a topic is gone."""
    await admin.delete_topics([topic])

    async def gone() -> bool:
        return topic not in await admin.list_topics()

    await eventually(gone, timeout=30, interval=0.1)


async def _more_parts(stage: Stage) -> None:
    """A topic gets one part more: the relay refuses, and nothing else helps than to make it anew."""
    place = stage.place
    topic = "regulars.cards.events.v1"
    admin = AIOKafkaAdminClient(bootstrap_servers=place.broker.bootstrap)
    await admin.start()
    try:
        await admin.create_partitions({topic: NewPartitions(PARTS + 1)})
        place.signal("cards-work-1", signal.SIGKILL)
        place.signal("cards-work-2", signal.SIGKILL)
        await _told(stage, "RelayRefused", "a topic has another number of parts and the relay says nothing")
        await _deleted(admin, topic)
        await create_topics(place.kafka_settings, PARTS)
    finally:
        await admin.close()


async def _told(stage: Stage, what: str, otherwise: str, patience: float = 60.0) -> None:
    """Until a log tells of it."""
    before = {name: text.count(what) for name, text in said(stage.place).items()}
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if any(text.count(what) > before.get(name, 0) for name, text in said(stage.place).items()):
            return
        await asyncio.sleep(0.2)
    stage.violations.append(f"I3: {otherwise}")
