"""The checker of histories finds each anomaly that is planted in a sound history, and nothing in a sound one."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from uuid import UUID

import pytest

from tests.chaos.history.checker import RULES, violations
from tests.chaos.history.operations import Operation, Stored

History = tuple[list[Operation], list[Stored]]
SEEDS = range(20)


def sound(seed: int, length: int = 200) -> History:
    """What clients see of a register that really is one: each operation happens at one moment between its start and its end."""
    chance = Random(seed)
    stored, operations = [Stored(1, _id(1), None)], []
    moment = 0
    for n in range(length):
        moment += chance.randrange(1, 100)
        started, ended = moment - chance.randrange(0, 300), moment + chance.randrange(0, 300)
        head = len(stored)
        match chance.choice(["append", "append", "read", "list"]):
            case "append":
                base = head if chance.random() < 0.7 else chance.randrange(0, head)
                lost, arrives = chance.random() < 0.15, chance.random() < 0.8
                outcome = "ok" if base == head else "failed"
                if base == head and (arrives or not lost):
                    stored.append(Stored(head + 1, _id(head + 1), f"v{n}"))
                if lost:
                    operations.append(Operation("append", started, None, "unknown", base, None, f"v{n}"))
                else:
                    version = head + 1 if outcome == "ok" else None
                    operations.append(Operation("append", started, ended, outcome, base, version, f"v{n}"))
            case "read":
                operations.append(Operation("read", started, ended, "ok", None, head, stored[-1].value))
            case "list":
                # A list may lag, though not behind what it was asked to wait for.
                base = chance.randrange(1, head + 1)
                shown = chance.randrange(base, head + 1)
                operations.append(Operation("list", started, ended, "ok", base, None, stored[shown - 1].value))
    # A version 0 does not exist before the stream does: nobody is refused for having seen it.
    return [one for one in operations if not (one.outcome == "failed" and one.base == 0)], stored


def _id(n: int) -> UUID:
    return UUID(int=n)


def _nth(history: History, kind: str, outcome: str, seed: int) -> int:
    operations, stored = history
    found = [
        at for at, one in enumerate(operations) if (one.kind, one.outcome) == (kind, outcome) and (one.version or 2) < len(stored)
    ]
    return Random(seed).choice(found)


def a_gap(history: History, seed: int) -> None:
    del history[1][Random(seed).randrange(1, len(history[1]) - 1)]


def two_events_of_one_version(history: History, seed: int) -> None:
    stored = history[1]
    at = Random(seed).randrange(1, len(stored) - 1)
    stored.insert(at, stored[at]._replace(event_id=_id(9999)))


def one_event_twice(history: History, seed: int) -> None:
    stored = history[1]
    stored[-1] = stored[-1]._replace(event_id=stored[Random(seed).randrange(len(stored) - 1)].event_id)


def an_acknowledged_append_is_lost(history: History, seed: int) -> None:
    operations, stored = history
    one = operations[_nth(history, "append", "ok", seed)]
    assert one.version is not None
    stored[:] = [s._replace(version=s.version - (s.version > one.version)) for s in stored if s.version != one.version]


def two_appends_on_one_version(history: History, seed: int) -> None:
    """Both were told that they had written: the lost update."""
    operations, _ = history
    one = operations[_nth(history, "append", "ok", seed)]
    operations.append(one._replace(value="the other"))


def a_wrong_version_is_answered(history: History, seed: int) -> None:
    operations, _ = history
    at = _nth(history, "append", "ok", seed)
    operations[at] = operations[at]._replace(version=(operations[at].version or 0) + 1)


def a_refused_append_is_there(history: History, seed: int) -> None:
    operations, _ = history
    at = _nth(history, "append", "ok", seed)
    operations[at] = operations[at]._replace(outcome="failed", version=None)


def an_unknown_append_is_there_twice(history: History, seed: int) -> None:
    stored = history[1]
    value = stored[Random(seed).randrange(1, len(stored))].value
    stored.append(Stored(len(stored) + 1, _id(len(stored) + 1), value))


def something_that_nobody_wrote(history: History, seed: int) -> None:
    stored = history[1]
    stored.append(Stored(len(stored) + 1, _id(len(stored) + 1), "nobody's"))


def a_refusal_without_reason(history: History, seed: int) -> None:
    operations, stored = history
    operations.append(Operation("append", 10**9, 10**9 + 5, "failed", len(stored), None, "refused"))


def a_refusal_before_its_reason(history: History, seed: int) -> None:
    operations, _ = history
    one = operations[_nth(history, "append", "ok", seed)]
    assert one.base is not None
    operations.append(Operation("append", one.started - 900, one.started - 800, "failed", one.base, None, "refused"))


def another_value_of_a_version(history: History, seed: int) -> None:
    operations, _ = history
    at = _nth(history, "read", "ok", seed)
    operations[at] = operations[at]._replace(value="another")


def a_read_of_what_is_not_there(history: History, seed: int) -> None:
    operations, stored = history
    at = _nth(history, "read", "ok", seed)
    operations[at] = operations[at]._replace(version=len(stored) + 1)


def a_read_before_its_append(history: History, seed: int) -> None:
    operations, _ = history
    one = operations[_nth(history, "append", "ok", seed)]
    operations.append(Operation("read", one.started - 900, one.started - 800, "ok", None, one.version, one.value))


def a_read_of_an_old_version(history: History, seed: int) -> None:
    operations, stored = history
    shown = stored[Random(seed).randrange(0, 3)]
    operations.append(Operation("read", 10**9, 10**9 + 5, "ok", None, shown.version, shown.value))


def an_append_on_an_old_version(history: History, seed: int) -> None:
    """Its base is older than what was already answered to somebody when it began, and yet it was accepted."""
    operations, _ = history
    at = _nth(history, "append", "ok", seed)
    operations[at] = operations[at]._replace(started=10**9, ended=10**9 + 5)


def a_list_without_the_own_write(history: History, seed: int) -> None:
    operations, stored = history
    operations.append(Operation("list", 10**9, 10**9 + 5, "ok", len(stored), None, stored[-2].value))


def a_repeat_with_another_answer(history: History, seed: int) -> None:
    operations, _ = history
    at = _nth(history, "append", "ok", seed)
    operations[at] = operations[at]._replace(answers=2)


PLANTED: dict[Callable[[History, int], None], str] = {
    a_gap: "gap",
    two_events_of_one_version: "two_of_one",
    one_event_twice: "two_of_one",
    an_acknowledged_append_is_lost: "elsewhere",
    two_appends_on_one_version: "elsewhere",
    a_wrong_version_is_answered: "elsewhere",
    a_refused_append_is_there: "failed_appears",
    an_unknown_append_is_there_twice: "doubled",
    something_that_nobody_wrote: "foreign",
    a_refusal_without_reason: "refused_without_reason",
    a_refusal_before_its_reason: "refused_without_reason",
    another_value_of_a_version: "misread",
    a_read_of_what_is_not_there: "misread",
    a_read_before_its_append: "from_the_future",
    a_read_of_an_old_version: "stale",
    an_append_on_an_old_version: "stale",
    a_list_without_the_own_write: "own_write",
    a_repeat_with_another_answer: "answers_differ",
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_history_has_no_violations(seed: int) -> None:
    operations, stored = sound(seed)
    assert {(one.kind, one.outcome) for one in operations} >= {("append", "ok"), ("append", "failed"), ("append", "unknown")}
    assert violations(operations, stored) == {}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_what_is_planted_is_found(plant: Callable[[History, int], None], seed: int) -> None:
    history = sound(seed)
    plant(history, seed)
    assert PLANTED[plant] in violations(*history)


def test_every_rule_is_planted_at_least_once() -> None:
    assert set(PLANTED.values()) == set(RULES)
