"""The order in which sets are gone through. Python draws it when a process begins; here it follows from the seed as all else does."""

from __future__ import annotations

import os
import sys

SEEDS_ALIKE = 100_000
"""So many seeds after each other share an order: another one wants another process."""
_VARIABLE = "PYTHONHASHSEED"


def order_of(seed: int) -> str:
    """As Python takes it from the environment."""
    return str(seed // SEEDS_ALIKE)


def last_alike(seed: int) -> int:
    """The first seed behind this one that has another order."""
    return (seed // SEEDS_ALIKE + 1) * SEEDS_ALIKE


def begin_in(order: str) -> None:
    """Unless this process has that order, begin it anew: the call does not return then."""
    if os.environ.get(_VARIABLE) != order:
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {_VARIABLE: order})


def processes_begin_in(order: str) -> None:
    """Processes that are spawned from now on have that order."""
    os.environ[_VARIABLE] = order
