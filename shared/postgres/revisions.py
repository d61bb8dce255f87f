"""Which revision a service's schema has to be at, read from the text of its migrations.

Asking the tool that runs them would cost every process 30 MB and a second of its start.
"""

from __future__ import annotations

import re
from pathlib import Path

_SERVICES = Path(__file__).resolve().parent.parent.parent / "services"
_LINK = re.compile(r'^(revision|down_revision) = "(\w+)"$', re.MULTILINE)


def migrations_folder(service: str) -> Path:
    return _SERVICES / service / "migrations"


def head_revision(service: str) -> str:
    """The newest revision in the service's tree. Raises ValueError when there is none, or two."""
    links: list[tuple[str, str]] = [
        link for file in migrations_folder(service).glob("versions/*.py") for link in _LINK.findall(file.read_text())
    ]
    older = {revision for name, revision in links if name == "down_revision"}
    heads = [revision for name, revision in links if name == "revision" and revision not in older]
    if len(heads) != 1:
        raise ValueError(f"{service} has {', '.join(sorted(heads)) or 'no migrations'} where one newest revision is needed")
    return heads[0]
