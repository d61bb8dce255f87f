"""The minimum of a smooth function of a few numbers: the simplex of Nelder & Mead (1965)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Point = tuple[float, ...]


def minimum(
    function: Callable[[Point], float], start: Sequence[float], *, step: float = 0.5, within: float = 1e-4, most: int = 600
) -> tuple[Point, float]:
    """Place and value of a minimum near `start`. Ends when the values of the simplex differ by less than `within`, or
    after `most` evaluations. The same start gives the same answer, bit for bit."""
    first = tuple(start)
    corners = [first, *((*first[:i], first[i] + step, *first[i + 1 :]) for i in range(len(first)))]
    simplex = sorted(((function(corner), corner) for corner in corners), key=lambda one: one[0])
    spent = len(simplex)
    while spent < most and simplex[-1][0] - simplex[0][0] > within:
        worst_value, worst = simplex[-1]
        centre = [sum(corner[i] for _, corner in simplex[:-1]) / len(first) for i in range(len(first))]

        def along(factor: float, centre: list[float] = centre, worst: Point = worst) -> tuple[float, Point]:
            place = tuple(c + factor * (w - c) for c, w in zip(centre, worst, strict=True))
            return function(place), place

        tried = along(-1.0)
        spent += 1
        if tried[0] < simplex[0][0]:
            tried = min(tried, along(-2.0), key=lambda one: one[0])
            spent += 1
        elif tried[0] >= simplex[-2][0]:
            tried = along(-0.5 if tried[0] < worst_value else 0.5)
            spent += 1
            if tried[0] >= min(worst_value, simplex[-1][0]):
                best = simplex[0][1]
                shrunk = [tuple(b + 0.5 * (c - b) for b, c in zip(best, corner, strict=True)) for _, corner in simplex[1:]]
                simplex = sorted([simplex[0], *((function(corner), corner) for corner in shrunk)], key=lambda one: one[0])
                spent += len(shrunk)
                continue
        simplex = sorted([*simplex[:-1], tried], key=lambda one: one[0])
    return simplex[0][1], simplex[0][0]
