"""Conditions of a list: only what is wanted, each value at its own place."""

from __future__ import annotations

from shared.postgres.conditions import Conditions


def test_nothing_wanted_is_everything() -> None:
    where = Conditions()
    where.add("area_id = {}", None)
    where.add_all({"kind": "kind = {}"}, {"kind": None})
    where.behind("due_on, id", None)
    assert (where.sql, where.values) == ("true", [])


def test_each_value_has_its_own_place_in_the_order_in_which_it_was_wanted() -> None:
    where = Conditions()
    where.hold("NOT gone")
    where.add("{0} = lead OR {0} = id", "a")
    where.add_all({"open": "open = {}", "kind": "kind = {}"}, {"kind": "PAY", "open": False})
    where.behind("grade, due_on, id", ("A", 1, 2))
    assert where.sql == (
        "(NOT gone) AND ($1 = lead OR $1 = id) AND (kind = $2) AND (open = $3) AND ((grade, due_on, id) > ($4, $5, $6))"
    )
    assert where.values == ["a", "PAY", False, "A", 1, 2]


def test_a_list_that_falls_goes_on_below_the_place() -> None:
    where = Conditions()
    where.behind("day, id", (1, 2), descending=True)
    assert where.sql == "((day, id) < ($1, $2))"
