"""The results of fault tests: one file, `build/chaos.json`, one row for each scenario and seed.

    record("C3 stopped relay", seed=1, runs=20, violations=[], failover_seconds_worst=4.1)

makes or replaces the row

    {"name": "C3 stopped relay", "seed": 1, "runs": 20, "violations": 0, "found": [], "failover_seconds_worst": 4.1}
"""

from __future__ import annotations

import fcntl
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.local.folder import write_file

FILE = Path(__file__).parents[2] / "build" / "chaos.json"
_NAMED = 20


def record(name: str, seed: int, runs: int, violations: Sequence[str], *, file: Path = FILE, **figures: Any) -> None:
    """Keep what a scenario showed: its row is written anew, all others stay. Several processes may record at once.

    `violations` are sentences, one for each breach; the row has their number and the first of them. `figures` are whatever
    else was measured, JSON values, their unit in their name.
    """
    row = {"name": name, "seed": seed, "runs": runs, "violations": len(violations), "found": list(violations[:_NAMED]), **figures}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        others = [known for known in read(file) if (known["name"], known["seed"]) != (name, seed)]
        rows = sorted([*others, row], key=lambda one: (_natural(one["name"]), one["seed"]))
        write_file(file, json.dumps({"scenarios": rows}, indent=1, ensure_ascii=False) + "\n")


def read(file: Path = FILE) -> list[dict[str, Any]]:
    """All rows, by name and seed; none when nothing was recorded yet."""
    if not file.exists():
        return []
    found: list[dict[str, Any]] = json.loads(file.read_text())["scenarios"]
    return found


def _natural(name: str) -> tuple[str, int, str]:
    # C2 stands before C10.
    found = re.match(r"([A-Za-z]*)(\d*)", name)
    assert found is not None
    return (found[1], int(found[2] or 0), name)
