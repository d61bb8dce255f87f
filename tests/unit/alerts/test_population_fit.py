"""The population learnt from purchase days: likelihoods against the formulas, and parameters found again that were planted."""

from __future__ import annotations

from itertools import pairwise
from math import exp, gamma, lgamma, log, pi, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerts.domain.minimum import minimum
from services.alerts.domain.population_fit import History, erlang_log_likelihood, fitted, gap_log_likelihood
from services.alerts.domain.student import survival

gap_lists = st.lists(st.integers(1, 60), max_size=12)


def history(gaps: list[int], open_: int) -> History:
    days = [1000]
    for gap in gaps:
        days.append(days[-1] + gap)
    return History(days, days[-1] + open_)


def erlang_by_the_book(gaps: list[int], open_: int, k: int, r: float, alpha: float, a: float, b: float) -> float:
    """Log-likelihood of one customer of MBG/CNBD-k: alive at the end or gone after the last purchase; weeks."""
    x, tx, g = len(gaps), sum(gaps) / 7, open_ / 7

    def log_beta(p: float, q: float) -> float:
        return lgamma(p) + lgamma(q) - lgamma(p + q)

    alive = sum(
        exp(lgamma(r + k * x + j) - lgamma(j + 1) + (j * log(g) if j else 0) - (r + k * x + j) * log(alpha + tx + g))
        for j in range(k if g else 1)
    ) * exp(log_beta(a, b + x + 1))
    gone = exp(lgamma(r + k * x) - (r + k * x) * log(alpha + tx) + log_beta(a + 1, b + x))
    shape = (k - 1) * sum(log(one / 7) for one in gaps) - x * lgamma(k)
    return shape + r * log(alpha) - lgamma(r) - log_beta(a, b) + log(alive + gone)


@given(gap_lists, st.integers(0, 200), st.integers(1, 4))
def test_likelihood_of_the_erlang_model_is_the_formula(gaps: list[int], open_: int, k: int) -> None:
    expected = erlang_by_the_book(gaps, open_, k, 1.3, 2.8, 0.43, 0.79)
    assert erlang_log_likelihood([history(gaps, open_)], k, 1.3, 2.8, 0.43, 0.79) == pytest.approx(expected, rel=1e-9)


def test_customers_count_each_also_where_they_are_alike() -> None:
    alike, other = history([10, 20], 30), history([7], 90)
    both = erlang_log_likelihood([alike, other, alike], 2, 1.3, 2.8, 0.43, 0.79)
    assert both == pytest.approx(
        2 * erlang_by_the_book([10, 20], 30, 2, 1.3, 2.8, 0.43, 0.79) + erlang_by_the_book([7], 90, 2, 1.3, 2.8, 0.43, 0.79)
    )


def test_likelihood_of_the_gap_model_is_one_gap_after_the_other() -> None:
    mu0, kappa, nu, sd, a, b = 3.0, 1.5, 4.0, 0.8, 0.4, 1.2
    gaps, open_ = [10, 25, 14], 40

    def predictive(before: list[int]) -> tuple[float, float, float]:
        weights = [0.9 ** (len(before) - 1 - i) for i in range(len(before))]
        n = sum(weights)
        if not before:
            return mu0, sd * sqrt((kappa + 1) / kappa), nu
        mean = sum(w * log(g) for w, g in zip(weights, before, strict=True)) / n
        around = sum(w * (log(g) - mean) ** 2 for w, g in zip(weights, before, strict=True))
        v = (nu * sd**2 + around + kappa * n / (kappa + n) * (mean - mu0) ** 2) / (nu + n)
        return (kappa * mu0 + n * mean) / (kappa + n), sqrt(v * (kappa + n + 1) / (kappa + n)), nu + n

    expected = 0.0
    for i, gap in enumerate(gaps):
        place, scale, df = predictive(gaps[:i])
        z = (log(gap) - place) / scale
        density = gamma((df + 1) / 2) / (gamma(df / 2) * sqrt(df * pi) * scale) * (1 + z * z / df) ** (-(df + 1) / 2)
        expected += log(density * (1 - a / (a + b + i)))
    place, scale, df = predictive(gaps)
    gone = a / (a + b + 3)
    expected += log(gone + (1 - gone) * survival((log(open_) - place) / scale, df))
    assert gap_log_likelihood([history(gaps, open_)], mu0, kappa, nu, sd, a, b) == pytest.approx(expected, rel=1e-9)


def drawn(customers: int, k: int, r: float, alpha: float, a: float, b: float, days: int) -> list[History]:
    """Customers of the model itself: who leaves after a purchase does not come back."""
    random = Random(11)
    found = []
    for _ in range(customers):
        rate, leaves = random.gammavariate(r, 1 / alpha), random.betavariate(a, b)
        at, bought = 0.0, {0}
        while random.random() >= leaves:
            at += 7 * random.gammavariate(k, 1 / rate)
            if at >= days:
                break
            bought.add(int(at))
        found.append(History(sorted(bought), days))
    return found


def test_what_was_planted_is_found_again() -> None:
    truth = (2, 2.0, 3.0, 0.6, 1.8)
    customers = drawn(900, *truth, days=300)
    found = fitted(customers)
    assert found is not None
    assert found.population.k == 2
    assert found.log_likelihood >= erlang_log_likelihood(customers, *truth)
    assert found.log_likelihood - erlang_log_likelihood(customers, *truth) < 8
    assert found.population.r / found.population.alpha == pytest.approx(2.0 / 3.0, rel=0.15)
    assert found.population.a / (found.population.a + found.population.b) == pytest.approx(0.25, abs=0.05)
    # Half of the gaps of those who came back at all lie below the typical gap, or nearly: the open ones are longer.
    gaps = [later - earlier for one in customers for earlier, later in pairwise(one.days)]
    below = sum(gap <= found.population.typical_gap for gap in gaps) / len(gaps)
    assert 0.4 < below < 0.85


def test_the_same_histories_give_the_same_population_bit_for_bit() -> None:
    customers = drawn(220, 1, 1.5, 3.0, 0.6, 1.8, days=120)
    assert fitted(customers) == fitted(list(customers))


def test_from_too_little_nothing_is_learnt() -> None:
    assert fitted([history([10, 12], 90)] * 199) is None
    assert fitted([history([10, 12], 30)] * 400) is None
    assert fitted([history([10, 12], 40)] * 400) is not None


def test_the_minimum_of_a_bent_valley() -> None:
    place, value = minimum(lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2, (-1.2, 1.0), within=1e-12)
    assert value < 1e-9
    assert place == pytest.approx((1.0, 1.0), abs=1e-3)
