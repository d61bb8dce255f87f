"""The scenarios by their numbers. Each is a function of a stage: it breaks something while commands flow, and measures."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.chaos.scenarios import answers, content, dependencies, operations, processes
from tests.chaos.stage import Scenario


def _nothing() -> str | None:
    return None


def rooted() -> str | None:
    """Why nothing can be mounted here."""
    return None if os.geteuid() == 0 else "a small file system can be mounted by root alone"


@dataclass(frozen=True)
class Chosen:
    """`environment` is added to the services' own; `small`: file systems of so many MiB (see running_place); `missing` says why the scenario cannot be run here, None where it can."""

    title: str
    scenario: Scenario
    environment: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    small: Mapping[str, int] = field(default_factory=dict)
    missing: Callable[[], str | None] = _nothing


SCENARIOS: dict[str, Chosen] = {
    "C1": Chosen("API killed", processes.api_killed),
    "C2": Chosen("relay killed at eight points", processes.relay_killed),
    "C3": Chosen("relay stopped, standby takes over, zombie wakes", processes.relay_stopped),
    "C4": Chosen("two relays lead at once", processes.two_relays, {"cards": {"CHAOS_UNLOCKED": "1"}}),
    "C5": Chosen("consumers killed and stopped, members come and go", processes.consumers_hurt),
    "C6": Chosen("PostgreSQL killed", dependencies.postgres_killed),
    "C7": Chosen("Kafka killed, its newest records lost", dependencies.kafka_killed),
    "C8": Chosen("Kafka and PostgreSQL out of reach", dependencies.out_of_reach),
    "C9": Chosen("answers lost after the commit", answers.answers_lost),
    "C10": Chosen("disk full", operations.disk_full, small={"postgres": 700, "kafka": 300, "logs": 40}, missing=rooted),
    "C11": Chosen("slow network", dependencies.slow),
    "C12": Chosen("clocks jump", content.clocks_jump),
    "C13": Chosen("a foreign transaction stays open", dependencies.transaction_open),
    "C14": Chosen("foreign and poisonous records", content.poisoned),
    "C15": Chosen("rebuilds under load, killed ten times", operations.rebuilt),
    "C16": Chosen("later version beside the older, and back", processes.upgraded),
    "C17": Chosen("erasure, and a restore from before it", operations.erased),
    "C18": Chosen("older store than its topics, a topic gone", operations.restored),
    "C19": Chosen("no connections, no file descriptors", answers.exhausted),
    "C20": Chosen("ten times the load, one hot customer", answers.overloaded),
}

SMOKE = ("C1", "C2", "C3", "C6", "C7", "C9", "C5")
