"""Whole installations on this machine: real processes, a small sample."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.e2e.installations import DEALERS, PATIENCE_SECONDS, SEED, Installation, environment, up_once


@pytest.fixture(scope="session")
def on_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with a real broker, its warnings out. Ctrl-C ends it, and nothing of it stays."""
    folder = tmp_path_factory.mktemp("on-kafka") / "regulars"
    said = folder.parent / "said.txt"
    command = [sys.executable, "-m", "deploy.cli", "up", "--seed", str(SEED), "--dealers", str(DEALERS), "--traces"]
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
        started = [entry["pid"] for entry in json.loads((folder / "processes.json").read_text()).values()]
        process.send_signal(signal.SIGINT)
        status = process.wait(60)
    assert status == 0
    assert [pid for pid in started if psutil.pid_exists(pid)] == []


@pytest.fixture(scope="session")
def on_stores(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation without a broker that ran once."""
    folder = tmp_path_factory.mktemp("on-stores") / "regulars"
    done = up_once(folder, "--no-kafka", "--seed", str(SEED), "--dealers", str(DEALERS))
    assert done.returncode == 0, done.stdout + done.stderr
    return Installation(folder)


def _let_it_work() -> None:
    # The processes under test have this machine's cores to themselves meanwhile.
    signal.sigtimedwait([], 0.2)
