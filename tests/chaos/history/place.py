"""A service as it runs, for a history: PostgreSQL, two processes `api` that share it, and one `work`, started and ended here."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from deploy.keys import new_key
from shared.auth.scopes import SCOPES
from shared.privacy.secrets import make_secrets
from shared.testing.databases import Database

_START_SECONDS = 60.0


@dataclass
class Place:
    """`ports` are those of the processes `api`; `key` opens everything."""

    database: Database
    folder: Path
    key: str = ""
    ports: list[int] = field(default_factory=list)
    _processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)

    async def start(self, name: str) -> None:
        """Start `api-<n>` or `work`, on the port that it had before."""
        port = self._ports.setdefault(name, _free_port())
        settings = {
            "DSN": self.database.dsn("cards"),
            "FEED": "store",
            "PORT": str(port),
            "WORK_PORT": str(port),
            "SECRETS": str(self.folder),
            "KEYS_FILE": str(self.folder / "keys.json"),
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "services.cards",
                name.partition("-")[0],
                env={**os.environ, **{f"CARDS_{key}": value for key, value in settings.items()}},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def ready(self) -> None:
        """Wait until all processes answer. Raises TimeoutError with the end of a log."""
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient(timeout=2) as client:
            for name, port in self._ports.items():
                while True:
                    with suppress(httpx.TransportError):
                        if (await client.get(f"http://127.0.0.1:{port}/livez")).status_code == 200:
                            break
                    if time.monotonic() > deadline:
                        raise TimeoutError((self.folder / f"{name}.log").read_text()[-2000:])
                    await asyncio.sleep(0.05)

    async def kill(self, name: str) -> None:
        """End a process with SIGKILL, and start it again."""
        self._processes[name].send_signal(signal.SIGKILL)
        await self._processes[name].wait()
        await self.start(name)

    async def end(self) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def cpu_seconds(self) -> dict[str, float]:
        """What each process has taken of the machine so far, its children included; a killed one begins anew."""
        found = {name: _cpu(psutil.Process(process.pid)) for name, process in self._processes.items()}
        server = psutil.Process(self.database.cluster.pid)
        backends = sum(_cpu(one) for one in server.children(recursive=True))
        return found | {"postgres": _cpu(server) + backends, "clients": _cpu(psutil.Process())}

    def errors(self) -> list[str]:
        """Lines of the logs that say ERROR."""
        found = []
        for name in self._processes:
            for line in (self.folder / f"{name}.log").read_text(errors="replace").splitlines():
                if '"level":"error"' in line.replace(" ", "").lower() or line.startswith("Traceback"):
                    found.append(f"{name}: {line[:300]}")
        return found


@asynccontextmanager
async def serving(database: Database, folder: Path, apis: int) -> AsyncIterator[Place]:
    """The service with so many processes `api` on this database."""
    make_secrets(folder)
    (folder / "keys.json").write_text(json.dumps({"keys": []}))
    place = Place(database, folder, new_key(folder, "local", "clients", SCOPES))
    names = [f"api-{n}" for n in range(apis)]
    try:
        for name in (*names, "work"):
            await place.start(name)
        place.ports = [place._ports[name] for name in names]
        await place.ready()
        yield place
    finally:
        await place.end()


def _cpu(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
