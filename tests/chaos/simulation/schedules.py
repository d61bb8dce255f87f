"""From a seed to a schedule: which kind, how many faults, how likely each."""

from __future__ import annotations

import gc
import logging
import os
import random
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.chaos.simulation.appending import appending
from tests.chaos.simulation.following import HISTORIES, following, history
from tests.chaos.simulation.judging import STORIES, judging, story
from tests.chaos.simulation.relaying import relaying
from tests.chaos.simulation.standing_in import stand_in
from tests.chaos.simulation.world import World

Kind = Callable[[World], None]
KINDS: dict[str, tuple[Kind, int]] = {
    "appending": (appending, 34),
    "relaying": (relaying, 46),
    "following": (following, 16),
    "judging": (judging, 4),
}
"""Each with its share of a hundred seeds."""
_OF_SEED = random.Random(0).sample([name for name, (_, share) in KINDS.items() for _ in range(share)], 100)
COLLECT_EVERY = 5
"""As long as they are few and still in the processor's cache, it costs a third of what it costs with hundreds of schedules."""


@dataclass
class Ran:
    """What a number of schedules came to. `found`: by seed, the first violation."""

    schedules: int = 0
    steps: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    found: dict[int, str] = field(default_factory=dict)

    def add(self, other: Ran) -> None:
        self.schedules += other.schedules
        self.steps += other.steps
        self.kinds.update(other.kinds)
        self.faults.update(other.faults)
        self.found.update(other.found)


def kind_of(seed: int) -> str:
    return _OF_SEED[seed % len(_OF_SEED)]


def schedule(seed: int) -> World:
    """Run one; the same seed is the same schedule."""
    world = World(seed)
    try:
        KINDS[kind_of(seed)][0](world)
    except Exception as error:
        world.found(f"the simulation itself: {type(error).__name__}: {error}")
    finally:
        world.close()
    return world


def make_histories() -> None:
    """Those that schedules choose from, once before many schedules."""
    for number in range(HISTORIES):
        history(number)
    for number in range(STORIES):
        story(number)


def prepare() -> None:
    """Once in a process that simulates and does nothing else. Raises RuntimeError when a seed would not be the same schedule again."""
    if sys.flags.hash_randomization and os.environ.get("PYTHONHASHSEED", "random") == "random":
        raise RuntimeError("the order of sets is not that of a seed: PYTHONHASHSEED is not set")
    stand_in()
    logging.disable(logging.CRITICAL)
    # Suspended tasks of processes that were killed are thrown away, and must not make themselves heard.
    warnings.simplefilter("ignore", RuntimeWarning)
    sys.unraisablehook = lambda _: None
    gc.collect()
    gc.freeze()
    gc.disable()


def run(seeds: Iterable[int], most_found: int = 20, *, collect: bool = True) -> Ran:
    """Run schedules one after the other; no more of them when so many have found something.

    Without `collect` what they leave stays, 60 kB each: for a process that ends soon.
    """
    ran = Ran()
    for seed in seeds:
        world = schedule(seed)
        ran.schedules += 1
        ran.steps += world.loop.steps
        ran.kinds[kind_of(seed)] += 1
        ran.faults.update(world.done)
        if world.violations:
            ran.found[seed] = world.violations[0]
            if len(ran.found) >= most_found:
                break
        if collect and ran.schedules % COLLECT_EVERY == 0:
            gc.collect()
    return ran
