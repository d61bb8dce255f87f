"""What a list is narrowed to: conditions of one statement, and their values in the order of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Conditions:
    """`values` are the statement's arguments, `sql` is what stands behind WHERE; `{}` in a condition is the place of its value."""

    values: list[object] = field(default_factory=list)
    held: list[str] = field(default_factory=list)

    @property
    def sql(self) -> str:
        return " AND ".join(self.held) or "true"

    def hold(self, condition: str) -> None:
        """A condition without a value; each stands in parentheses, so that an OR inside stays inside."""
        self.held.append(f"({condition})")

    def add(self, condition: str, value: object | None) -> None:
        """One condition; none where nothing is wanted."""
        if value is not None:
            self.values.append(value)
            self.hold(condition.format(f"${len(self.values)}"))

    def add_all(self, conditions: Mapping[str, str], wanted: Mapping[str, object | None]) -> None:
        """The conditions of everything that is wanted, by its name."""
        for name, value in wanted.items():
            if value is not None:
                self.add(conditions[name], value)

    def behind(self, columns: str, place: Sequence[object] | None, *, descending: bool = False) -> None:
        """What follows a row in the order of these columns; everything where there is no place."""
        if place is not None:
            first = len(self.values) + 1
            self.values.extend(place)
            places = ", ".join(f"${n}" for n in range(first, len(self.values) + 1))
            self.hold(f"({columns}) {'<' if descending else '>'} ({places})")
