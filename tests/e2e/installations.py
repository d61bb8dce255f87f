"""Installations as a user starts them, and the command that works on them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
SEED, DEALERS = 1, 20
PATIENCE_SECONDS = 240.0


@dataclass(frozen=True)
class Installation:
    """A folder with its data; `process` where it is running."""

    folder: Path
    process: subprocess.Popen[str] | None = None

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return found

    @property
    def endpoints(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "endpoints.json").read_text())
        return found


def regulars(folder: Path, *arguments: str, patience: float = PATIENCE_SECONDS) -> subprocess.CompletedProcess[str]:
    """Run the command on a folder and wait for its end."""
    command = [sys.executable, "-m", "deploy.cli", *arguments]
    return subprocess.run(
        command, cwd=folder.parent, env=environment(folder), capture_output=True, text=True, timeout=patience, check=False
    )


def environment(folder: Path) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("ONCE", "SEED", "DATA", "FRESH", "KAFKA", "DEALERS", "SECURED")
    }
    # Where traces are on at all, those that a caller marks.
    return {**kept, "REGULARS_FOLDER": str(folder), "PYTHONPATH": str(ROOT), "OTEL_TRACES_SAMPLER": "parentbased_always_off"}


def up_once(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return regulars(folder, "up", "--once", *arguments)


@contextmanager
def kept_up(folder: Path, *arguments: str) -> Iterator[Installation]:
    """A running installation, its warnings out. Ctrl-C ends it, and nothing of it stays."""
    said = folder.parent / "said.txt"
    command = [sys.executable, "-m", "deploy.cli", "up", *arguments]
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=folder.parent, env=environment(folder), stdout=output, stderr=output, text=True)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (folder / "summary.json").exists():
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline, said.read_text()
            _let_it_work()
        yield Installation(folder, process)
    finally:
        register = folder / "processes.json"
        started = [entry["pid"] for entry in json.loads(register.read_text()).values()] if register.exists() else []
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert status == 0
    assert [pid for pid in started if psutil.pid_exists(pid)] == []


def _let_it_work() -> None:
    # The processes under test have this machine's cores to themselves meanwhile.
    signal.sigtimedwait([], 0.2)
