"""What key customers have in common: values that are more frequent among them weigh, and few customers prove little."""

from __future__ import annotations

from decimal import Decimal

from services.classification.domain.likeness import Count, weights


def test_a_value_that_is_more_frequent_among_key_customers_weighs_for_them() -> None:
    found = {
        (one.mark, one.value): one
        for one in weights(
            [Count("shop_kind", "WHOLESALE", 9, 19), Count("shop_kind", "RETAIL", 0, 79), Count("nature", "X", 5, 50)]
        )
    }
    # (9 + 1) / 11 among key customers, (19 + 1) / 100 among all.
    assert found["shop_kind", "WHOLESALE"].lift == Decimal("4.5455")
    assert found["shop_kind", "WHOLESALE"].weight == Decimal("1.5141")
    assert found["shop_kind", "RETAIL"].lift == Decimal("0.1136")
    # The only value of a mark tells nothing.
    assert found["nature", "X"].weight == 0


def test_one_key_customer_proves_less_than_many() -> None:
    few = weights([Count("m", "A", 1, 1), Count("m", "B", 0, 9)])[0]
    many = weights([Count("m", "A", 100, 100), Count("m", "B", 0, 900)])[0]
    assert (few.value, many.value) == ("A", "A")
    assert 0 < few.weight < many.weight


def test_nothing_is_known_of_nobody() -> None:
    assert weights([]) == []
