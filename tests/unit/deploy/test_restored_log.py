"""A restored log is at least as long as the backup said."""

from __future__ import annotations

from deploy.backup.steps import shorter_than


def test_a_log_that_ends_before_its_recorded_end_is_named() -> None:
    heads = {"cards": "1.900.3", "alerts": "1.880.1", "complaints": "0.0.0"}
    assert shorter_than(heads, {"cards": "1.900.2", "alerts": "1.880.1", "complaints": "0.0.0"}) == ["cards"]


def test_a_log_may_go_on_behind_its_recorded_end() -> None:
    assert shorter_than({"cards": "1.900.3"}, {"cards": "2.5.1"}) == []
