"""How a test tells `make trust` what it has counted."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE = "REGULARS_TRUST_COUNTS"
"""The variable that names the file of the counts; without it nothing is kept."""


def counted(**counts: int | str) -> None:
    """Keep figures for the line of this part, such as `counted(requests=5120, leaks=0)`. What is kept twice is added up."""
    if file := os.environ.get(FILE):
        with Path(file).open("a") as out:
            out.write(json.dumps(counts) + "\n")


def read_counts(file: Path) -> dict[str, int | str]:
    """Everything that was kept in a file: numbers are added up, of texts the last one stands."""
    found: dict[str, int | str] = {}
    for line in file.read_text().splitlines() if file.exists() else ():
        for name, value in json.loads(line).items():
            before = found.get(name, 0)
            found[name] = before + value if isinstance(value, int) and isinstance(before, int) else value
    return found
