"""A mark is a common cause where so many of its customers fall at once as chance does not give."""

from __future__ import annotations

from decimal import Decimal
from math import comb
from random import Random
from uuid import UUID, uuid5

import pytest

from services.alerts.domain.common_cause import Member, at_least, common_causes
from services.alerts.domain.company_rules import COMMON_CAUSE
from services.alerts.domain.signs import Parameters
from shared.contracts.company_alerts import Subject
from tests.unit.alerts.trade import NAMES

DEFAULTS = Parameters(1, COMMON_CAUSE.defaults)
NORTH, SOUTH = Subject("area", "NORTH"), Subject("area", "SOUTH")
LI, WU = Subject("salesperson", "LI"), Subject("salesperson", "WU")


def customer(n: int) -> UUID:
    return uuid5(NAMES, f"customer {n}")


def members(mark: Subject, customers: int, fell: int, first: int = 0, *more: Subject) -> list[Member]:
    return [
        Member(customer(first + n), frozenset((mark, *more)), n < fell, uuid5(NAMES, f"alert {first + n}") if n < fell else None)
        for n in range(customers)
    ]


def named(company: list[Member], parameters: Parameters = DEFAULTS) -> list[tuple[str, int]]:
    return [(cause.subject.id, len(cause.fell)) for cause in common_causes(company, parameters)]


@pytest.mark.parametrize(("k", "n", "p"), [(0, 10, 0.3), (3, 10, 0.3), (10, 10, 0.3), (5, 200, 0.01), (60, 100, 0.5)])
def test_the_tail_is_the_binomial_one(k: int, n: int, p: float) -> None:
    exact = sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))
    assert at_least(k, n, p) == pytest.approx(exact, rel=1e-9)


def test_an_area_whose_customers_fall_together_is_named_and_one_as_usual_is_not() -> None:
    (cause,) = common_causes(members(NORTH, 20, 9) + members(SOUTH, 80, 2, 100), DEFAULTS)
    assert (cause.subject, cause.customers, cause.others, cause.others_fell) == (NORTH, 20, 80, 2)
    assert len(cause.children) == 9 and cause.chance < 1e-6
    assert named(members(NORTH, 20, 3) + members(SOUTH, 80, 12, 100)) == []


def test_both_sides_of_the_chance() -> None:
    company = members(NORTH, 20, 6) + members(SOUTH, 80, 4, 100)
    # Two areas were looked at.
    chance = 2 * at_least(6, 20, 4.5 / 81)
    for published, found in ((chance * 1.01, [("NORTH", 6)]), (chance * 0.99, [])):
        values = {**COMMON_CAUSE.defaults, "chance": Decimal(published)}
        assert named(company, Parameters(1, values)) == found


def test_four_customers_are_too_few_and_a_company_of_one_area_has_nothing_to_compare() -> None:
    assert named(members(NORTH, 6, 4) + members(SOUTH, 200, 0, 100)) == []
    assert named(members(NORTH, 6, 5) + members(SOUTH, 200, 0, 100)) == [("NORTH", 5)]
    assert named(members(NORTH, 100, 60)) == []
    assert named(members(NORTH, 100, 60) + members(SOUTH, 9, 0, 200)) == []
    assert named(members(NORTH, 100, 60) + members(SOUTH, 10, 0, 200)) == [("NORTH", 60)]


def test_more_than_usual_is_not_enough_where_it_is_not_twice_as_many() -> None:
    assert named(members(NORTH, 2000, 380) + members(SOUTH, 2000, 200, 5000)) == []
    assert named(members(NORTH, 2000, 440) + members(SOUTH, 2000, 200, 5000)) == [("NORTH", 440)]


def test_one_cause_is_named_for_a_customer_the_least_likely_first() -> None:
    # All that fell are LI's, in both areas; NORTH has more of them than SOUTH, since LI works there more.
    company = [*members(LI, 14, 10, 0, NORTH), *members(WU, 40, 1, 100, NORTH)]
    company += [*members(LI, 6, 5, 200, SOUTH), *members(WU, 40, 1, 300, SOUTH)]
    assert named(company) == [("LI", 15)]


def test_complaints_that_name_an_article_are_counted_for_it_only() -> None:
    lamp, chair = Subject("article", "LAMP"), Subject("article", "CHAIR")
    buyers = [
        Member(customer(n), frozenset((lamp, chair)), n < 13, None, frozenset(("LAMP",)) if n < 11 else frozenset(("CHAIR",)))
        for n in range(120)
    ]
    quiet = [one if one.fell else one._replace(named=frozenset()) for one in buyers]
    assert named(quiet) == [("LAMP", 11)]
    assert named([one._replace(named=frozenset()) for one in quiet]) == []


def test_chance_alone_names_nothing() -> None:
    random, found = Random(5), 0
    for _ in range(200):
        company = [
            Member(
                customer(n),
                frozenset((Subject("area", f"A{n % 12}"), Subject("salesperson", f"S{n % 30}"))),
                random.random() < 0.08,
            )
            for n in range(600)
        ]
        found += len(named(company))
    assert found <= 1
