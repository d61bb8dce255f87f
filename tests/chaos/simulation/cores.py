"""Schedules on all cores."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
from collections.abc import Callable
from typing import Any

from tests.chaos.simulation.orders import last_alike, order_of, processes_begin_in
from tests.chaos.simulation.schedules import Ran, make_histories, prepare, run

PIECE = 1000
TOLD_SECONDS = 10.0
YEAR = 366 * 86400.0

Tell = Callable[[Ran], None]


def many(first: int, schedules: int, seconds: float, workers: int, tell: Tell | None = None) -> Ran:
    """Seeds from `first` on, without a hole, in pieces that several processes take one after the other. Ends early at a violation.

    `tell` hears every few seconds what was done so far.
    """
    done, end, until = Ran(), first + schedules, time.time() + min(seconds, YEAR)
    told = time.monotonic()

    def add(ran: Ran) -> None:
        nonlocal told
        done.add(ran)
        if tell is not None and time.monotonic() - told > TOLD_SECONDS:
            told = time.monotonic()
            tell(done)

    while first < end and not done.found and time.time() < until:
        alike = min(end, last_alike(first))
        _many_alike(first, alike, until, min(workers, -(-(alike - first) // PIECE)), add)
        first = alike
    return done


def _many_alike(first: int, end: int, until: float, workers: int, add: Tell) -> None:
    """Seeds of one order. Raises RuntimeError when a process ends before its work does."""
    context = multiprocessing.get_context("spawn")
    taken, results = context.Value("q", first), context.SimpleQueue()
    before = os.environ.copy()
    processes_begin_in(order_of(first))
    processes = [context.Process(target=_take, args=(taken, end, until, results), daemon=True) for _ in range(workers)]
    for process in processes:
        process.start()
    os.environ.clear()
    os.environ.update(before)
    working = workers
    while working:
        ran = results.get()
        if ran is None:
            working -= 1
            continue
        add(ran)
        if ran.found:
            with taken.get_lock():
                taken.value = end
    for process in processes:
        process.join()
        if process.exitcode:
            raise RuntimeError(f"a process of the simulation ended with {process.exitcode}")


def _take(taken: Any, end: int, until: float, results: Any) -> None:
    try:
        make_histories()
        prepare()
        while time.time() < until:
            with taken.get_lock():
                at = taken.value
                taken.value = at + PIECE
            if at >= end:
                break
            results.put(_apart(range(at, min(at + PIECE, end))))
    finally:
        results.put(None)


def _apart(seeds: range) -> Ran:
    """Run them in a copy of this process. It is thrown away with all that they leave, which costs much less than to collect it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writing, "wb") as out:
                pickle.dump(run(seeds, collect=False), out)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        ran: Ran = pickle.load(told)
    os.waitpid(child, 0)
    return ran
