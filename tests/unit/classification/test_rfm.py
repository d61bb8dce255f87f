"""RFM: the scores among the buyers of a period, and who serves whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from uuid import UUID

import msgspec

from services.classification.domain.rfm import Buyer, scored
from services.classification.handlers.rankings import Asked
from services.classification.handlers.rfm import buyer_of
from services.classification.read_models.customer_sales import Net
from services.classification.read_models.served import Scope, Served, evolve
from shared.contracts.cards import SalespersonAssigned
from tests.unit.classification.test_read_models import CUSTOMER, envelope_of

TODAY = date(2026, 6, 30)


def buyer(number: int, days: int = 10, purchases: int = 1, net: int = 100) -> Buyer:
    return Buyer(UUID(int=number), TODAY - timedelta(days=days), purchases, Decimal(net))


def test_a_score_says_how_many_fifths_are_worse() -> None:
    found = {one.buyer.customer_id.int: one for one in scored(buyer(n, days=n, purchases=n, net=n) for n in range(1, 11))}
    assert [found[n].recency for n in range(1, 11)] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert [found[n].frequency for n in range(1, 11)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert [found[n].monetary for n in range(1, 11)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_who_is_alike_is_scored_alike() -> None:
    assert {(one.recency, one.frequency, one.monetary) for one in scored(buyer(n) for n in range(9))} == {(1, 1, 1)}
    some = scored([*(buyer(n) for n in range(4)), replace(buyer(9), purchases=2)])
    assert [one.frequency for one in some] == [5, 1, 1, 1, 1]
    assert scored([]) == []


def test_the_best_come_first() -> None:
    found = scored([buyer(3, net=5), buyer(2, net=50), buyer(1, net=50), buyer(4, days=1, net=1)])
    sums = [one.recency + one.frequency + one.monetary for one in found]
    assert (sums, [one.buyer.customer_id.int for one in found]) == ([6, 5, 5, 4], [4, 1, 2, 3])


def test_only_days_of_the_period_count() -> None:
    asked = Asked(TODAY, 30, "CNY", Scope())
    spans = {
        "2026-05": Net(Decimal(7), 1),
        "2026-05-31": Net(Decimal(1), 1),
        "2026-06-01": Net(Decimal(20), 2),
        "2026-06-10": Net(Decimal(-5), 0),
        "2026-06-30": Net(Decimal(300), 1),
        "2026-07-01": Net(Decimal(4000), 1),
    }
    assert buyer_of(CUSTOMER, spans, asked) == Buyer(CUSTOMER, TODAY, 2, Decimal(315))
    assert buyer_of(CUSTOMER, {"2026-06-10": Net(Decimal(-5), 0)}, asked) is None


def test_of_two_assignments_that_of_the_later_day_stands() -> None:
    first = datetime(2026, 6, 1, tzinfo=UTC)
    said = {"wang": first, "li": first + timedelta(days=3), "sun": first + timedelta(days=1)}
    for order in permutations(said):
        row: Served | None = None
        for version, name in enumerate(order, 1):
            envelope = envelope_of(SalespersonAssigned(customer_id=CUSTOMER, salesperson_id=name, area_id="EAST"), version)
            row = evolve(row, msgspec.structs.replace(envelope, occurred_at=said[name]))
        assert row == Served(CUSTOMER, "EAST", "li", said["li"])
