"""An installation to be hurt: PostgreSQL and Kafka behind proxies, the services as processes that know named points.

It is what `regulars up` starts, in a temporary folder, with a second worker of cards and of alerts beside the first, with a
proxy before PostgreSQL, Kafka and the API of cards, and without the two APIs that the load does not call. What dies is started again.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from deploy.http import answers
from deploy.keys import new_key
from deploy.local import kafka, postgres
from deploy.local.database import Addresses, addresses, prepare
from deploy.local.folder import Folder
from deploy.local.supervisor import Program, Supervisor
from shared.auth.scopes import SCOPES
from shared.contracts.cursor import PARTS
from shared.kafka.admin import create_topics
from shared.kafka.settings import KafkaSettings
from shared.postgres.roles import login_roles
from shared.privacy.secrets import make_secrets
from shared.testing.eventually import eventually
from tests.chaos.proxy import Proxy, proxy

START_SECONDS = 300.0
WORKERS = {"cards": 2, "alerts": 2, "classification": 1, "complaints": 1}
APIS = ("cards", "alerts")


@dataclass
class Place:
    """What runs. `database` is reached past the proxy, `urls` are those of the services' own ports; `cards` goes through a proxy."""

    folder: Folder
    server: postgres.Server
    broker: kafka.Broker
    database: Addresses
    urls: Mapping[str, str]
    key: str
    supervisor: Supervisor
    to_postgres: Proxy
    to_kafka: Proxy
    to_cards: Proxy
    keep_postgres: bool = True
    keep_kafka: bool = True
    programs: Sequence[Program] = ()

    @property
    def cards(self) -> str:
        """Where the load goes: the API of cards behind its proxy."""
        return f"http://127.0.0.1:{self.to_cards.port}"

    @property
    def kafka_settings(self) -> KafkaSettings:
        """Kafka, past the proxy for the first word; the broker then names the proxy."""
        return KafkaSettings(bootstrap=self.broker.bootstrap)

    def pid(self, name: str) -> int | None:
        """Id of a process, None while it is not there."""
        found = self.supervisor.pids().get(name)
        return found if found is not None and psutil.pid_exists(found) else None

    def signal(self, name: str, number: signal.Signals) -> bool:
        """Send a signal to a process of ours. False when it is not there."""
        pid = self.pid(name)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            return True
        return False

    def hurt(self, name: str, point: str, what: str) -> None:
        """From now on the named process is hurt when it next passes the point."""
        folder = self.folder.root / "points" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / point).write_text(what)

    def hurts(self, name: str, point: str) -> bool:
        """Whether a process has not passed the point yet."""
        return (self.folder.root / "points" / name / point).exists()

    def unhurt(self) -> None:
        """Take back what no process has passed."""
        shutil.rmtree(self.folder.root / "points", ignore_errors=True)

    async def stop_services(self) -> None:
        """End every process of ours; PostgreSQL and Kafka go on."""
        for program in self.programs:
            # What is stopped does not hear that it is to end.
            self.signal(program.name, signal.SIGCONT)
        await self.supervisor.stop()

    def start_services(self) -> None:
        """Start them again, and keep them."""
        for program in self.programs:
            self.supervisor.start(program)

    async def ready(self, seconds: float = 90.0) -> float:
        """Seconds until every process answers that it is ready. Raises TimeoutError."""
        began = time.monotonic()
        for name, address in self.urls.items():
            try:
                await eventually(partial(answers, f"{address}/readyz"), seconds, 0.05)
            except TimeoutError as error:
                raise TimeoutError(f"{name} is not ready within {seconds:g} s") from error
        return time.monotonic() - began


@asynccontextmanager
async def running_place(
    seed: int, *, extra: Mapping[str, Mapping[str, str]] | None = None, small: Mapping[str, int] | None = None
) -> AsyncIterator[Place]:
    """Start it all in a folder of its own, and stop and remove it at the end. `extra`: more environment, by service.

    `small`: parts of the folder (postgres, kafka, logs) that are file systems of their own, of so many MiB; only root may make them.
    `CHAOS_KEEP=1` keeps the folder. Raises PostgresFailed, BrokerFailed, BrokerUnavailable, TimeoutError.
    """
    root = Path(tempfile.mkdtemp(prefix="regulars-chaos-"))
    folder = Folder(root)
    make_secrets(folder.secrets)
    supervisor = Supervisor(folder.logs, folder.processes)
    async with AsyncExitStack() as stack:
        stack.callback(_remove, root)
        for name, size in (small or {}).items():
            stack.callback(_unmount, _mounted(root / name, size))
        server = await asyncio.to_thread(postgres.start, folder.postgres)
        stack.push_async_callback(_stop_postgres, folder)
        to_postgres = await stack.enter_async_context(proxy(server.port, random.Random(seed)))
        to_kafka = await stack.enter_async_context(proxy(0, random.Random(seed + 1)))
        broker = await asyncio.to_thread(kafka.start, folder.kafka, advertised=to_kafka.port)
        to_kafka.target = int(broker.bootstrap.rpartition(":")[2])
        passwords = folder.passwords(login_roles())
        straight = addresses("127.0.0.1", server.port, server.dsn("regulars"), passwords)
        await prepare(server.dsn(), straight, passwords, PARTS, lambda _text: None)
        await create_topics(KafkaSettings(bootstrap=broker.bootstrap), PARTS)
        around = addresses("127.0.0.1", to_postgres.port, server.dsn("regulars"), passwords)
        programs, urls = _programs(folder, around, to_kafka.port, extra or {})
        to_cards = await stack.enter_async_context(proxy(_port_of(urls["cards-api"]), random.Random(seed + 2)))
        key = new_key(folder.secrets, "local", "everything", SCOPES, 10_000_000)
        place = Place(folder, server, broker, straight, urls, key, supervisor, to_postgres, to_kafka, to_cards, programs=programs)
        supervisor.note("postgres", server.pid)
        supervisor.note("kafka", broker.pid)
        keepers = [asyncio.create_task(_keep_postgres(place)), asyncio.create_task(_keep_kafka(place))]
        stack.push_async_callback(_ended, place, keepers)
        place.start_services()
        await place.ready(START_SECONDS)
        yield place


def _programs(
    folder: Folder, database: Addresses, kafka_port: int, extra: Mapping[str, Mapping[str, str]]
) -> tuple[list[Program], dict[str, str]]:
    wanted = [(service, "api", 1) for service in APIS]
    wanted += [(service, "work", n + 1) for service, many in WORKERS.items() for n in range(many)]
    programs, urls = [], {}
    for (service, verb, n), port in zip(wanted, _free_ports(len(wanted)), strict=True):
        name = f"{service}-api" if verb == "api" else f"{service}-work-{n}"
        settings = {
            "DSN": database.by_role[service],
            "REBUILD_DSN": database.by_role[f"{service}_rebuild"],
            "FEED": "kafka",
            "KAFKA_BOOTSTRAP": f"127.0.0.1:{kafka_port}",
            "PORT": str(port),
            "WORK_PORT": str(port),
            "SECRETS": str(folder.secrets),
            "KEYS_FILE": str(folder.secrets / "keys.json"),
            "PARTS": str(PARTS),
            "WORKER_ID": str(n),
            "WEBHOOK_NETWORKS": '["127.0.0.0/8"]',
        }
        environment = {f"{service.upper()}_{key}": value for key, value in settings.items()}
        environment |= {"CHAOS_SERVICE": service, "CHAOS_FOLDER": str(folder.root / "points" / name)} | dict(
            extra.get(service, {})
        )
        programs.append(Program(name, "tests.chaos.faulty", verb, environment))
        urls[name] = f"http://127.0.0.1:{port}"
    return programs, urls


async def _keep_postgres(place: Place) -> None:
    while True:
        if place.keep_postgres and not psutil.pid_exists(place.server.pid):
            # Where it has no room it ends again, as often as it is started.
            with suppress(postgres.PostgresFailed):
                place.server = await asyncio.to_thread(postgres.start, place.folder.postgres, 20.0)
                place.supervisor.note("postgres", place.server.pid)
                place.to_postgres.target = place.server.port
        await asyncio.sleep(0.1)


async def _keep_kafka(place: Place) -> None:
    while True:
        if place.keep_kafka and not place.broker.running():
            with suppress(kafka.BrokerFailed):
                place.broker = await asyncio.to_thread(kafka.start, place.folder.kafka, advertised=place.to_kafka.port)
                place.supervisor.note("kafka", place.broker.pid)
        await asyncio.sleep(0.1)


async def _ended(place: Place, keepers: Sequence[asyncio.Task[None]]) -> None:
    for keeper in keepers:
        keeper.cancel()
    await asyncio.gather(*keepers, return_exceptions=True)
    await place.stop_services()
    await asyncio.to_thread(place.broker.kill)


async def _stop_postgres(folder: Folder) -> None:
    with suppress(postgres.PostgresFailed):
        await asyncio.to_thread(lambda: postgres.stop(postgres.start(folder.postgres)))


def _remove(root: Path) -> None:
    if os.environ.get("CHAOS_KEEP"):
        print(f"kept {root}")
    else:
        shutil.rmtree(root, ignore_errors=True)


def _mounted(folder: Path, size: int) -> Path:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}m,mode=755", "tmpfs", folder], check=True)
    return folder


def _unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", folder], check=False)


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


def _free_ports(many: int) -> list[int]:
    # Below the range from which the system takes the ports of outgoing connections, so that none is taken while we restart.
    found: list[int] = []
    while len(found) < many:
        port = random.randint(14000, 19900)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in found:
                found.append(port)
    return found


def endpoints(place: Place) -> dict[str, object]:
    """Addresses as the command line reads them."""
    return {
        "kafka": place.broker.bootstrap,
        "postgres": {"admin": place.database.admin, **place.database.by_role},
        "keys": {"everything": place.key},
        "services": {service: {"url": place.urls[f"{service}-api"], "work": place.urls[f"{service}-work-1"]} for service in APIS},
    }


def said(place: Place) -> dict[str, str]:
    """What every process has written to its log so far."""
    return {file.stem: file.read_text(errors="replace") for file in sorted(place.folder.logs.glob("*.log"))}


def register(place: Place) -> None:
    """Write the addresses where `regulars` looks for them."""
    place.folder.endpoints.write_text(json.dumps(endpoints(place)))
