"""Processes beside ours: baselines that serve HTTP, and what processes cost."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from shared.testing.eventually import eventually
from tests.performance.bench.place import ended, free_port


@dataclass(frozen=True, slots=True)
class Served:
    """A process that answers on `url`."""

    url: str
    pid: int


@asynccontextmanager
async def module_process(module: str, kind: str, *more: str) -> AsyncIterator[Served]:
    """Run `python -m module kind <port> ...` until it listens, and end it."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, kind, str(port), *more)

    async def listens() -> bool:
        if process.returncode is not None:
            raise RuntimeError(f"{module} {kind} has ended with {process.returncode}")
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await eventually(listens, timeout=30)
        yield Served(f"http://127.0.0.1:{port}", process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await ended(process)


def cpu_seconds(pid: int, children: bool = False) -> float:
    """User and system time of a process, with those of its living children where asked."""
    process = psutil.Process(pid)
    every = [process, *process.children(recursive=True)] if children else [process]
    return float(sum(one.cpu_times().user + one.cpu_times().system for one in every))


def resident_mb(pid: int) -> float:
    """Resident memory in millions of bytes."""
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def tree_bytes(folder: Path) -> int:
    """Bytes that the files below a folder take on the disk: files made longer than they are filled count by what is filled."""
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
