"""How likely an open purchase intent is to be won, learnt from the company's own ended ones. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from shared.contracts.intents import Grade

PRIOR = 5
"""So many ended intents weigh as much as what is known of all grades together: few ended ones prove little."""
_PLACES = Decimal("0.0001")
GRADES: tuple[Grade, ...] = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Ended:
    """How many ended intents there were, and how many of them were won."""

    ended: int
    won: int


NONE = Ended(0, 0)


def probabilities(total: Ended, by_grade: Mapping[str, Ended]) -> dict[Grade, Decimal]:
    """By grade: the share won of the ended intents that ever had it, drawn towards the share of all by `PRIOR` of them.

    Where nothing has ended yet all are even. An intent counts in every grade that it had on its way: what is open now has one of
    them, and nobody knows yet which will be its last.
    """
    overall = Decimal(total.won + 1) / (total.ended + 2)
    found: dict[Grade, Decimal] = {}
    for grade in GRADES:
        known = by_grade.get(grade, NONE)
        found[grade] = ((known.won + PRIOR * overall) / (known.ended + PRIOR)).quantize(_PLACES)
    return found
