"""The company's standard by which articles and what customers buy of them are judged: published, versioned, never changed afterwards."""

from __future__ import annotations

import msgspec

from services.classification.domain.standard import StandardRefused
from shared.contracts.event import Event
from shared.contracts.products import ProductStandardPublished

STREAM = "standard-products"
BUILT_IN = ProductStandardPublished(version=0)
MOST_BASKETS = 100_000
MOST_BASKET_ARTICLES = 50
MOST_FOLLOWERS = 50
MOST_COUNT_DAYS = 13
"""Two borders of a month are at least 28 days apart: one count never stands for both."""


class ProductBordersOutOfOrder(StandardRefused):
    """A border of the standard lies where it means nothing."""


def decide(state: ProductStandardPublished, wanted: ProductStandardPublished) -> list[Event]:
    """The next version; nothing when it says what the last one says. `wanted` has any version. Raises ProductBordersOutOfOrder."""
    sound = (
        0 < wanted.best_below <= 1
        and 0 < wanted.weak_below <= 1 <= wanted.strong_from
        and 0 < wanted.focus_share <= 1
        and wanted.least_buyers >= 2
        and wanted.least_lift >= 1
        and 1 <= wanted.followers <= MOST_FOLLOWERS
        and 1 <= wanted.baskets <= MOST_BASKETS
        and 2 <= wanted.basket_articles <= MOST_BASKET_ARTICLES
        and 0 <= wanted.count_days <= MOST_COUNT_DAYS
    )
    if not sound:
        raise ProductBordersOutOfOrder
    same = msgspec.structs.replace(wanted, version=state.version, decided_by=state.decided_by) == state
    return [] if same and state.version else [msgspec.structs.replace(wanted, version=state.version + 1)]


def evolve(state: ProductStandardPublished, event: Event) -> ProductStandardPublished:
    """The standard after one event of its stream."""
    if not isinstance(event, ProductStandardPublished):
        raise AssertionError(f"unknown event {event!r}")
    return event
