"""The published contracts, generated from the code: of events JSON Schemas, the AsyncAPI document and the catalogue; of HTTP the
OpenAPI documents and the Python client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.contracts import http_compatibility, http_corrections, http_promises
from deploy.contracts.asyncapi import document
from deploy.contracts.catalogue import catalogue
from deploy.contracts.client import modules
from deploy.contracts.compatibility import Promises, breaks, promises_of
from deploy.contracts.http import FOLDER, documents
from deploy.contracts.schemas import event_schema
from shared.contracts.event import event_types, retired_types

PROMISES = Path("schemas/promises.json")
HTTP_PROMISES = FOLDER / "promises.json"
HTTP_CORRECTIONS = FOLDER / "corrections.json"


class BreakingChange(Exception):
    """What was promised to readers is no longer kept. The message has a line per broken promise."""


def generated() -> Mapping[Path, str]:
    """Every generated file with its content, by its path in the project."""
    schemas = {name: event_schema(cls) for name, cls in sorted(event_types().items())}
    files = {Path("schemas/events") / f"{name}.json": _text(schema) for name, schema in schemas.items()}
    files[Path("asyncapi/regulars.json")] = _text(document(schemas))
    files[Path("docs/events.md")] = catalogue(schemas)
    files |= {FOLDER / f"{service}.json": _text(found) for service, found in documents().items()}
    return files | modules(documents())


def current_promises() -> Promises:
    """What the event classes of today promise to whoever reads the topics."""
    return {name: promises_of(event_schema(cls)) for name, cls in sorted(event_types().items())}


def released_promises(root: Path) -> Promises:
    """What was promised up to the last generation. Only ever added to."""
    file = root / PROMISES
    found: Promises = json.loads(file.read_text()) if file.exists() else {}
    return found


def current_http_promises() -> http_promises.Promises:
    """What the routes of today promise to callers."""
    return {
        f"{service} {name}": lines
        for service, found in documents().items()
        for name, lines in http_promises.promises_of(found).items()
    }


def released_http_promises(root: Path) -> http_promises.Promises:
    """What was promised to callers up to the last generation."""
    file = root / HTTP_PROMISES
    found: http_promises.Promises = json.loads(file.read_text()) if file.exists() else {}
    return found


def broken_promises(root: Path) -> list[str]:
    """A line for each promise to readers of topics, or to callers, that the code of today does not keep."""
    of_events = breaks(released_promises(root), current_promises(), retired_types())
    to_callers = http_corrections.corrected(released_http_promises(root), http_corrections.read(root / HTTP_CORRECTIONS))
    return of_events + http_compatibility.breaks(to_callers, current_http_promises(), datetime.now(UTC).date())


def write(root: Path) -> list[Path]:
    """Write what has changed and return it. Raises BreakingChange, and writes nothing, when a promise is broken."""
    if broken := broken_promises(root):
        raise BreakingChange("\n".join(broken))
    files = _all(root)
    changed = [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path])
    return changed


def stale(root: Path) -> list[Path]:
    """Committed files that are not what the code of today generates."""
    files = _all(root)
    return [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]


def _all(root: Path) -> dict[Path, str]:
    # An operation whose sunset is over is forgotten; an event type never is, because logs hold it.
    promised = {**released_promises(root), **current_promises()}
    return {**generated(), PROMISES: _text(promised), HTTP_PROMISES: _text(current_http_promises())}


def _text(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
