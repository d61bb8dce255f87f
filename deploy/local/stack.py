"""A whole installation on this machine: PostgreSQL, a feed, and the eight processes of the four services."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from deploy.http import answers
from deploy.kafka.access import access_of, settings_of
from deploy.kafka.acls import set_rights
from deploy.kafka.rights import ADMIN, rights
from deploy.local import postgres
from deploy.local.broker import FeedSource, choose
from deploy.local.database import Addresses, addresses, prepare
from deploy.local.folder import DataSet, Folder, write_file
from deploy.local.kafka import BrokerFailed
from deploy.local.supervisor import Program, Supervisor, end_left_over
from deploy.local.try_out import ENV, try_out_keys
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.kafka.admin import create_topics
from shared.kafka.settings import KafkaSettings
from shared.postgres.roles import login_roles
from shared.privacy.secrets import make_secrets

_START_SECONDS = 60.0
_GIVE_UP_AFTER = 6
_FIRST_PORT = 8101

Say = Callable[[str], None]


class StartFailed(Exception):
    """A process does not come up. The message ends with the last lines of its log."""


@dataclass(frozen=True)
class Stack:
    """What runs, and how to reach it. `urls` are the HTTP interfaces, `key` opens all of them."""

    folder: Folder
    feed: FeedSource
    database: Addresses
    urls: Mapping[str, str]
    key: str
    supervisor: Supervisor


@asynccontextmanager
async def running(folder: Folder, data_set: DataSet, kafka_wanted: bool, say: Say, traces: bool = False) -> AsyncIterator[Stack]:
    """Start everything, and stop everything that was started at the end; the data stay.

    `traces`: what happens is recorded for `regulars trace`. Raises StartFailed, PostgresFailed, BrokerFailed.
    """
    if folder.restoring.exists():
        # What was erased since the backup can be read in it, and its events would be of a generation that was used before.
        raise StartFailed(f"a restore into {folder.root} was cut short: remove the folder and restore again")
    if found := end_left_over(folder.processes):
        say(f"ended what an earlier run had left: {', '.join(found)}")
    make_secrets(folder.secrets)
    supervisor = Supervisor(folder.logs, folder.processes)
    server = await asyncio.to_thread(postgres.start, folder.postgres)
    supervisor.note("postgres", server.pid)
    say(f"PostgreSQL on 127.0.0.1:{server.port}")
    # A task of its own, shielded: when we are stopped while the broker starts, it is still there to be stopped.
    choosing = asyncio.create_task(choose(kafka_wanted, folder.kafka, folder.kafka_access if data_set.secured else None))
    keepers: list[asyncio.Task[None]] = []
    try:
        passwords = folder.passwords(login_roles())
        database = addresses("127.0.0.1", server.port, server.dsn("regulars"), passwords)
        await prepare(server.dsn(), database, passwords, PARTS, lambda _text: None)
        feed = await asyncio.shield(choosing)
        if feed.own is not None:
            supervisor.note("kafka", feed.own.pid)
        if feed.feed == "kafka":
            await _topics(feed)
            say(f"Kafka on {feed.bootstrap}")
        ports = _ports(data_set.ports)
        folder.keep(replace(data_set, ports=ports))
        urls = {service: f"http://127.0.0.1:{ports[f'{service}-api']}" for service in SERVICES}
        key = _endpoints(folder, feed, database, urls, ports)
        for program in _programs(folder, feed, database, ports, traces):
            supervisor.start(program)
        await _ready(supervisor, folder, urls, ports)
        keepers = [
            asyncio.create_task(_keep_postgres(folder, supervisor)),
            asyncio.create_task(feed.keep(folder.kafka, lambda pid: supervisor.note("kafka", pid))),
        ]
        say("cards, classification, complaints and alerts are ready")
        yield Stack(folder, feed, database, urls, key, supervisor)
    finally:
        for keeper in keepers:
            keeper.cancel()
        await asyncio.gather(*keepers, return_exceptions=True)
        await supervisor.stop()
        with suppress(BrokerFailed):
            await (await choosing).stop()
        await asyncio.to_thread(lambda: postgres.stop(postgres.start(folder.postgres)))
        folder.processes.unlink(missing_ok=True)


async def _topics(feed: FeedSource) -> None:
    if feed.access is None:
        await create_topics(KafkaSettings(bootstrap=feed.bootstrap), PARTS)
        return
    admin = settings_of(feed.access, feed.bootstrap, ADMIN)
    await create_topics(admin, PARTS)
    await set_rights(admin, rights())


async def _keep_postgres(folder: Folder, supervisor: Supervisor) -> None:
    last = 0
    while True:
        server = await asyncio.to_thread(postgres.start, folder.postgres)
        if server.pid != last:
            supervisor.note("postgres", server.pid)
            last = server.pid
        await asyncio.sleep(0.5)


def _programs(folder: Folder, feed: FeedSource, database: Addresses, ports: Mapping[str, int], traces: bool) -> list[Program]:
    programs = []
    for service in SERVICES:
        settings = {
            "FEED": feed.feed,
            "KAFKA_BOOTSTRAP": feed.bootstrap,
            "PORT": str(ports[f"{service}-api"]),
            "WORK_PORT": str(ports[f"{service}-work"]),
            "SECRETS": str(folder.secrets),
            "SEALS": str(folder.seals),
            "KEYS_FILE": str(folder.secrets / "keys.json"),
            "ENVIRONMENT": ENV,
            "PARTS": str(PARTS),
            "TRACES": str(folder.traces) if traces else "",
        }
        if feed.access is not None:
            settings |= access_of(feed.access, service)
        if service == "alerts":
            # For trials on one machine: receivers on it may be called, over plain http too.
            settings["WEBHOOK_NETWORKS"] = '["127.0.0.0/8"]'
        # What holds a password stands in files: an environment is inherited, listed and dumped.
        passwords = folder.secrets / "settings" / service
        write_file(passwords / f"{service}_dsn", database.by_role[service], 0o600)
        write_file(passwords / f"{service}_rebuild_dsn", database.by_role[f"{service}_rebuild"], 0o600)
        environment = {f"{service.upper()}_{name}": value for name, value in settings.items()} | {
            "REGULARS_SETTINGS": str(passwords)
        }
        programs += [Program(f"{service}-{verb}", f"services.{service}", verb, environment) for verb in ("api", "work")]
    return programs


def _ports(known: Mapping[str, int]) -> dict[str, int]:
    names = [f"{service}-{verb}" for verb in ("api", "work") for service in SERVICES]
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        for wanted in (known.get(name, _FIRST_PORT + place + (6 if name.endswith("work") else 0)), 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", wanted))
                except OSError:
                    continue
                found[name] = int(probe.getsockname()[1])
                break
    return found


def _endpoints(folder: Folder, feed: FeedSource, database: Addresses, urls: Mapping[str, str], ports: Mapping[str, int]) -> str:
    """Write the addresses and return the key that opens everything. Raw keys are nowhere but in this file."""
    known = json.loads(folder.endpoints.read_text())["keys"] if folder.endpoints.exists() else {}
    keys = try_out_keys(folder.secrets, known)
    content = {
        "feed": feed.feed,
        "kafka": feed.bootstrap or None,
        "kafka_access": None if feed.access is None else str(feed.access),
        "services": {
            service: {"url": url, "docs": f"{url}/docs", "work": f"http://127.0.0.1:{ports[f'{service}-work']}"}
            for service, url in urls.items()
        },
        "keys": keys,
        "postgres": {"admin": database.admin, **database.by_role},
    }
    write_file(folder.endpoints, json.dumps(content, indent=2) + "\n", 0o600)
    return keys["everything"]


async def _ready(supervisor: Supervisor, folder: Folder, urls: Mapping[str, str], ports: Mapping[str, int]) -> None:
    waiting = {f"{service}-api": f"{url}/readyz" for service, url in urls.items()}
    waiting |= {f"{service}-work": f"http://127.0.0.1:{ports[f'{service}-work']}/livez" for service in SERVICES}
    deadline = time.monotonic() + _START_SECONDS
    while waiting:
        for name, address in list(waiting.items()):
            if await answers(address):
                del waiting[name]
        late = [name for name in waiting if supervisor.restarts.get(name, 0) >= _GIVE_UP_AFTER]
        if late or (waiting and time.monotonic() > deadline):
            name = (late or sorted(waiting))[0]
            log = folder.logs / f"{name}.log"
            tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
            raise StartFailed(f"{name} does not come up; the end of {log}:\n{tail}")
        await asyncio.sleep(0.1)
