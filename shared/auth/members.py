"""Members: whom the identity provider may vouch for. Its tokens say who calls; what that one may do stands here, with us."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import msgspec

from shared.auth.keys import MemberEntry, changing, principal_of, read_file, well_formed, write_file


def add_member(
    path: Path,
    subject: str,
    *,
    name: str,
    principal: UUID,
    role: str,
    person: str | None = None,
    scopes: Iterable[str] = (),
    limit_per_minute: int | None = None,
) -> None:
    """Admit a subject of the identity provider, or admit it anew in another role.

    Raises ValueError for an unknown role, a role without its person, a malformed scope or one beyond the role, and no subject.
    """
    if not 0 < len(subject) <= 255:
        raise ValueError("a subject has 1 to 255 characters")
    entry = MemberEntry(
        subject=subject,
        name=name,
        principal=principal,
        role=role,
        person=person,
        scopes=well_formed(scopes),
        limit_per_minute=limit_per_minute,
    )
    principal_of(entry)
    with changing(path) as found:
        others = tuple(one for one in found.members if one.subject != subject)
        write_file(path, msgspec.structs.replace(found, members=(*others, entry)))


def withdraw_member(path: Path, subject: str) -> bool:
    """Admit a subject no longer; False when it was not admitted."""
    with changing(path) as found:
        left = tuple(one for one in found.members if one.subject != subject)
        write_file(path, msgspec.structs.replace(found, members=left))
        return len(left) < len(found.members)


def read_members(path: Path) -> tuple[MemberEntry, ...]:
    """All members of a file; none when there is no file yet."""
    return read_file(path).members
