"""The population of a company, learnt from its own purchase days: parameters of the models of silence by maximum likelihood.

The open gap of every customer counts, for the customers who stay away are the ones to learn from. Sources of the
likelihoods: Platzer & Reutterer 2016 (MBG/CNBD-k); the log-gap model is that of `silence_score`, one gap after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import exp, lgamma, log, log1p, sqrt
from typing import NamedTuple

from services.alerts.domain.minimum import Point, minimum
from services.alerts.domain.recalibration import calibrated
from services.alerts.domain.return_odds import learnt
from services.alerts.domain.rhythm import FORGET
from services.alerts.domain.silence_score import Population
from services.alerts.domain.student import normal_inverse_gamma, survival

FEWEST_CUSTOMERS = 200
FEWEST_DAYS = 60
MOST_HISTORIES = 20_000
MOST_GAP_HISTORIES = 2_500
"""Of the log-gap model, whose likelihood is dearer; its six numbers are known to a few per cent from this many."""
STAGES = (1, 2, 3, 4)
_LOWEST, _HIGHEST = log(1e-3), log(1e3)


class History(NamedTuple):
    """Purchase days of one customer in order (ordinals, each day once), and the last day through which it was watched."""

    days: Sequence[int]
    watched_until: int


class Fitted(NamedTuple):
    """`log_likelihood` of MBG/CNBD-k (weeks) and of the log-gap model (log days), over all histories that were used."""

    population: Population
    log_likelihood: float
    gap_log_likelihood: float
    histories: int


def fitted(histories: Iterable[History]) -> Fitted | None:
    """The population of these customers; None where too little is known yet: the defaults serve until then.

    A sample is taken evenly from the histories in the order given, so the same histories give the same population.
    """
    known = [one for one in histories if one.days and one.watched_until >= one.days[-1]]
    if not enough(known):
        return None
    chosen = _sample(known, MOST_HISTORIES)
    k, (r, alpha, a, b), likelihood = _fit_erlang(chosen)
    (mu0, kappa, nu, sd, gap_a, gap_b), gap_likelihood = _fit_gaps(_sample(known, MOST_GAP_HISTORIES))
    population = Population(float(k), r, alpha, a, b, mu0, kappa, nu, sd, gap_a, gap_b, learnt(chosen))
    population = replace(population, calibration=calibrated(chosen, population))
    return Fitted(population, likelihood, gap_likelihood, len(chosen))


def enough(histories: Sequence[History]) -> bool:
    """Whether there is anything to learn from these customers, each of whom has bought."""
    if len(histories) < FEWEST_CUSTOMERS:
        return False
    return max(one.watched_until for one in histories) - min(one.days[0] for one in histories) >= FEWEST_DAYS


def erlang_log_likelihood(histories: Sequence[History], k: int, r: float, alpha: float, a: float, b: float) -> float:
    """Of MBG/CNBD-k with these parameters per week; gaps in weeks."""
    return _Erlang(histories).log_likelihood(k, (r, alpha, a, b))


def gap_log_likelihood(
    histories: Sequence[History], mu0: float, kappa: float, nu: float, sd: float, gap_a: float, gap_b: float
) -> float:
    """Of the log-gap model with dropout; densities are of the logarithm of the gap in days."""
    return _gaps_likelihood([_logs(one) for one in histories], mu0, kappa, nu, sd, gap_a, gap_b)


def _sample(histories: Sequence[History], most: int) -> Sequence[History]:
    if len(histories) <= most:
        return histories
    return [histories[i * len(histories) // most] for i in range(most)]


class _Erlang:
    """The histories by what their likelihood depends on; most customers with one purchase are alike."""

    def __init__(self, histories: Sequence[History]) -> None:
        found = Counter((len(h.days) - 1, h.days[-1] - h.days[0], h.watched_until - h.days[-1]) for h in histories)
        self._rows = sorted((x, tx / 7.0, open_ / 7.0, many) for (x, tx, open_), many in found.items())
        self._purchases = sum(x * many for x, _, _, many in self._rows)
        self._customers = sum(found.values())
        self._log_gaps = sum(log((b - a) / 7.0) for h in histories for a, b in pairwise(h.days))

    def log_likelihood(self, k: int, parameters: Point) -> float:
        r, alpha, a, b = parameters
        total = (k - 1) * self._log_gaps - self._purchases * lgamma(k)
        total += self._customers * (r * log(alpha) - lgamma(r) - (lgamma(a) + lgamma(b) - lgamma(a + b)))
        last_x, shape, alive, front = -1, 0.0, 0.0, 0.0
        for x, tx, open_, many in self._rows:
            if x != last_x:
                last_x, shape, alive = x, r + k * x, (b + x) / a
                front = lgamma(shape) + lgamma(a + 1.0) + lgamma(b + x) - lgamma(a + b + x + 1.0)
            until_last = alpha + tx
            share = open_ / (until_last + open_)
            stages = term = 1.0
            for j in range(1, k):
                term *= (shape + j - 1.0) / j * share
                stages += term
            none = alive * stages * exp(-shape * log1p(open_ / until_last)) + 1.0
            total += many * (front - shape * log(until_last) + log(none))
        return total


def _fit_erlang(histories: Sequence[History]) -> tuple[int, Point, float]:
    # One k after the other, each from where the one before ended, as long as the likelihood grows.
    data = _Erlang(histories)
    start: Point = (log(1.0), log(5.0), log(0.6), log(1.2))
    best: tuple[int, Point, float] | None = None
    for k in STAGES:

        def loss(place: Point, k: int = k) -> float:
            return _outside(place) - data.log_likelihood(k, _inside(place))

        start, value = minimum(loss, start, within=0.01)
        if best is not None and -value <= best[2]:
            break
        best = (k, _inside(start), -value)
    assert best is not None
    return best


def _fit_gaps(histories: Sequence[History]) -> tuple[Point, float]:
    rows = [_logs(one) for one in histories]
    logs = [one for known, _ in rows for one in known] or [3.0]
    usual = sum(logs) / len(logs)

    def numbers(place: Point) -> Point:
        return (usual + place[0], *_inside(place[1:]))

    def loss(place: Point) -> float:
        mu0, kappa, nu, sd, gap_a, gap_b = numbers(place)
        return _outside(place) - _gaps_likelihood(rows, mu0, kappa, nu, sd, gap_a, gap_b)

    place, value = minimum(loss, (0.0, 0.0, log(4.0), log(0.7), log(0.5), log(1.5)), within=0.01)
    return numbers(place), -value


def _inside(place: Point) -> Point:
    return tuple(exp(min(max(one, _LOWEST), _HIGHEST)) for one in place)


def _outside(place: Point) -> float:
    # Beyond the borders the likelihood is that of the border; this leads back.
    return sum(100.0 * max(one - _HIGHEST, _LOWEST - one, 0.0) for one in place)


def _logs(history: History) -> tuple[tuple[float, ...], float]:
    open_ = history.watched_until - history.days[-1]
    return tuple(log(b - a) for a, b in pairwise(history.days)), log(open_) if open_ > 0 else float("-inf")


def _gaps_likelihood(
    rows: Sequence[tuple[tuple[float, ...], float]], mu0: float, kappa: float, nu: float, sd: float, gap_a: float, gap_b: float
) -> float:
    constants = _constants(max(len(known) for known, _ in rows), nu)
    total = 0.0
    for known, open_ in rows:
        n = s1 = s2 = 0.0
        for x, one in enumerate(known):
            location, variance, freedom = normal_inverse_gamma(n, s1, s2, location=mu0, weight=kappa, freedom=nu, spread=sd)
            square = variance * (kappa + n + 1.0) / (kappa + n)
            away = one - location
            density = constants[x] - 0.5 * log(square) - 0.5 * (freedom + 1.0) * log1p(away * away / (square * freedom))
            total += density - log1p(gap_a / (gap_b + x))
            n, s1, s2 = FORGET * n + 1.0, FORGET * s1 + one, FORGET * s2 + one * one
        if open_ > float("-inf"):
            location, variance, freedom = normal_inverse_gamma(n, s1, s2, location=mu0, weight=kappa, freedom=nu, spread=sd)
            scale = sqrt(variance * (kappa + n + 1.0) / (kappa + n))
            gone = gap_a / (gap_a + gap_b + len(known))
            total += log(gone + (1.0 - gone) * survival((open_ - location) / scale, freedom))
    return total


def _constants(gaps: int, nu: float) -> list[float]:
    found, n = [], 0.0
    for _ in range(gaps + 1):
        freedom = nu + n
        found.append(lgamma((freedom + 1.0) / 2.0) - lgamma(freedom / 2.0) - 0.5 * log(3.141592653589793 * freedom))
        n = FORGET * n + 1.0
    return found
