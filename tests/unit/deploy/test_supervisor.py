"""Processes are kept, stopped, and cleaned up after a supervisor that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from deploy.local.supervisor import Program, Supervisor, end_left_over
from shared.testing.eventually import eventually

SLEEPER = "import signal; print('up', flush=True); signal.pause()"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "sleeper"


async def test_what_is_killed_is_started_again_and_everything_stops_at_the_end(tmp_path: Path, module: str) -> None:
    supervisor = Supervisor(tmp_path / "logs", tmp_path / "processes.json")
    supervisor.start(Program("one", module, "work", {}))

    async def first() -> int | None:
        return supervisor.pids().get("one")

    pid = await eventually(first)
    os.kill(pid, signal.SIGKILL)

    async def another() -> bool:
        return supervisor.pids()["one"] != pid

    await eventually(another)
    again = supervisor.pids()["one"]
    assert json.loads((tmp_path / "processes.json").read_text())["one"]["pid"] == again
    await supervisor.stop()
    assert not psutil.pid_exists(again)
    assert not (tmp_path / "processes.json").exists()


def test_left_over_processes_are_ended_and_others_of_the_same_number_are_not(tmp_path: Path) -> None:
    register = tmp_path / "processes.json"
    ours = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    other = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    try:
        register.write_text(
            json.dumps(
                {
                    "ours": {"pid": ours.pid, "born": psutil.Process(ours.pid).create_time()},
                    "other": {"pid": other.pid, "born": psutil.Process(other.pid).create_time() - 100},
                }
            )
        )
        assert end_left_over(register) == ["ours"]
        assert not psutil.pid_exists(ours.pid)
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.wait()
