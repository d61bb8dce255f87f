"""The OpenAPI documents of the four services, as their code makes them."""

from __future__ import annotations

import importlib
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from shared.auth.keys import write_keys
from shared.contracts.topics import SERVICES
from shared.privacy.secrets import make_secrets

FOLDER = Path("openapi")


@cache
def documents() -> dict[str, dict[str, Any]]:
    """By service. They depend on the code alone: settings, secrets and keys leave no trace in them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_secrets(folder)
        write_keys(folder / "keys.json", ())
        return {service: _document(service, folder) for service in SERVICES}


def _document(service: str, folder: Path) -> dict[str, Any]:
    settings = importlib.import_module(f"services.{service}.settings").Settings
    wiring = importlib.import_module(f"services.{service}.wiring")
    app = wiring.build_api(settings(dsn="postgresql://nowhere", secrets=folder, keys_file=folder / "keys.json"))
    found: dict[str, Any] = app.openapi()
    return found
