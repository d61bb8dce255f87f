"""Value classes of everybody at once: what value_class.py says, over columns of a million customers.

Amounts are whole minor units of one currency. Nothing is divided: a sum is below p/q of the total where q times the sum is below p times
the total. Columns hold 64 bits; where a product might not fit, integers of any length, more slowly.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.classification.domain.value_class import Standard

Column: TypeAlias = NDArray[Any]

NOTHING = -(2**63)
"""In the column of net sales: neither sales nor returns in the period."""
NO_CLASS, A, B, C, RETURNS = range(5)
"""What a customer has or gets; RETURNS is class C for having returned as much or more."""
_LARGEST = 2**62


@dataclass(frozen=True, slots=True)
class Ranked:
    """Columns by rank, which counts all who were ranked. `who`: at which place of the columns that were given a customer stands; `before`:
    the net sales of those before it.

    `to_next` is the least amount of further net sales that would have made the next better class, all others as they are; 0 in class A.
    `to_fall` is the least amount of net sales less that would have made a worse class; 0 in class C. `by_margin`: the class is kept by the
    standard's margin only. `gone` are the places of those who have a class and no rank.
    """

    who: Column
    net: Column
    before: Column
    held: Column
    given: Column
    by_margin: Column
    to_next: Column
    to_fall: Column
    total: int
    gone: Column


def ranked(net: Column, held: Column, standard: Standard) -> Ranked:
    """Everybody with sales or returns, by rank. Both columns have one place a customer, in the order of their ids."""
    there = np.flatnonzero(net != NOTHING)
    who = there[np.argsort(-net[there], kind="stable")]
    ladder = _Ladder(who, net[who], standard)
    had = held[who]
    given = ladder.given(had)
    to_next, to_fall = np.zeros_like(ladder.net), np.zeros_like(ladder.net)
    classes = ((A, None, standard.falls_at("A")), (B, standard.a_below, standard.falls_at("B")), (C, standard.b_below, None))
    for value_class, rises_at, falls_at in classes:
        places = np.flatnonzero(np.minimum(given, C) == value_class)
        if rises_at is not None:
            to_next[places] = ladder.missing(places, Fraction(rises_at))
        if falls_at is not None:
            to_fall[places] = ladder.spare(places, Fraction(falls_at))
    return Ranked(
        who=who,
        net=ladder.net,
        before=ladder.before[np.minimum(np.arange(len(who)), ladder.buyers)],
        held=had,
        given=given,
        by_margin=given != ladder.given(np.zeros_like(had)) if standard.margin else np.zeros(len(who), bool),
        to_next=to_next,
        to_fall=to_fall,
        total=ladder.total,
        gone=np.flatnonzero((net == NOTHING) & (held != NO_CLASS)),
    )


class _Ladder:
    """Everybody by rank; the first `buyers` bought more than they returned. `before`: net sales before each of these, and of all."""

    def __init__(self, who: Column, net: Column, standard: Standard) -> None:
        self.who = who
        self.standard = standard
        self.buyers = int(np.count_nonzero(net > 0))
        bounds = (standard.a_below, standard.b_below, standard.a_below + standard.margin, standard.b_below + standard.margin)
        finest = max(Fraction(bound).denominator for bound in bounds)
        # Sums of two products are compared.
        fits = 2 * finest * (float(np.abs(net.astype(float)).sum()) + 2) < _LARGEST
        self.net = net.astype(np.int64 if fits else object)
        self.before = np.concatenate((np.zeros(1, self.net.dtype), np.cumsum(self.net[: self.buyers])))
        self.total = int(self.before[-1])

    def given(self, held: Column) -> Column:
        """The class at each place for who has the class `held` so far."""
        standard, n = self.standard, self.buyers
        before, had = self.before[:n], held[:n]
        a_ends = np.where(had == A, self._end(standard.a_below + standard.margin), self._end(standard.a_below))
        kept = (had == A) | (had == B)
        b_ends = np.where(kept, self._end(standard.b_below + standard.margin), self._end(standard.b_below))
        found = np.full(len(self.net), RETURNS, np.int16)
        found[:n] = np.where(before < a_ends, A, np.where(before < b_ends, B, C))
        return found

    def _end(self, below: Decimal) -> Column:
        """The least sum that is not below that share of the total."""
        bound = Fraction(below)
        return np.array(-(-self.total * bound.numerator // bound.denominator), self.net.dtype)

    def missing(self, places: Column, below: Fraction) -> Column:
        """Least further net sales with which the sum before the customer at each place is less than `below` of the total.

        Overtaking more customers costs more and asks for less of the total. Up to the place before the meeting of the two overtaking is
        what counts, from the meeting on the growing: the least is at the one or the other.
        """
        p, q, n = below.numerator, below.denominator, self.buyers
        net, own = self.net[places], np.minimum(places, n)
        others = self.total - np.maximum(net, 0)
        meeting = np.minimum(np.searchsorted(self.before[:n] * q - self.net[:n] * p, others * p), own)
        growing = self.before[meeting] * q // p + 1 - others - net
        last = np.maximum(meeting - 1, 0)
        # Of equal sales the lesser id comes first.
        overtaking = self.net[last] - net + (self.who[places] > self.who[last])
        cheapest: Column = np.maximum(np.where(meeting > 0, np.minimum(growing, overtaking), growing), np.maximum(1 - net, 0))
        return cheapest

    def spare(self, places: Column, below: Fraction) -> Column:
        """Least net sales less with which the sum before the buyer at each place is no longer less than `below` of the total.

        The further it falls behind, the more lies before it, and the less it has itself: the most that it can be left with is where the
        two meet, or a place before.
        """
        p, q, n = below.numerator, below.denominator, self.buyers
        net = self.net[places]
        rest = self.total - net
        meeting = np.maximum(np.searchsorted(self.before[1:] * q - self.net[:n] * p, rest * p + net * q), places)
        at, last = np.minimum(meeting, n - 1), np.maximum(meeting - 1, places)
        behind = self.net[at] - (self.who[at] > self.who[places])
        failing = (self.before[last + 1] - net) * q // p - rest
        left = np.where(meeting > last, np.where(meeting < n, np.maximum(behind, failing), failing), behind)
        spared: Column = net - np.maximum(left, 0)
        return spared
