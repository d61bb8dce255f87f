"""The folder of a local installation: one data set with its anchor day, secrets, logs, addresses."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class DataSet:
    """What the folder holds: a sample (its seed and number of dealers) or a file (its path and the hash of its content).

    Its trade ends on the anchor day. `secured`: its broker asks everybody who they are. `done` are the steps of loading that are done, `ports` those of the processes.
    """

    anchor: date
    seed: int | None = None
    dealers: int = 0
    file: str | None = None
    digest: str | None = None
    secured: bool = False
    done: tuple[str, ...] = ()
    ports: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"a sample of {self.dealers} dealers, seed {self.seed}" if self.file is None else f"the file {Path(self.file).name}"
        )


class Folder:
    """Paths of one local installation, and its small files. Nothing is created before it is written."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.secrets = self.root / "secrets"
        self.seals = self.root / "seals"
        self.logs = self.root / "logs"
        self.traces = self.root / "traces"
        self.postgres = self.root / "postgres"
        self.kafka = self.root / "kafka"
        self.kafka_access = self.secrets / "kafka"
        self.endpoints = self.root / "endpoints.json"
        self.summary = self.root / "summary.json"
        self.processes = self.root / "processes.json"
        self.lock = self.root / "running.lock"
        self.restoring = self.root / "restoring"
        self._data_set = self.root / "data-set.json"

    def data_set(self) -> DataSet | None:
        """What has been loaded here; None for a new folder."""
        if not self._data_set.exists():
            return None
        found = json.loads(self._data_set.read_text())
        return DataSet(**{**found, "anchor": date.fromisoformat(found["anchor"]), "done": tuple(found["done"])})

    def keep(self, data_set: DataSet) -> None:
        write_file(self._data_set, json.dumps({**asdict(data_set), "anchor": str(data_set.anchor)}, indent=2) + "\n")

    def read_endpoints(self) -> dict[str, Any]:
        """Addresses and try-out keys. Raises FileNotFoundError when nothing was ever started here."""
        found: dict[str, Any] = json.loads(self.endpoints.read_text())
        return found

    def passwords(self, roles: Iterable[str]) -> dict[str, str]:
        """Passwords of database roles, made at their first use and kept for ever."""
        file = self.secrets / "postgres.json"
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = [role for role in roles if role not in found]
        if missing:
            found |= {role: secrets.token_hex(24) for role in missing}
            write_file(file, json.dumps(found, indent=2) + "\n", 0o600)
        return found


def write_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Replace a file in one step, so that a reader sees the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(staged, path)
