"""Schedules on all cores."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.simulation.schedules import Ran, prepare, run

PIECE = 100
TOLD_SECONDS = 10.0
YEAR = 366 * 86400.0


def many(first: int, schedules: int, seconds: float, workers: int, tell: Callable[[str], None] | None = None) -> Ran:
    """Seeds from `first` on, without a hole, in pieces that several processes take one after the other. Ends early at a violation."""
    context = multiprocessing.get_context("spawn")
    taken, results = context.Value("q", first), context.Queue()
    until = time.time() + min(seconds, YEAR)
    processes = [
        context.Process(target=_take, args=(taken, first + schedules, until, results), daemon=True) for _ in range(workers)
    ]
    for process in processes:
        process.start()
    done, began, working = Ran(), time.monotonic(), workers
    told = began
    while working:
        ran = results.get()
        if ran is None:
            working -= 1
            continue
        done.add(ran)
        if done.found:
            with taken.get_lock():
                taken.value = first + schedules
        if tell is not None and time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            tell(
                f"{done.schedules:>12,} schedules, {done.schedules / (told - began):,.0f} a second, {len(done.found)} with violations"
            )
    for process in processes:
        process.join()
    return done


def _take(taken: Any, end: int, until: float, results: Any) -> None:
    prepare()
    while time.time() < until:
        with taken.get_lock():
            at = taken.value
            taken.value = at + PIECE
        if at >= end:
            break
        results.put(run(range(at, min(at + PIECE, end))))
    results.put(None)
