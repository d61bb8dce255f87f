"""Faults under load, each replayable by its seed.

    python -m tests.chaos --scenario C3 --runs 20 --seed 1 --seconds 60 --rate 100
    python -m tests.chaos                                   all scenarios, 20 runs each
    python -m tests.chaos --smoke                           about three minutes, what a build server runs

Each scenario starts an installation of its own (the smoke has one for all), goes live, and then does run after run: commands
flow, something is broken, it rests, everything is checked. Results go to build/chaos.json. Ends with 1 when anything was found.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from tests.chaos.place import Place, running_place
from tests.chaos.results import record
from tests.chaos.scenarios import SCENARIOS, SMOKE, Chosen
from tests.chaos.stage import Stage, go_live

RUNS, SECONDS, RATE = 20, 60.0, 100.0
SMOKE_SECONDS, SMOKE_RATE = 5.0, 40.0


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--scenario", help="for example C3; several with commas; all when left out")
    arguments.add_argument("--runs", type=int, default=RUNS)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--seconds", type=float, default=SECONDS, help="load of each run")
    arguments.add_argument("--rate", type=float, default=RATE, help="commands a second")
    arguments.add_argument("--smoke", action="store_true", help="each once and short, one after the other in one installation")
    arguments.add_argument("--list", action="store_true", help="print the scenarios and end")
    chosen = arguments.parse_args()
    if chosen.list:
        for name, one in SCENARIOS.items():
            print(f"{name:4} {one.title}")
        return 0
    names = chosen.scenario.split(",") if chosen.scenario else list(SMOKE if chosen.smoke else SCENARIOS)
    if unknown := [name for name in names if name not in SCENARIOS]:
        arguments.error(f"there is no scenario {', '.join(unknown)}")
    if chosen.smoke:
        return asyncio.run(_smoke(names, chosen.seed))
    failed = 0
    for name in names:
        failed += asyncio.run(_scenario(name, chosen.seed, chosen.runs, chosen.seconds, chosen.rate))
    return 1 if failed else 0


async def _scenario(name: str, seed: int, runs: int, seconds: float, rate: float) -> int:
    one = SCENARIOS[name]
    if why := one.missing():
        print(f"{name} {one.title}: NOT RUN, {why}", flush=True)
        return 0
    began = time.monotonic()
    async with running_place(seed, extra=one.environment, small=one.small) as place:
        await go_live(place)
        stage = Stage(place, random.Random(seed), seconds, rate, f"{name}s{seed}")
        done = 0
        for run in range(runs):
            await _run(stage, name, one, seed, run, folded=run == runs - 1 or run % 5 == 4)
            done += 1
            if stage.violations:
                break
        _record(name, one, seed, done, stage, time.monotonic() - began)
        if stage.violations and os.environ.get("CHAOS_KEEP"):
            print(f"kept in {place.folder.root}")
    return len(stage.violations)


async def _smoke(names: Sequence[str], seed: int) -> int:
    began = time.monotonic()
    failed = 0
    async with running_place(seed) as place:
        print(f"up after {time.monotonic() - began:.0f} s", flush=True)
        await go_live(place)
        stages = Stage(place, random.Random(seed), SMOKE_SECONDS, SMOKE_RATE, f"smoke{seed}")
        for n, name in enumerate(names):
            started = time.monotonic()
            stage = replace(stages, violations=[], figures={}, dice=random.Random(f"{seed} {name}"))
            await _run(stage, name, SCENARIOS[name], seed, 0, folded=n == len(names) - 1)
            _record(name, SCENARIOS[name], seed, 1, stage, time.monotonic() - started)
            failed += len(stage.violations)
    print(f"{len(names)} scenarios in {time.monotonic() - began:.0f} s, {failed} violations")
    return 1 if failed else 0


async def _run(stage: Stage, name: str, one: Chosen, seed: int, run: int, *, folded: bool) -> None:
    started = time.monotonic()
    stage.dice = random.Random(f"{seed} {name} {run}")
    before = len(stage.violations)
    try:
        await one.scenario(stage)
        await _healed(stage.place)
        await stage.rest()
        rested = time.monotonic()
        await stage.check(folded=folded)
        stage.worst("check_seconds_worst", time.monotonic() - rested)
    except Exception as error:  # whatever breaks a run is a finding of it, and the next scenario is still wanted
        traceback.print_exc()
        stage.violations.append(f"the run ended with {type(error).__name__}: {error}")
        with suppress(TimeoutError):
            await _healed(stage.place)
    found = stage.violations[before:]
    print(f"{name} run {run} of seed {seed}: {len(found)} violations, {time.monotonic() - started:.1f} s", flush=True)
    for text in found[:10]:
        print(f"    {text}", flush=True)


async def _healed(place: Place) -> None:
    for way in (place.to_postgres, place.to_kafka, place.to_cards):
        way.heal()
    place.keep_postgres = place.keep_kafka = True
    place.unhurt()
    await place.ready()


def _record(name: str, one: Chosen, seed: int, runs: int, stage: Stage, seconds: float) -> None:
    figures: Sequence[tuple[str, Any]] = sorted(stage.figures.items())
    record(f"{name} {one.title}", seed, runs, stage.violations, seconds=round(seconds, 1), **dict(figures))
    told = ", ".join(f"{key} {value}" for key, value in figures)
    print(f"{name} {one.title}: {runs} runs, {len(stage.violations)} violations; {told}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
