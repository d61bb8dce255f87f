"""The manifest that a base backup carries: is every file there, and unchanged? What `pg_verifybackup` does, which the wheel's
binaries do not offer in working order. The log is checked by the recovery itself, at the restore.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

NAME = "backup_manifest"


def damages(cluster: Path) -> list[str]:
    """What is wrong with the files of a base backup; empty when all is well."""
    try:
        content = (cluster / NAME).read_bytes()
        manifest: dict[str, Any] = json.loads(content)
    except (FileNotFoundError, ValueError):
        return [f"{NAME} is missing or cannot be read"]
    # The last line holds the checksum of all that is before it.
    before = content[: content.rindex(b'"Manifest-Checksum"')]
    if hashlib.sha256(before).hexdigest() != manifest["Manifest-Checksum"]:
        return [f"{NAME} has been changed"]
    return [said for entry in manifest["Files"] if (said := _damage(cluster, entry)) is not None]


def _damage(cluster: Path, entry: dict[str, Any]) -> str | None:
    name = entry["Path"] if "Path" in entry else bytes.fromhex(entry["Encoded-Path"]).decode(errors="surrogateescape")
    path = cluster / name
    if not path.is_file():
        return f"{name} is missing"
    if path.stat().st_size != entry["Size"]:
        return f"{name} has another size"
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != entry["Checksum"]:
            return f"{name} has been changed"
    return None
