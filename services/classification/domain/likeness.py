"""What do key customers have in common, and how much is another customer like them? By their marks, each for itself. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from math import log
from typing import NamedTuple

FOUR = Decimal("0.0001")


class Count(NamedTuple):
    """How many key customers and how many customers at all have a value of a mark."""

    mark: str
    value: str
    key: int
    all: int


class Weight(NamedTuple):
    """`lift`: so many times as often among key customers as among all; `weight` is its natural logarithm, which adds up over marks."""

    mark: str
    value: str
    key: int
    all: int
    lift: Decimal
    weight: Decimal


def weights(counts: Iterable[Count]) -> Sequence[Weight]:
    """The values of each mark, the most telling first. Each value is counted once more than it is there, so that few customers prove little."""
    of_mark: dict[str, list[Count]] = defaultdict(list)
    for one in counts:
        of_mark[one.mark].append(one)
    found = []
    for values in of_mark.values():
        key, everyone = sum(one.key for one in values) + len(values), sum(one.all for one in values) + len(values)
        for one in values:
            lift = Decimal((one.key + 1) * everyone) / Decimal(key * (one.all + 1))
            found.append(Weight(*one, lift.quantize(FOUR), Decimal(log(lift)).quantize(FOUR)))
    return sorted(found, key=lambda one: (-one.weight, one.mark, one.value))
