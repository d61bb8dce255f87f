"""The garbage collector of a process that reads records by the ten thousand."""

from __future__ import annotations

import gc

YOUNG = 50_000
MIDDLE, OLD = 20, 50


def collect_seldom() -> None:
    """Call once, when a work process has been put together: what it holds by then stays, and is not looked through again.

    A batch makes tens of thousands of objects that reference counts free; looking for cycles among them at the usual
    intervals took a third of the time of reading it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
