"""The simulation in CI time: 100,000 schedules where the machine is quick enough, those of old failures first."""

from __future__ import annotations

import os
from pathlib import Path

from tests.chaos.results import record
from tests.chaos.simulation.cores import many

SEEDS = Path(__file__).parent / "simulation" / "seeds.txt"
SCHEDULES, SECONDS = 100_000, 180.0


def test_no_schedule_finds_anything() -> None:
    """INVARIANT: whatever crashes, stops, is lost or comes twice: nothing is lost, doubled or out of order, and all comes to rest.

    Broken by anything that a simulated fault can reach; `python -m tests.chaos.simulation --replay SEED` shows the schedule again.
    """
    again = [int(line.split()[0]) for line in SEEDS.read_text().splitlines() if line and not line.startswith("#")]
    for seed in again:
        assert many(seed, 1, 60.0, 1).found == {}
    done = many(0, SCHEDULES, SECONDS, os.cpu_count() or 1)
    record(
        "simulation",
        seed=0,
        runs=done.schedules,
        violations=[f"seed {seed}: {found}" for seed, found in done.found.items()],
        kinds=dict(done.kinds),
        faults=dict(done.faults),
    )
    assert done.found == {}
    assert done.schedules >= 1000
