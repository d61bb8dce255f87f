"""Who calls, and what that caller may do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from shared.auth.rows import EVERYBODY, Rows


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. Two live keys of one client have the same id.

    `key_id` is whose calls are counted together. No limit per minute means that none is kept. `person_id` is the person of
    the sales organisation behind the caller, by the company's own id. `role` is None where scopes were given one by one.
    """

    id: UUID
    name: str
    scopes: frozenset[str]
    key_id: str = ""
    limit_per_minute: int | None = None
    person_id: str | None = None
    rows: Rows = EVERYBODY
    role: str | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    def without(self, scope: str) -> Principal:
        """The same caller, less able."""
        return replace(self, scopes=self.scopes - {scope})
