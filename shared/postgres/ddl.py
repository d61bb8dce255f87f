"""The tables and functions that every service has: the event store, the relay's state, the projections' positions."""

from __future__ import annotations

import re
from pathlib import Path

from shared.postgres.schema import within

_SHARED = Path(__file__).resolve().parent.parent
_FOLDERS = ("event_store", "relay", "projections")
_PIECE = re.compile(r"(\$\w*\$).*?\1|'(?:[^']|'')*'|--[^\n]*|;|[^;$'-]+|.", re.DOTALL)


def mechanism(schema: str) -> list[str]:
    """Statements that make the mechanism's tables, functions and grants in `schema`, in order.

    `{schema}` in the files names the schema and the service's role; `{schema}_rebuild` and `{schema}_reader` its others.
    """
    files = (file for folder in _FOLDERS for file in sorted((_SHARED / folder / "sql").glob("*.sql")))
    return [one for file in files for one in statements(file.read_text(), schema)]


def statements(script: str, schema: str) -> list[str]:
    """Split a script at its semicolons, not at those in bodies of functions, strings and comments."""
    found: list[str] = []
    current: list[str] = []
    for match in _PIECE.finditer(within(schema, script)):
        piece = match.group()
        if piece == ";":
            found.append("".join(current).strip())
            current = []
        elif not piece.startswith("--"):
            current.append(piece)
    found.append("".join(current).strip())
    return [one for one in found if one]
