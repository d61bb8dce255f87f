"""Bar 14: an installation that was filled before starts until it answers; then the memory of its processes at rest."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.testing.eventually import eventually
from tests.performance.bench.harness import Case, Figures, Measured, Size, in_turns
from tests.performance.bench.place import Place
from tests.performance.bench.processes import resident_mb

_READY = "are ready"
_PATIENCE_SECONDS = 300.0
_SETTLED_SECONDS = 12.0
_SERVERS = ("postgres", "kafka")


async def measure(place: Place, size: Size) -> list[Measured]:
    folder = place.folder / "installation"
    await _filled(folder, size.of(400, 20))
    largest: list[float] = []
    resident: dict[str, float] = {}

    async def second_start() -> float:
        began = time.perf_counter()
        async with _started(folder):
            took = time.perf_counter() - began
            if not size.small:
                # At rest: what the start has to catch up is caught up, and nothing is asked.
                await asyncio.sleep(_SETTLED_SECONDS)
            processes = json.loads((folder / "processes.json").read_text())
            resident.update({name: round(resident_mb(one["pid"]), 1) for name, one in processes.items()})
        largest.append(max(mb for name, mb in resident.items() if name not in _SERVERS))
        return took

    found = (await in_turns([Case("second start", second_start)], size.rounds))["second start"]
    phases = json.loads((folder / "summary.json").read_text())["seconds"]
    memory = Figures("largest process", tuple(largest[-len(found.rounds) :]))
    return [
        Measured("14a", found, also={"first_start_by_phase_seconds": phases}),
        Measured("14b", memory, also={"resident_mb_at_rest": resident}),
    ]


def _command(folder: Path, *more: str) -> list[str]:
    return [str(Path(sys.executable).with_name("regulars")), "up", "--folder", str(folder), *more]


async def _filled(folder: Path, dealers: int) -> None:
    process = await asyncio.create_subprocess_exec(
        *_command(folder, "--once", "--dealers", str(dealers)), stdout=asyncio.subprocess.DEVNULL, env={**os.environ}
    )
    if await process.wait() != 0:
        raise RuntimeError(f"regulars up ended with {process.returncode}")


@asynccontextmanager
async def _started(folder: Path) -> AsyncIterator[None]:
    """`regulars up` from the moment at which it says that all is ready, ended as by Ctrl-C."""
    log = folder / "up.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(*_command(folder), stdout=output, stderr=output, start_new_session=True)

    async def ready() -> bool:
        if process.returncode is not None:
            raise RuntimeError(f"regulars up has ended:\n{log.read_text()[-2000:]}")
        return _READY in log.read_text()

    try:
        await eventually(ready, timeout=_PATIENCE_SECONDS)
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.wait()
