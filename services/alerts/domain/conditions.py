"""What a level of a rule asks for, what is there, and by how much it is missing: the answer to "why was nothing said?"."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

from services.alerts.domain.figures import decimal_text
from shared.contracts.alerts import Level

Number = TypeVar("Number", Decimal, float)
PLACES = 4
ALL = ""
"""Channel of what is asked before there is any channel to judge."""


class Condition(NamedTuple):
    """One condition of one level: `value` has to be at least, or at most, what is `needed`; `missing` is how far it is off.

    Numbers that are not whole are decimal strings. `needed` None: no passing of time brings it about. `missing` None: the
    condition holds.
    """

    channel: str
    level: Level
    code: str
    sentence: str
    value: str | int
    test: Literal["at_least", "at_most"]
    needed: str | int | None
    missing: str | int | None

    @property
    def holds(self) -> bool:
        return self.needed is not None and self.missing is None


def at_least(channel: str, level: Level, code: str, sentence: str, value: Number, line: Number) -> Condition:
    """The value has to reach the line."""
    missing = None if value >= line else _shown(line - value)
    return Condition(channel, level, code, sentence, _shown(value), "at_least", _shown(line), missing)


def at_most(channel: str, level: Level, code: str, sentence: str, value: Number, line: Number) -> Condition:
    """The value may not lie above the line."""
    missing = None if value <= line else _shown(value - line)
    return Condition(channel, level, code, sentence, _shown(value), "at_most", _shown(line), missing)


def out_of_reach(channel: str, level: Level, code: str, sentence: str, value: float) -> Condition:
    """However long it lasts, the value does not get there."""
    return Condition(channel, level, code, sentence, _shown(value), "at_least", None, None)


def _shown(value: Decimal | float) -> str | int:
    return value if isinstance(value, int) else decimal_text(value, PLACES)
