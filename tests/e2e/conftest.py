"""Whole installations on this machine: real processes, a small sample."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.installations import DEALERS, SEED, Installation, kept_up, up_once


@pytest.fixture(scope="session")
def on_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A running installation with a real broker, its warnings out. Ctrl-C ends it, and nothing of it stays."""
    folder = tmp_path_factory.mktemp("on-kafka") / "regulars"
    with kept_up(folder, "--seed", str(SEED), "--dealers", str(DEALERS), "--traces") as installation:
        yield installation


@pytest.fixture(scope="session")
def on_stores(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation without a broker that ran once."""
    folder = tmp_path_factory.mktemp("on-stores") / "regulars"
    done = up_once(folder, "--no-kafka", "--seed", str(SEED), "--dealers", str(DEALERS))
    assert done.returncode == 0, done.stdout + done.stderr
    return Installation(folder)
