"""Where it is measured: a PostgreSQL and a Kafka of our own in a temporary folder, and processes of the services as in production."""

from __future__ import annotations

import asyncio
import itertools
import os
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy.keys import new_key
from deploy.local import kafka
from deploy.local.jvm import java_or_installed
from shared.auth.scopes import SCOPES
from shared.contracts.cursor import PARTS
from shared.kafka.admin import create_topics, delete_topics
from shared.kafka.settings import KafkaSettings
from shared.privacy.secrets import make_secrets
from shared.testing.databases import Cluster, Database, create_test_database, drop_test_database, running_cluster
from shared.testing.eventually import eventually

_START_SECONDS = 150.0
_END_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Running:
    """Processes of services that run: `urls` by service (`cards`), `pids` by process (`cards-api`), a key with every scope; `folder` holds their secrets."""

    urls: Mapping[str, str]
    pids: Mapping[str, int]
    key: str
    folder: Path


@dataclass
class Place:
    """`folder` is empty and goes at the end. Kafka starts when it is first asked for."""

    folder: Path
    cluster: Cluster
    _ends: AsyncExitStack
    _broker: kafka.Broker | None = None
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """A fresh database with every migration: `database.dsn("cards")`, `database.dsn("postgres")` for the superuser."""
        database = await create_test_database(self.cluster)
        try:
            yield database
        finally:
            await drop_test_database(database)

    async def bootstrap(self) -> str:
        """Address of the broker."""
        if self._broker is None:
            await asyncio.to_thread(java_or_installed)
            self._broker = kafka.start(self.folder / "kafka", heap_mb=1024, fast_jvm=True, dies_with_us=True)
            self._ends.callback(self._broker.stop)
        return self._broker.bootstrap

    @property
    def kafka_data(self) -> Path:
        """Where the broker keeps its topics, a folder each part."""
        return self.folder / "kafka" / "data"

    @asynccontextmanager
    async def topics(self, parts: int = PARTS) -> AsyncIterator[KafkaSettings]:
        """Settings with a prefix of their own; all our topics exist and are empty."""
        settings = KafkaSettings(await self.bootstrap(), prefix=f"bench{next(self._numbers)}.")
        await create_topics(settings, parts)
        try:
            yield settings
        finally:
            await delete_topics(settings)

    @asynccontextmanager
    async def processes(
        self, database: Database, programs: Sequence[str], topics: KafkaSettings | None = None
    ) -> AsyncIterator[Running]:
        """Run `cards-api`, `alerts-work`, ... as processes until they are ready; without topics on the feed of the stores."""
        folder = self.folder / f"run{next(self._numbers)}"
        make_secrets(folder)
        key = new_key(folder, "local", "bench", SCOPES)
        ports = {name: free_port() for name in programs}
        started: dict[str, asyncio.subprocess.Process] = {}
        try:
            for name in programs:
                environment = _environment(name, database, folder, topics, ports[name])
                with (folder / f"{name}.log").open("ab") as log:
                    started[name] = await asyncio.create_subprocess_exec(
                        sys.executable,
                        *("-m", f"services.{name.partition('-')[0]}", name.partition("-")[2]),
                        env={**os.environ, **environment},
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                    )
            for name, port in ports.items():
                await _ready(name, port, folder, started[name])
            urls = {name.partition("-")[0]: f"http://127.0.0.1:{port}" for name, port in ports.items() if name.endswith("-api")}
            yield Running(urls, {name: process.pid for name, process in started.items()}, key, folder)
        finally:
            for process in started.values():
                if process.returncode is None:
                    process.terminate()
            for process in started.values():
                await ended(process)


@asynccontextmanager
async def own_place(folder: Path) -> AsyncIterator[Place]:
    """A place with a server of PostgreSQL; all of it is stopped at the end."""
    async with AsyncExitStack() as ends:
        cluster = await ends.enter_async_context(running_cluster())
        yield Place(folder, cluster, ends)


def _environment(name: str, database: Database, folder: Path, topics: KafkaSettings | None, port: int) -> dict[str, str]:
    service, _, verb = name.partition("-")
    settings = {
        "DSN": database.dsn(service),
        "REBUILD_DSN": database.dsn(f"{service}_rebuild"),
        "FEED": "store" if topics is None else "kafka",
        "KAFKA_BOOTSTRAP": "" if topics is None else topics.bootstrap,
        "KAFKA_PREFIX": "" if topics is None else topics.prefix,
        "PORT" if verb == "api" else "WORK_PORT": str(port),
        "SECRETS": str(folder),
        "KEYS_FILE": str(folder / "keys.json"),
        "POOL_SIZE": "16",
    }
    return {f"{service.upper()}_{setting}": value for setting, value in settings.items()}


async def _ready(name: str, port: int, folder: Path, process: asyncio.subprocess.Process) -> None:
    path = "readyz" if name.endswith("-api") else "livez"
    async with httpx.AsyncClient(trust_env=False) as client:

        async def answers() -> bool:
            if process.returncode is not None:
                raise RuntimeError(f"{name} has ended:\n{(folder / f'{name}.log').read_text()[-2000:]}")
            try:
                return (await client.get(f"http://127.0.0.1:{port}/{path}")).status_code == 200
            except httpx.HTTPError:
                return False

        await eventually(answers, timeout=_START_SECONDS)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Wait until a process that was told to end has done so, and make it after fifteen seconds."""
    try:
        async with asyncio.timeout(_END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
