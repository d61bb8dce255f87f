"""API keys and members of an installation."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID, uuid5

from shared.auth.keys import make_key
from shared.auth.members import add_member
from shared.auth.scopes import SCOPES
from shared.privacy.secrets import load_secrets

FILE = "keys.json"
_PRINCIPALS = UUID("0b7f7c9e-50a4-5d0a-8a35-9f3a31f1d9ce")


def new_key(
    secrets: Path,
    env: str,
    name: str,
    scopes: Iterable[str] = (),
    limit_per_minute: int | None = None,
    role: str | None = None,
    person: str | None = None,
) -> str:
    """Add a key to the installation's file and return it raw; the same name is the same principal.

    Raises ValueError for an unknown scope, and where `make_key` does.
    """
    return make_key(
        env,
        secrets / FILE,
        load_secrets(secrets).pepper,
        name=name,
        scopes=_known(scopes),
        principal=principal_of_name(name),
        limit_per_minute=limit_per_minute,
        role=role,
        person=person,
    )


def new_member(
    secrets: Path,
    subject: str,
    name: str,
    role: str,
    person: str | None = None,
    scopes: Iterable[str] = (),
    limit_per_minute: int | None = None,
) -> None:
    """Admit a subject of the identity provider; the same name is the same principal, with a key too. Raises ValueError as `new_key`."""
    add_member(
        secrets / FILE,
        subject,
        name=name,
        principal=principal_of_name(name),
        role=role,
        person=person,
        scopes=_known(scopes),
        limit_per_minute=limit_per_minute,
    )


def principal_of_name(name: str) -> UUID:
    """The principal of a client or person of this name."""
    return uuid5(_PRINCIPALS, name)


def _known(scopes: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(scopes)
    if unknown := set(wanted) - set(SCOPES):
        raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
    return wanted
