"""A short run of the machine, always the same one; `make model` runs it for long, each time with other chances."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from shared.testing.databases import Cluster
from tests.chaos.model.machine import Register
from tests.chaos.model.world import World, a_retired_type


def test_every_answer_is_the_models_and_every_read_model_a_fold(cluster: Cluster) -> None:
    """INVARIANT: a command takes effect once or not at all, whatever crashes; answers, lists and rebuilt lists agree with the events."""
    chosen = settings(
        max_examples=6,
        stateful_step_count=20,
        deadline=None,
        derandomize=True,
        database=None,
        # What fails is told as it was found: making it smaller takes minutes.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with a_retired_type():
        Register.world = World(cluster)
        try:
            run_state_machine_as_test(Register, settings=chosen)
        finally:
            Register.world.close()
