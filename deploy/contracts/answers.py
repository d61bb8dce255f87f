"""What each operation answers, by status: a schema of the answer with an example, or the codes of the problems. Kept beside the routes
of a service.

Tests compare every answer that they get with it. What the tests of a new route have been answered is written down by them
(`REGULARS_ANSWERS=build/answers pytest ...`) and taken over from there; from then on it is a promise.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from deploy.contracts.examples import example_of
from deploy.contracts.shapes import schema_of
from shared.contracts.topics import SERVICES

Answers = dict[str, dict[str, Any]]
"""By operation, then by status."""


def file_of(root: Path, service: str) -> Path:
    return root / "services" / service / "api" / "answers.json"


def take_over(root: Path, folder: Path) -> list[Path]:
    """Widen what is kept by what tests have written down in `folder`. The files that have changed."""
    changed = []
    for service in SERVICES:
        file = file_of(root, service)
        before = file.read_text() if file.exists() else "{}"
        found = _widened(json.loads(before), folder, service)
        text = json.dumps(found, ensure_ascii=False, indent=1) + "\n"
        if found and text != before:
            file.write_text(text)
            changed.append(file)
    return changed


def _widened(before: Answers, folder: Path, service: str) -> Answers:
    seen: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for file in sorted(folder.glob(f"{service}-*.jsonl")):
        for line in file.read_text().splitlines():
            operation, status, value = json.loads(line)
            seen[operation, status].append(value)
    made: Answers = {name: dict(statuses) for name, statuses in before.items()}
    for (operation, status), values in seen.items():
        statuses = made.setdefault(operation, {})
        if status.endswith("headers"):
            statuses[status] = sorted({*statuses.get(status, ()), *(name for names in values for name in names)})
        elif status >= "400":
            statuses[status] = sorted({*statuses.get(status, ()), *values})
        else:
            statuses[status] = schema_of(values, statuses.get(status))
            statuses.setdefault(f"{status} example", example_of(values))
    return {name: dict(sorted(made[name].items())) for name in sorted(made)}
