"""What ended intents teach about the open ones."""

from __future__ import annotations

from decimal import Decimal

from services.classification.domain.opportunity import Ended, probabilities


def test_before_anything_has_ended_all_grades_are_even() -> None:
    assert set(probabilities(Ended(0, 0), {}).values()) == {Decimal("0.5000")}


def test_few_ended_intents_are_drawn_towards_all_of_them() -> None:
    # Of all 8 of 18 were won and counted as 9 of 20; of A three of four, of B none of two, of C nothing is known.
    found = probabilities(Ended(18, 8), {"A": Ended(4, 3), "B": Ended(2, 0)})
    assert found == {"A": Decimal("0.5833"), "B": Decimal("0.3214"), "C": Decimal("0.4500")}


def test_many_ended_intents_speak_for_themselves() -> None:
    found = probabilities(Ended(3000, 1000), {"A": Ended(1000, 900), "B": Ended(1000, 100), "C": Ended(1000, 0)})
    assert found["A"] > Decimal("0.89")
    assert Decimal("0.1") < found["B"] < Decimal("0.11")
    assert Decimal(0) < found["C"] < Decimal("0.01")
