"""`python -m tests.chaos.simulation`: many schedules on all cores, with a line every few seconds; `--replay SEED` runs one again.

A run is resumed by `--first` where the last one ended, which it says.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.chaos.results import record
from tests.chaos.simulation.cores import many
from tests.chaos.simulation.orders import begin_in, order_of
from tests.chaos.simulation.schedules import Ran, kind_of, prepare, schedule


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m tests.chaos.simulation", description=__doc__)
    arguments.add_argument("--schedules", type=int, default=100_000)
    arguments.add_argument("--seconds", type=float, default=float("inf"), help="end after this time, with what was done by then")
    arguments.add_argument("--first", type=int, default=0, help="the first seed")
    arguments.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments.add_argument("--replay", type=int, help="run this seed alone and tell what it found")
    asked = arguments.parse_args()
    if asked.replay is not None:
        return _replay(asked.replay)
    began = time.monotonic()

    def tell(done: Ran) -> None:
        a_second = done.schedules / (time.monotonic() - began)
        print(f"{done.schedules:>12,} schedules, {a_second:,.0f} a second, {len(done.found)} with violations", flush=True)

    done = many(asked.first, asked.schedules, asked.seconds, asked.workers, tell)
    seconds = time.monotonic() - began
    print(f"{done.schedules:,} schedules in {seconds:.0f} s, {len(done.found)} with violations; {_told(done)}")
    print(f"seeds {asked.first} to {asked.first + done.schedules - 1}; go on with --first {asked.first + done.schedules}")
    for seed, violation in done.found.items():
        print(f"  seed {seed} ({kind_of(seed)}): {violation}\n    python -m tests.chaos.simulation --replay {seed}")
    record(
        "simulation",
        seed=asked.first,
        runs=done.schedules,
        violations=[f"seed {seed}: {violation}" for seed, violation in done.found.items()],
        seconds=round(seconds, 1),
        steps=done.steps,
        kinds=dict(done.kinds),
        faults=dict(done.faults),
    )
    return 1 if done.found else 0


def _replay(seed: int) -> int:
    begin_in(order_of(seed))
    prepare()
    world = schedule(seed)
    print(
        f"seed {seed}, {kind_of(seed)}: {world.loop.steps} steps, {world.loop.now:.3f} s, faults: {', '.join(world.done) or 'none'}"
    )
    for violation in world.violations:
        print(f"  {violation}")
    return 1 if world.violations else 0


def _told(done: Ran) -> str:
    kinds = ", ".join(f"{count:,} {name}" for name, count in done.kinds.items())
    return f"{kinds}; {done.steps:,} steps, {done.faults.total():,} faults"


if __name__ == "__main__":
    sys.exit(main())
