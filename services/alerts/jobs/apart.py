"""A process apart for long computations: warnings go on while it computes, and it ends with the process that made it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait

NICE = 10


@contextmanager
def one_apart() -> Iterator[ProcessPoolExecutor]:
    """One process, of lower priority than the service. It is begun with the first task, and ends with the block."""
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
    try:
        yield pool
    finally:
        # A task that nobody waits for any more is not waited for.
        pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    os.nice(NICE)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # Killed, the parent tells nobody; without this its child would wait for tasks for ever.
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
