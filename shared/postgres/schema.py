"""Naming a service's schema inside a statement."""

from __future__ import annotations

import re
from functools import lru_cache

_IDENTIFIER = re.compile(r"[a-z][a-z_]{0,40}")


@lru_cache(maxsize=1024)
def within(schema: str, sql: str) -> str:
    """The statement with every `{schema}` replaced. Raises ValueError when `schema` is no plain identifier."""
    if not _IDENTIFIER.fullmatch(schema):
        raise ValueError(f"{schema!r} is no schema name")
    return sql.replace("{schema}", schema)
