"""A long steady run: memory, file descriptors and threads of each process must not grow.

    python -m tests.chaos.soak --seconds 28800 --rate 60 --seed 1

After the first hour, or the first third of a shorter run, the slope of the resident memory of each process is fitted: under
1 MiB an hour is wanted of a run of three hours or more; a shorter one tells it and judges nothing but the invariants.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
from collections import defaultdict
from contextlib import suppress

import psutil

from tests.chaos.place import Place, running_place
from tests.chaos.results import record
from tests.chaos.stage import Stage, go_live

EVERY_SECONDS = 20.0
WARM_SECONDS = 3600.0
JUDGED_SECONDS = 3 * 3600.0
MIB_AN_HOUR = 1.0


async def soak(seconds: float, rate: float, seed: int) -> int:
    """Run, fit and record. The number of violations."""
    async with running_place(seed) as place:
        await go_live(place)
        stage = Stage(place, random.Random(seed), seconds, rate, f"soak{seed}")
        memory: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        handles: defaultdict[str, list[int]] = defaultdict(list)
        began = time.monotonic()
        async with stage.loaded():
            while time.monotonic() - began < seconds:
                await asyncio.sleep(EVERY_SECONDS)
                _sample(place, time.monotonic() - began, memory, handles)
                print(f"{time.monotonic() - began:.0f} s: " + _said(memory), flush=True)
        await stage.rest()
        await stage.check(folded=True)
        warm = min(WARM_SECONDS, seconds / 3)
        for name, samples in sorted(memory.items()):
            slope = _slope([(t, mib) for t, mib in samples if t >= warm])
            stage.figures[f"mib_an_hour_{name}"] = round(slope, 2)
            stage.figures[f"mib_{name}"] = round(samples[-1][1])
            if seconds >= JUDGED_SECONDS and name.rpartition("-")[0] and slope > MIB_AN_HOUR:
                stage.violations.append(f"{name} grows by {slope:.1f} MiB an hour")
            stage.figures[f"handles_{name}"] = [min(handles[name]), max(handles[name])]
        record("soak", seed, 1, stage.violations, seconds=round(seconds), **stage.figures)
    for text in stage.violations[:20]:
        print(f"    {text}")
    return len(stage.violations)


def _sample(
    place: Place, at: float, memory: defaultdict[str, list[tuple[float, float]]], handles: defaultdict[str, list[int]]
) -> None:
    for name, pid in place.supervisor.pids().items():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            memory[name].append((at, process.memory_info().rss / (1 << 20)))
            handles[name].append(process.num_fds() + process.num_threads())


def _said(memory: defaultdict[str, list[tuple[float, float]]]) -> str:
    return ", ".join(f"{name} {samples[-1][1]:.0f}" for name, samples in sorted(memory.items())) + " MiB"


def _slope(samples: list[tuple[float, float]]) -> float:
    """MiB an hour, by least squares."""
    if len(samples) < 2:
        return 0.0
    mean_t = sum(t for t, _ in samples) / len(samples)
    mean_m = sum(m for _, m in samples) / len(samples)
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return 3600 * sum((t - mean_t) * (m - mean_m) for t, m in samples) / spread


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=8 * 3600.0)
    arguments.add_argument("--rate", type=float, default=60.0)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    return 1 if asyncio.run(soak(chosen.seconds, chosen.rate, chosen.seed)) else 0


if __name__ == "__main__":
    sys.exit(main())
