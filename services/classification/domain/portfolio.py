"""Which strategy does a portfolio of customers bear (S2.32-S2.34)? Each rests on a condition, and the condition is measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from shared.contracts.customer_grades import PortfolioStandardPublished

SIX = Decimal("0.000001")
Name = Literal["CONCENTRATED", "DIFFERENTIATED", "INDIVIDUAL"]


class Concentration(NamedTuple):
    """How net sales are spread over the customers with positive net sales.

    `gini`: 0 all alike, towards 1 one has all. `top_fifth_share`: of the best 20 % of the customers, at least one. `effective_number`: so many
    customers of equal size would be spread as unevenly (1 / sum of squared shares).
    """

    customers: int
    net: Decimal
    gini: Decimal
    top_fifth_share: Decimal
    effective_number: Decimal


def concentration(customers: int, net: Decimal, placed: Decimal, squares: Decimal, top_fifth: Decimal) -> Concentration:
    """From sums over the customers in the order of their net sales, the smallest first: `placed` of place times net, `squares` of net
    times net, `top_fifth` of the net sales of the best 20 %. Fractions have six decimals, the effective number two."""
    if not customers or net <= 0:
        return Concentration(0, Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    gini = (2 * placed / (customers * net) - Decimal(customers + 1) / customers).quantize(SIX)
    return Concentration(customers, net, gini, (top_fifth / net).quantize(SIX), (net * net / squares).quantize(Decimal("0.01")))


class Segment(NamedTuple):
    """Customers of one area or one kind. `times`: its share of net sales over its share of customers."""

    mark: str
    value: str
    customers: int
    net: Decimal
    share: Decimal
    times: Decimal


class Strategy(NamedTuple):
    name: Name
    holds: bool
    condition: str
    measured: str


def strategies(found: Concentration, best: Segment | None, standard: PortfolioStandardPublished) -> Sequence[Strategy]:
    """The three strategies with the condition of each. Nothing holds where nobody has bought."""
    some = found.customers > 1
    gini = f"The Gini coefficient of {found.customers} customers is {found.gini:f}."
    segment = "No segment brings more than its number of customers would."
    if best is not None:
        segment = (
            f"{best.mark} {best.value} brings {best.share:f} of the net sales, {best.times:f} times its share of the customers."
        )
    return (
        Strategy(
            "CONCENTRATED",
            some and found.gini <= standard.alike_gini,
            f"All customers bring about the same: Gini at most {standard.alike_gini:f}.",
            gini,
        ),
        Strategy(
            "DIFFERENTIATED",
            best is not None and best.share >= standard.segment_share and best.times >= standard.segment_times,
            f"An area or a kind brings at least {standard.segment_share:f} of the net sales and {standard.segment_times:f} times its share of "
            "the customers.",
            segment,
        ),
        Strategy(
            "INDIVIDUAL",
            some and found.gini >= standard.apart_gini,
            f"Customers differ strongly: Gini at least {standard.apart_gini:f}.",
            gini,
        ),
    )


def segment(mark: str, value: str, customers: tuple[int, int], net: tuple[Decimal, Decimal]) -> Segment:
    """`customers` and `net` of the segment and of the whole scope, which has both."""
    share = net[0] / net[1]
    times = share * customers[1] / customers[0]
    return Segment(mark, value, customers[0], net[0], share.quantize(SIX), times.quantize(Decimal("0.01")))


def best_segment(segments: Sequence[Segment], standard: PortfolioStandardPublished) -> Segment | None:
    """The segment that bears most: of those that meet the standard the one with the largest share, else the one nearest to it."""
    held = [one for one in segments if one.share >= standard.segment_share and one.times >= standard.segment_times]
    if held:
        return max(held, key=lambda one: (one.share, one.times, one.mark, one.value))
    more = [one for one in segments if one.times > 1]
    return max(more, key=lambda one: (one.times * one.share, one.mark, one.value), default=None)
