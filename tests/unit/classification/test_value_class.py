"""80/15/5 with its traps."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classification.domain.ranking import NOTHING, ranked
from services.classification.domain.value_class import Sales, Standard
from shared.contracts.classification import ValueClass
from shared.contracts.money import decimals
from tests.unit.classification import one_by_one
from tests.unit.classification.one_by_one import Classified, Held

STANDARD = Standard()


def customer(n: int) -> UUID:
    return UUID(int=n)


def sales(*nets: int | str) -> list[Sales]:
    return [Sales(customer(n), Decimal(net)) for n, net in enumerate(nets, 1)]


def classify(sales: list[Sales], standard: Standard, currency: str, held: Held | None = None) -> list[Classified]:
    """What the columns come to, customer by customer."""
    places = sorted({one.customer_id for one in sales} | (held or {}).keys())
    net = {one.customer_id: int(one.net.scaleb(decimals(currency))) for one in sales}
    codes: dict[ValueClass | None, int] = {None: 0, "A": 1, "B": 2, "C": 3}
    found = ranked(
        np.array([net.get(one, NOTHING) for one in places], np.int64),
        np.array([codes[(held or {}).get(one)] for one in places], np.int16),
        standard,
    )
    assert [places[place] for place in found.gone] == [
        one for one in places if one not in net and (held or {}).get(one) is not None
    ]
    unit, total = Decimal(1).scaleb(-decimals(currency)), found.total
    share = Decimal("0.000001")
    return [
        Classified(
            customer_id=places[place],
            net=int(amount) * unit,
            value_class=(None, "A", "B", "C", "C")[given] or "C",
            reason="RETURNS" if given == 4 else "SALES",
            rank=rank + 1,
            share=(Decimal(int(amount)) / total if total else Decimal(0)).quantize(share),
            cumulated_share=(Decimal(int(before + amount)) / total if amount > 0 else Decimal(1)).quantize(share),
            to_next=int(to_next) * unit if to_next else None,
            to_fall=int(to_fall) * unit if to_fall else None,
            by_margin=bool(by_margin),
        )
        for rank, (place, amount, before, given, to_next, to_fall, by_margin) in enumerate(
            zip(found.who, found.net, found.before, found.given, found.to_next, found.to_fall, found.by_margin, strict=True)
        )
    ]


def classes(found: list[Classified]) -> dict[int, str]:
    return {one.customer_id.int: one.value_class for one in found}


def test_nobody_bought() -> None:
    assert classify([], STANDARD, "CNY") == []


def test_a_single_customer_is_a_however_large_the_share() -> None:
    (one,) = classify(sales(10), STANDARD, "CNY")
    assert (one.value_class, one.share, one.cumulated_share, one.rank, one.to_next) == ("A", 1, 1, 1, None)


def test_the_share_before_the_customer_decides() -> None:
    # Shares before: 0, 50, 79, 80, 90, 95, 99.
    assert classes(classify(sales(50, 29, 1, 10, 5, 4, 1), STANDARD, "CNY")) == {
        1: "A", 2: "A", 4: "A", 5: "B", 6: "B", 3: "C", 7: "C",
    }  # fmt: skip
    exact = classify(sales(80, 15, 5), STANDARD, "CNY")
    assert [one.value_class for one in exact] == ["A", "B", "C"]


def test_one_unit_on_either_side_of_the_bounds() -> None:
    below = classify(sales("79.99", "10.00", "5.01", "5.00"), STANDARD, "CNY")
    assert [one.value_class for one in below] == ["A", "A", "B", "C"]
    above = classify(sales("80.01", "10.00", "4.98", "5.01"), STANDARD, "CNY")
    assert [(one.customer_id.int, one.value_class) for one in above] == [(1, "A"), (2, "B"), (4, "B"), (3, "C")]


def test_equal_sales_are_sorted_by_id() -> None:
    found = classify(list(reversed(sales(10, 10, 10, 10, 10))), STANDARD, "CNY")
    assert [one.customer_id.int for one in found] == [1, 2, 3, 4, 5]
    assert [one.value_class for one in found] == ["A", "A", "A", "A", "B"]


def test_who_returned_as_much_or_more_is_c_for_the_reason_returns() -> None:
    found = classify(sales(100, 0, -20), STANDARD, "CNY")
    assert [(one.customer_id.int, one.value_class, one.reason) for one in found] == [
        (1, "A", "SALES"),
        (2, "C", "RETURNS"),
        (3, "C", "RETURNS"),
    ]
    assert found[2].share == Decimal("-0.2")
    assert [one.rank for one in found] == [1, 2, 3]
    only = classify(sales(-5), STANDARD, "CNY")
    assert (only[0].value_class, only[0].share) == ("C", 0)


def test_shares_add_up_to_one() -> None:
    found = classify(sales(3, 3, 3, -1), STANDARD, "CNY")
    assert sum(one.share for one in found[:3]) == Decimal("0.999999")
    assert found[2].cumulated_share == 1


def test_another_standard() -> None:
    half = Standard(version=3, a_below=Decimal("0.50"), b_below=Decimal("0.90"))
    assert [one.value_class for one in classify(sales(50, 40, 10), half, "CNY")] == ["A", "B", "C"]


def test_what_is_missing_to_the_next_class() -> None:
    first, second, third = classify(sales(80, 15, 5), STANDARD, "CNY")
    assert first.to_next is None
    # 80 before it are less than 80 % of more than 100: one unit.
    assert second.to_next == Decimal("0.01")
    assert third.to_next == Decimal("0.01")
    yen = classify(sales(80, 15, 5), STANDARD, "JPY")
    assert yen[1].to_next == 1


@settings(max_examples=300, deadline=None)
@given(
    nets=st.lists(st.integers(-30, 400), min_size=1, max_size=12),
    bounds=st.sampled_from([("0.80", "0.95"), ("0.5", "0.9"), ("0.333", "0.667")]),
)
def test_the_missing_amount_is_enough_and_one_unit_less_is_not(nets: list[int], bounds: tuple[str, str]) -> None:
    standard = Standard(1, *map(Decimal, bounds))
    before = sales(*nets)
    for one in classify(before, standard, "JPY"):
        if one.to_next is None:
            assert one.value_class == "A"
            continue
        assert one.to_next > 0
        better = {"B": ("A",), "C": ("A", "B")}[one.value_class]
        for amount, expected in ((one.to_next, True), (one.to_next - 1, False)):
            changed = [Sales(s.customer_id, s.net + (amount if s.customer_id == one.customer_id else 0)) for s in before]
            then = {c.customer_id: c for c in classify(changed, standard, "JPY")}[one.customer_id]
            assert (then.value_class in better) is expected


@settings(max_examples=100, deadline=None)
@given(nets=st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_classes_never_rise_with_the_rank(nets: list[int]) -> None:
    found = classify(sales(*nets), STANDARD, "CNY")
    assert [one.value_class for one in found] == sorted(one.value_class for one in found)
    assert found[0].value_class == "A"
    a_sales = sum(one.net for one in found if one.value_class == "A")
    assert a_sales >= Decimal("0.8") * sum(nets)


def test_a_class_is_kept_within_the_margin_and_not_given_there() -> None:
    firm = Standard(1, margin=Decimal("0.05"))
    # Shares before: 0, 82, 90, 96, 98.
    nets = sales(82, 8, 6, 2, 2)
    assert [one.value_class for one in classify(nets, firm, "CNY")] == ["A", "B", "B", "C", "C"]
    held = {customer(2): "A", customer(3): "A", customer(4): "B", customer(5): "C"}
    found = classify(nets, firm, "CNY", held)
    assert [(one.value_class, one.by_margin) for one in found] == [
        ("A", False), ("A", True), ("B", False), ("B", True), ("C", False),
    ]  # fmt: skip
    beyond = classify(sales(85, 8, 7), firm, "CNY", {customer(2): "A"})
    assert (beyond[1].value_class, beyond[1].by_margin) == ("B", False)
    assert classify(sales(10, -1), firm, "CNY", {customer(2): "A"})[1].value_class == "C"


@settings(max_examples=300, deadline=None)
@given(
    nets=st.lists(st.integers(-30, 400), min_size=1, max_size=12),
    standard=st.sampled_from([Standard(), Standard(1, Decimal("0.5"), Decimal("0.9")), Standard(2, margin=Decimal("0.03"))]),
    order=st.randoms(use_true_random=False),
)
def test_the_amount_to_fall_is_enough_and_one_unit_less_is_not(nets: list[int], standard: Standard, order: Random) -> None:
    before = sales(*nets)
    order.shuffle(before)
    held = {one.customer_id: order.choice(("A", "B", "C", None)) for one in before}
    found = classify(before, standard, "JPY", held)
    for one in found:
        if one.to_fall is None:
            assert one.value_class == "C"
            continue
        assert 0 < one.to_fall <= one.net
        # It has its class from now on, by the margin or not.
        since = {**held, one.customer_id: one.value_class}
        for amount, worse in ((one.to_fall, True), (one.to_fall - 1, False)):
            changed = [Sales(s.customer_id, s.net - (amount if s.customer_id == one.customer_id else 0)) for s in before]
            then = {c.customer_id: c for c in classify(changed, standard, "JPY", since)}[one.customer_id]
            assert (then.value_class > one.value_class) is worse


@settings(max_examples=500, deadline=None)
@given(
    nets=st.lists(st.one_of(st.none(), st.integers(-30, 400), st.integers(-(10**14), 10**14)), max_size=14),
    standard=st.sampled_from(
        [
            Standard(),
            Standard(1, Decimal("0.5"), Decimal("0.9")),
            Standard(2, margin=Decimal("0.05")),
            # So fine that products do not fit into 64 bits.
            Standard(3, Decimal("0.333333333"), Decimal("0.666666667"), margin=Decimal("0.1")),
        ]
    ),
    order=st.randoms(use_true_random=False),
)
def test_columns_say_what_is_said_one_by_one(nets: list[int | None], standard: Standard, order: Random) -> None:
    had = {customer(n): order.choice(("A", "B", "C", None)) for n in range(1, len(nets) + 1) if order.random() < 0.8}
    before = [Sales(customer(n), Decimal(net).scaleb(-2)) for n, net in enumerate(nets, 1) if net is not None]
    assert classify(before, standard, "CNY", had) == one_by_one.classify(before, standard, "CNY", had)
