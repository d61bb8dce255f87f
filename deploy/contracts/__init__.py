"""The published contracts, generated from the event classes: JSON Schemas, the AsyncAPI document, the event catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.contracts.asyncapi import document
from deploy.contracts.catalogue import catalogue
from deploy.contracts.compatibility import Promises, breaks, promises_of
from deploy.contracts.schemas import event_schema
from shared.contracts.event import event_types, retired_types

PROMISES = Path("schemas/promises.json")


class BreakingChange(Exception):
    """What was promised to readers is no longer kept. The message has a line per broken promise."""


def generated() -> Mapping[Path, str]:
    """Every generated file with its content, by its path in the project."""
    schemas = {name: event_schema(cls) for name, cls in sorted(event_types().items())}
    files = {Path("schemas/events") / f"{name}.json": _text(schema) for name, schema in schemas.items()}
    files[Path("asyncapi/regulars.json")] = _text(document(schemas))
    files[Path("docs/events.md")] = catalogue(schemas)
    return files


def current_promises() -> Promises:
    """What the event classes of today promise to whoever reads the topics."""
    return {name: promises_of(event_schema(cls)) for name, cls in sorted(event_types().items())}


def released_promises(root: Path) -> Promises:
    """What was promised up to the last generation. Only ever added to."""
    file = root / PROMISES
    found: Promises = json.loads(file.read_text()) if file.exists() else {}
    return found


def write(root: Path) -> list[Path]:
    """Write what has changed and return it. Raises BreakingChange, and writes nothing, when a promise is broken."""
    before, now = released_promises(root), current_promises()
    if broken := breaks(before, now, retired_types()):
        raise BreakingChange("\n".join(broken))
    files = {**generated(), PROMISES: _text({**before, **now})}
    changed = [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path])
    return changed


def stale(root: Path) -> list[Path]:
    """Committed files that are not what the event classes of today generate."""
    files = {**generated(), PROMISES: _text({**released_promises(root), **current_promises()})}
    return [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
