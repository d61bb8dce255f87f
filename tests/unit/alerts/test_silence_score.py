"""The silence score against its formulas and against tables of the distribution."""

from __future__ import annotations

from math import exp, isclose, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.silence_score import Population, Rhythm, first_day_at, population_from, stays_away
from services.alerts.domain.student import _by_beta, survival


@pytest.mark.parametrize(
    ("t", "df", "tail"),
    [(0.0, 3.0, 0.5), (2.571, 5.0, 0.025), (1.812, 10.0, 0.05), (12.706, 1.0, 0.025), (-2.571, 5.0, 0.975), (3.291, 1e6, 0.0005)],
)
def test_students_tail_as_in_the_tables(t: float, df: float, tail: float) -> None:
    assert survival(t, df) == pytest.approx(tail, rel=2e-3)


@given(st.floats(-30, 30), st.floats(2, 300))
def test_the_short_ways_and_the_beta_function_say_the_same(t: float, df: float) -> None:
    assert survival(t, df) == pytest.approx(_by_beta(t, df), abs=1e-7)


@given(st.floats(-30, 30), st.floats(1, 60))
def test_both_tails_add_up(t: float, df: float) -> None:
    assert isclose(survival(t, df) + survival(-t, df), 1.0, abs_tol=1e-9)


def erlang_by_the_book(rhythm: Rhythm, p: Population, e: float, h: float) -> float:
    """P(none until h | none until e) of MBG/CNBD-k, written down with gamma functions."""
    x, tx, k, s = rhythm.x, rhythm.tx / 7, int(p.k), rhythm.x + 1

    def log_beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    def alive(days: float) -> float:
        g = days / 7
        return sum(
            exp(
                lgamma(p.r + k * x + j)
                - lgamma(j + 1)
                + (j * log(g) if j else 0.0)
                - (p.r + k * x + j) * log(p.alpha + tx + g)
                + log_beta(p.a, p.b + s)
            )
            for j in range(k)
        )

    gone = exp(lgamma(p.r + k * x) - (p.r + k * x) * log(p.alpha + tx) + log_beta(p.a + 1, p.b + s - 1))
    return (alive(h) + gone) / (alive(e) + gone)


@given(st.integers(0, 40), st.integers(1, 60), st.integers(1, 400), st.integers(1, 4))
def test_the_erlang_model_is_the_formula_without_its_gamma_functions(x: int, gap: int, e: int, k: int) -> None:
    population = Population(k=float(k))
    rhythm = Rhythm(x, x * gap, 0.0, 0.0, 0.0)
    both = stays_away(rhythm, population, 28)(e)
    # Without gaps of its own the other model is the same for every x but for its dropout; it is taken out here.
    gone = population.gap_a / (population.gap_a + population.gap_b + x)
    scale = population.sd * (2.0**0.5)

    def other(days: float) -> float:
        return gone + (1 - gone) * survival((log(days) - population.mu0) / scale, population.nu)

    expected = erlang_by_the_book(rhythm, population, e, e + 28)
    assert 2 * both - other(e + 28) / other(e) == pytest.approx(expected, rel=1e-6)


@given(st.integers(3, 30), st.floats(3, 60), st.floats(0.05, 0.8))
def test_the_day_found_is_the_first_one_at_the_line(x: int, gap: float, spread: float) -> None:
    n = (1 - 0.9**x) / 0.1
    rhythm = Rhythm(x, int(x * gap), n, n * log(gap), n * (log(gap) ** 2 + spread**2))
    probability = stays_away(rhythm, Population(), 2 * max(14.0, gap))
    watch = first_day_at(probability, 0.6, max(7, gap), max(14, gap))
    act = first_day_at(probability, 0.8, max(7, gap), max(14, gap))
    assert watch is not None and act is not None and watch <= act
    assert probability(watch) >= 0.6
    assert watch == max(7, -(-gap // 1)) or probability(watch - 1) < 0.6


@given(st.integers(3, 30), st.floats(3, 60), st.floats(0.05, 0.8), st.integers(0, 400))
def test_asked_early_it_names_a_day_no_later_than_the_line(x: int, gap: float, spread: float, asked: int) -> None:
    """INVARIANT: a customer is judged again before, or on, the first day on which there is anything to say."""
    n = (1 - 0.9**x) / 0.1
    rhythm = Rhythm(x, int(x * gap), n, n * log(gap), n * (log(gap) ** 2 + spread**2))
    probability = stays_away(rhythm, Population(), 2 * max(14.0, gap))
    line = first_day_at(probability, 0.8, max(7, gap), max(14, gap))
    found = first_day_at(probability, 0.8, max(7, gap), max(14, gap), asked)
    assert line is not None and found is not None
    assert found == line or asked < found < line


def test_a_line_that_is_never_reached_has_no_day() -> None:
    assert first_day_at(lambda _: 0.3, 0.6, 7, 14) is None


def test_steadier_customers_are_missed_earlier() -> None:
    def days(spread: float) -> int | None:
        rhythm = Rhythm(12, 240, 7.0, 7.0 * log(20), 7.0 * (log(20) ** 2 + spread**2))
        return first_day_at(stays_away(rhythm, Population(), 40), 0.6, 20, 20)

    steady, restless = days(0.1), days(0.9)
    assert steady is not None and restless is not None and steady < restless


def test_parameters_of_a_population_are_checked() -> None:
    from decimal import Decimal

    assert population_from({"k": Decimal(3), "r": Decimal("0.9")}).r == 0.9
    for wrong in ({"q": Decimal(1)}, {"r": Decimal(0)}, {"k": Decimal("2.5")}, {"alpha": Decimal("NaN")}):
        with pytest.raises(ValueError, match=r"parameter|whole"):
            population_from(wrong)
