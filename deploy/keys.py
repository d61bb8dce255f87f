"""API keys of an installation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid5

from shared.auth.keys import make_key
from shared.auth.scopes import SCOPES
from shared.privacy.secrets import load_secrets

_PRINCIPALS = UUID("0b7f7c9e-50a4-5d0a-8a35-9f3a31f1d9ce")


def new_key(secrets: Path, env: str, name: str, scopes: Iterable[str], limit_per_minute: int | None = None) -> str:
    """Add a key to the installation's file and return it raw; the same name is the same principal. Raises ValueError for an unknown scope."""
    wanted = tuple(scopes)
    if unknown := set(wanted) - set(SCOPES):
        raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
    return make_key(
        env,
        secrets / "keys.json",
        load_secrets(secrets).pepper,
        name=name,
        scopes=wanted,
        principal=uuid5(_PRINCIPALS, name),
        limit_per_minute=limit_per_minute,
    )
