"""`make model RUNS=10000 STEPS=50 SECONDS=3600 SEED=1`: the machine for long, in rounds of 25 runs, each round on a database of its own.

Round n of a seed is always the same one: `SEED=4 FIRST=17 RUNS=25` repeats the round that failed, with its steps.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from collections.abc import Sequence

import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from deploy.local import postgres
from shared.testing.databases import create_template, server_folder, start_cluster
from tests.chaos.model.machine import Register
from tests.chaos.model.world import World, a_retired_type
from tests.chaos.results import record

ROUND = 25


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="make model", description=__doc__)
    parser.add_argument("--runs", type=int, default=250)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=86_400.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the round to begin with")
    chosen = parser.parse_args(arguments)
    # One line for each request and for each crash would be all that one sees.
    logging.disable(logging.WARNING)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found: list[str] = []
    rounds, began = 0, time.monotonic()
    with server_folder() as folder, a_retired_type():
        cluster = start_cluster(folder)
        try:
            asyncio.run(create_template(cluster))
            while rounds * ROUND < chosen.runs and time.monotonic() - began < chosen.seconds:
                Register.world = World(cluster)
                try:
                    _round(chosen.seed, chosen.first + rounds, chosen.steps)
                except Exception as error:
                    found.append(f"round {chosen.first + rounds}: {type(error).__name__}: {error}"[:2000])
                    print("\n".join((found[-1], *getattr(error, "__notes__", ()))), file=sys.stderr)
                finally:
                    Register.world.close()
                rounds += 1
                print(f"{time.monotonic() - began:6.0f} s: {rounds * ROUND} runs, {len(found)} failed rounds", file=sys.stderr)
        finally:
            postgres.stop(cluster.server)
    seconds = round(time.monotonic() - began)
    record("model", chosen.seed, rounds * ROUND, found, steps_a_run=chosen.steps, first_round=chosen.first, seconds=seconds)
    print(f"{rounds * ROUND} runs of {chosen.steps} steps in {seconds} s, {len(found)} rounds failed")
    return 1 if found else 0


def _round(of: int, number: int, steps: int) -> None:
    chosen = settings(
        max_examples=ROUND,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    machine = type("Round", (Register,), {})
    run_state_machine_as_test(seed(of * 1_000_000 + number)(machine), settings=chosen)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
