"""What is held against a bar, and when it holds."""

from __future__ import annotations

import pytest

from tests.performance.bench.bars import BARS, MODULES
from tests.performance.bench.harness import Case, Figures, Measured, in_turns, percentile
from tests.performance.bench.report import line


def test_a_ratio_is_taken_round_by_round() -> None:
    measured = Measured("1", Figures("ours", (10.0, 30.0, 50.0)), Figures("COPY", (20.0, 100.0, 100.0)))
    assert measured.compared() == (0.5, 0.3, 0.5)
    assert (measured.figure, measured.holds) == (0.5, True)
    entry = line(measured)
    assert (entry["bar_number"], entry["ratio"], entry["holds"], entry["holds_stretch"]) == (1, 0.5, True, False)
    assert (entry["spread"], entry["rounds"]) == ([0.3, 0.5], 3)


@pytest.mark.parametrize(("ours", "holds"), [(9.0, True), (11.0, True), (11.5, False)])
def test_a_difference_must_not_be_larger(ours: float, holds: bool) -> None:
    assert Measured("11b", Figures("ours", (ours,)), Figures("bare", (6.0,))).holds is holds


@pytest.mark.parametrize(("seconds", "holds"), [(20.0, True), (20.5, False)])
def test_some_stand_alone(seconds: float, holds: bool) -> None:
    assert Measured("14a", Figures("start", (seconds,))).holds is holds


def test_a_ratio_needs_a_baseline() -> None:
    with pytest.raises(ValueError, match="baseline"):
        Measured("1", Figures("ours", (1.0,))).compared()


async def test_cases_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []

    def case(name: str) -> Case:
        async def run() -> float:
            order.append(name)
            return float(len(order))

        return Case(name, run)

    found = await in_turns([case("a"), case("b")], 2)
    assert order == ["a", "b", "a", "b", "b", "a"]
    assert (found["a"].rounds, found["b"].rounds) == ((3.0, 6.0), (4.0, 5.0))


def test_all_fourteen_bars_have_a_module() -> None:
    assert (
        {number for numbers in MODULES.values() for number in numbers} == set(range(1, 15)) == {b.number for b in BARS.values()}
    )


def test_percentiles() -> None:
    assert [percentile(range(100), percent) for percent in (0, 50, 99, 100)] == [0, 50, 99, 99]
