"""Copies of the code with a bug in them, and running what should find it there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.chaos.mutants.bugs import SIMULATION, Bug

ROOT = Path(__file__).parents[3]
SECONDS = 600


class Told(NamedTuple):
    """Whether a bug was found, and by what words."""

    found: bool
    how: str


def copied(folder: Path) -> Path:
    """The code as it lies here, without what is made of it."""
    left_out = shutil.ignore_patterns("__pycache__", ".git", ".venv", ".regulars", "build", ".*_cache")
    shutil.copytree(ROOT, folder, ignore=left_out, dirs_exist_ok=True)
    return folder


def put_in(folder: Path, bug: Bug) -> None:
    """Raises ValueError when a text does not stand there exactly once: the bug must follow the code."""
    for change in bug.changes:
        file = folder / change.file
        text = file.read_text()
        if text.count(change.before) != 1:
            raise ValueError(f"bug {bug.number}: {change.file} has {text.count(change.before)} times {change.before!r}")
        file.write_text(text.replace(change.before, change.after))


def seek(folder: Path, bug: Bug, schedules: int) -> Told:
    """Put the bug into the copy and run what must find it."""
    put_in(folder, bug)
    if bug.found_by == SIMULATION:
        command = [sys.executable, "-m", "tests.chaos.simulation.first_found", str(schedules)]
    else:
        command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider", bug.found_by]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    if bug.found_by == SIMULATION:
        if done.returncode not in (0, 1) or not lines:
            raise RuntimeError(f"bug {bug.number}: the simulation did not run: {done.stderr[-2000:]}")
        return Told(done.returncode == 1, lines[-1])
    # 1: tests failed. Anything else says that they did not run.
    if done.returncode not in (0, 1):
        raise RuntimeError(f"bug {bug.number}: the tests did not run: {done.stdout[-2000:]}{done.stderr[-1000:]}")
    failed = [line for line in lines if line.startswith("FAILED")]
    return Told(done.returncode == 1 and bool(failed), failed[0][:200] if failed else lines[-1][:200])
