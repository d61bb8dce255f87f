"""What a handler answers, apart from HTTP: it is stored with the command, and given again when the command is repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.web.problem import Problem


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` holds no personal data, because it is stored in the clear. `version` is of the stream that the command wrote,
    `position` the place after its last event (`<topic>/<part>/<cursor>`), `location` the path of what it made.
    """

    status: int
    body: Mapping[str, Any] | None = None
    version: int | None = None
    position: str | None = None
    location: str | None = None
    replayed: bool = False

    @classmethod
    def of(cls, problem: Problem) -> Answer:
        """A refusal as an answer, for storing it."""
        return cls(problem.status, problem.body())

    @classmethod
    def read(cls, status: int, stored: Mapping[str, Any]) -> Answer:
        """The stored answer to a repeated command."""
        return cls(
            status, stored.get("body"), stored.get("version"), stored.get("position"), stored.get("location"), replayed=True
        )

    def stored(self) -> dict[str, Any]:
        """What to store: everything but the status, which has a column of its own. Absent members are left out."""
        members = {"body": self.body, "version": self.version, "position": self.position, "location": self.location}
        return {name: value for name, value in members.items() if value is not None}
