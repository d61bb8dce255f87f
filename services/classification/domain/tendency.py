"""What a customer buys beside what the others buy: where it leans, what it lacks, where its focus is not on what sells (S2.23). Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from shared.contracts.products import ProductStandardPublished

Tendency = Literal["STRONG", "LIKE_OTHERS", "WEAK", "LACKS"]
Finding = Literal["LACKS_BEST_SELLER", "WEAK_IN_BEST_SELLER", "FOCUS_ON_SLOW_SELLER"]


def lift(own: Decimal, others: Decimal) -> Decimal | None:
    """Share in the customer's purchases over share in those of the scope; None where the scope sold nothing, or took back more."""
    return own / others if others > 0 else None


def tendency(own: Decimal, others: Decimal, standard: ProductStandardPublished) -> Tendency:
    if own <= 0:
        return "LACKS"
    found = lift(own, others)
    if found is None or found >= standard.strong_from:
        return "STRONG"
    return "WEAK" if found < standard.weak_below else "LIKE_OTHERS"


def finding(own: Decimal, others: Decimal, best: bool, standard: ProductStandardPublished) -> Finding | None:
    """What is wrong with an article in a customer's purchases. A focus is a share of `focus_share` and more, strong beside the others'."""
    leans = tendency(own, others, standard)
    if best:
        return "LACKS_BEST_SELLER" if leans == "LACKS" else "WEAK_IN_BEST_SELLER" if leans == "WEAK" else None
    return "FOCUS_ON_SLOW_SELLER" if leans == "STRONG" and own >= standard.focus_share else None
