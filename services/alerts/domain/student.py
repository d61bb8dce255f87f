"""Student's t distribution, without a numeric library."""

from __future__ import annotations

from collections.abc import Callable
from math import atan, cos, erfc, exp, lgamma, log, log1p, pi, sqrt

SQRT_2 = sqrt(2.0)
_TINY = 1e-300
_PRECISION = 1e-12
_FEWEST_FREEDOM, _MANY_FREEDOM = 2.0, 7.0
_GAUSS_LEGENDRE = (
    (0.1488743389816312, 0.2955242247147529),
    (0.4333953941292472, 0.2692667193099962),
    (0.6794095682990244, 0.2190863625159822),
    (0.8650633666889845, 0.1494513491505805),
    (0.9739065285171716, 0.0666713443086877),
)
_POINTS = tuple((0.5 + 0.5 * sign * at, 0.5 * weight) for at, weight in _GAUSS_LEGENDRE for sign in (-1.0, 1.0))
"""Ten points between 0 and 1 (Abramowitz & Stegun 25.4.30, table 25.4)."""


def survival(t: float, df: float) -> float:
    """P(T > t) for Student's t with `df` > 0 degrees of freedom, which need not be whole."""
    return survival_of(df)(t)


def survival_of(df: float) -> Callable[[float], float]:
    """The function t -> P(T > t) for Student's t with these degrees of freedom, to about 1e-8.

    From seven degrees of freedom on the normal tail at an equivalent deviate (Hill 1970, CACM algorithm 395). For fewer: with
    t = sqrt(df) tan(angle), P(0 < T < t) is the integral of cos(angle)^(df - 1) times a constant, which is smooth save for very
    few; for these, half of the regularised incomplete beta function at df / (df + t^2) (Abramowitz & Stegun 26.7.1).
    """
    if df > _MANY_FREEDOM:
        return _by_normal(df)
    if df < _FEWEST_FREEDOM:
        return lambda t: _by_beta(t, df)
    scale, power = 1.0 / sqrt(df), df - 1.0
    front = exp(lgamma((df + 1.0) / 2.0) - lgamma(df / 2.0)) / sqrt(pi)

    def survives(t: float) -> float:
        angle = atan(t * scale)
        total = 0.0
        for at, weight in _POINTS:
            total += weight * cos(angle * at) ** power
        return min(max(0.5 - front * angle * total, 0.0), 1.0)

    return survives


def _by_normal(df: float) -> Callable[[float], float]:
    a = df - 0.5
    b = 48.0 * a * a
    c = 100.0 + b

    def survives(t: float) -> float:
        y = a * log1p(t * t / df)
        z = (((((-0.4 * y - 3.3) * y - 24.0) * y - 85.5) / (0.8 * y * y + c) + y + 3.0) / b + 1.0) * sqrt(y)
        tail = 0.5 * erfc(z / SQRT_2)
        return tail if t > 0 else 1.0 - tail

    return survives


def _by_beta(t: float, df: float) -> float:
    if abs(t) < 1e-12:
        return 0.5
    x = df / (df + t * t)
    tail = 0.5 * _incomplete_beta(df / 2.0, 0.5, x, log_rest=log(t * t / (df + t * t)))
    return tail if t > 0 else 1.0 - tail


def _incomplete_beta(a: float, b: float, x: float, log_rest: float) -> float:
    # log_rest is log(1 - x), passed in because 1 - x loses digits near x = 1.
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log_rest)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(a, b, x) / a
    return 1.0 - front * _continued_fraction(b, a, exp(log_rest)) / b


def _continued_fraction(a: float, b: float, x: float) -> float:
    # Lentz's method for the continued fraction of Abramowitz & Stegun 26.5.8.
    # One plus or minus something is exactly nought or far from _TINY, so the test for nought is enough.
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0) or _TINY)
    h = d
    for m in range(1, 300):
        at = a + 2 * m
        even = m * (b - m) * x / ((at - 1.0) * at)
        d = 1.0 / (1.0 + even * d or _TINY)
        c = 1.0 + even / c or _TINY
        h *= d * c
        odd = -(a + m) * (a + b + m) * x / (at * (at + 1.0))
        d = 1.0 / (1.0 + odd * d or _TINY)
        c = 1.0 + odd / c or _TINY
        step = d * c
        h *= step
        if -_PRECISION < step - 1.0 < _PRECISION:
            break
    return h


def normal_inverse_gamma(
    n: float, total: float, squares: float, *, location: float, weight: float, freedom: float, spread: float
) -> tuple[float, float, float]:
    """Posterior of a normal with unknown mean and variance: (location, variance, degrees of freedom).

    `n`, `total` and `squares` are count, sum and sum of squares (they may be discounted); the prior is worth `weight`
    observations at `location` and `freedom` degrees of freedom of standard deviation `spread`.
    """
    if n <= 0.0:
        return location, spread * spread, freedom
    mean = total / n
    away = mean - location
    around = max(squares - n * mean * mean, 0.0)
    variance = (freedom * spread * spread + around + weight * n / (weight + n) * away * away) / (freedom + n)
    return (weight * location + total) / (weight + n), variance, freedom + n
