"""Keeps the processes of a local installation running: what exits is started again, and all is stopped at the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.local.folder import write_file

_GRACE_SECONDS = 12.0
_STEADY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Program:
    """A process to keep: its name, the module and argument to run, its environment beyond ours."""

    name: str
    module: str
    argument: str
    environment: Mapping[str, str]


@dataclass
class Supervisor:
    """Starts programs and starts them again when they exit, sooner at first and every five seconds at last.

    Each has a session of its own, so that Ctrl-C reaches us alone and we stop them in good order. Their ids stand in
    `register`, for whoever has to clean up after us.
    """

    logs: Path
    register: Path
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _pids: dict[str, int] = field(default_factory=dict)
    restarts: dict[str, int] = field(default_factory=dict)

    def start(self, program: Program) -> None:
        self._tasks[program.name] = asyncio.create_task(self._keep(program), name=program.name)

    def pids(self) -> dict[str, int]:
        """Ids of the processes that run at this moment, by name."""
        return dict(self._pids)

    def note(self, name: str, pid: int) -> None:
        """Enter a process that somebody else starts and stops."""
        self._pids[name] = pid
        self._write()

    async def stop(self) -> None:
        """End all programs: asked first, and killed after twelve seconds."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        self.register.unlink(missing_ok=True)

    async def _keep(self, program: Program) -> None:
        pause = 0.2
        self.logs.mkdir(parents=True, exist_ok=True)
        while True:
            began = time.monotonic()
            with (self.logs / f"{program.name}.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    program.module,
                    program.argument,
                    env={**os.environ, **program.environment},
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            self._pids[program.name] = process.pid
            self._write()
            try:
                await process.wait()
            except asyncio.CancelledError:
                await _ended(process)
                raise
            self.restarts[program.name] = self.restarts.get(program.name, 0) + 1
            pause = 0.2 if time.monotonic() - began > _STEADY_SECONDS else min(pause * 2, 5.0)
            await asyncio.sleep(pause)

    def _write(self) -> None:
        born = {}
        for name, pid in self._pids.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                born[name] = {"pid": pid, "born": psutil.Process(pid).create_time()}
        write_file(self.register, json.dumps(born, indent=2) + "\n")


async def _ended(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(_GRACE_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def end_left_over(register: Path) -> list[str]:
    """End what an earlier supervisor, itself killed, left running. Returns the names of what was found."""
    if not register.exists():
        return []
    found = {}
    for name, entry in json.loads(register.read_text()).items():
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(entry["pid"])
            # The number may have been given to somebody else meanwhile; the time of birth tells.
            if abs(process.create_time() - entry["born"]) < 1:
                found[name] = process
    for process in found.values():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(list(found.values()), timeout=_GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    register.unlink(missing_ok=True)
    return sorted(found)
