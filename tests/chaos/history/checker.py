"""Is a history of one stream what a single register would have answered? One pass over sorted operations, no search.

Every append writes a value of its own, so the store tells which version each of them became, and versions are a total order:
whoever disagrees with it or with real time is found by looking. After Elle (Kingsbury, Alvaro: traceable appends, VLDB 2020).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.history.operations import Operation, Stored

RULES = {
    "gap": "versions are 1..n",
    "two_of_one": "a version has one event, and an event one version",
    "elsewhere": "an append that was answered stands at the version after the one it was based on, and was told so",
    "failed_appears": "an append that was refused is not there",
    "doubled": "a value stands at most once",
    "foreign": "nothing is there that nobody wrote",
    "refused_without_reason": "an append is refused as stale only if the version after its base may have been there",
    "misread": "a read answers the value of its version",
    "from_the_future": "nothing is read before its append began",
    "stale": "what begins after an answer knows at least what was answered",
    "own_write": "a list that waited for a position knows it",
    "answers_differ": "a repeated command gets its first answer",
}
"""What may be found, and what holds otherwise."""


def violations(operations: Sequence[Operation], stored: Sequence[Stored], first: int = 1) -> Counter[str]:
    """How often each rule was broken; empty for a history without fault. The versions up to `first` were there before all operations."""
    found: Counter[str] = Counter()
    found.update(_of_store(operations, stored, first))
    values = {one.version: one.value for one in stored}
    versions = {one.value: one.version for one in stored if one.value is not None}
    began = {one.value: one.started for one in operations if one.kind == "append"}
    for one in operations:
        found.update(_of_one(one, values, versions, began, first))
    found.update(_of_order(operations))
    return found


def _of_store(operations: Sequence[Operation], stored: Sequence[Stored], first: int) -> Iterator[str]:
    if [one.version for one in stored] != list(range(1, len(stored) + 1)):
        yield "gap"
    if len({one.version for one in stored}) < len(stored) or len({one.event_id for one in stored}) < len(stored):
        yield "two_of_one"
    written = Counter(one.value for one in stored if one.version > first)
    asked = {one.value for one in operations if one.kind == "append"}
    for value, times in written.items():
        if value not in asked:
            yield "foreign"
        if times > 1:
            yield "doubled"


def _of_one(
    one: Operation,
    values: Mapping[int, str | None],
    versions: Mapping[str | None, int],
    began: Mapping[str | None, int],
    first: int,
) -> Iterator[str]:
    def begun_too_late(version: int) -> bool:
        return version > first and one.ended is not None and began.get(values.get(version), 0) > one.ended

    if one.answers > 1:
        yield "answers_differ"
    match one.kind, one.outcome:
        case "append", "ok":
            assert one.base is not None
            if one.version != one.base + 1 or values.get(one.base + 1) != one.value:
                yield "elsewhere"
        case "append", "failed":
            assert one.base is not None
            if one.value in versions:
                yield "failed_appears"
            if one.base + 1 not in values or begun_too_late(one.base + 1):
                yield "refused_without_reason"
        case "read", "ok":
            assert one.version is not None
            if one.version not in values or values[one.version] != one.value:
                yield "misread"
            if begun_too_late(one.version):
                yield "from_the_future"
        case "list", "ok":
            version = first if one.value is None else versions.get(one.value, 0)
            if version < (one.base or 0):
                yield "own_write"
            if begun_too_late(version):
                yield "from_the_future"


def _of_order(operations: Sequence[Operation]) -> Iterator[str]:
    answered = [one for one in operations if one.outcome == "ok" and one.kind != "list" and one.ended is not None]
    ends = sorted((one.ended, one.version) for one in answered if one.ended is not None and one.version is not None)
    known, passed = 0, 0
    for one in sorted(answered, key=lambda one: one.started):
        while passed < len(ends) and ends[passed][0] < one.started:
            known = max(known, ends[passed][1])
            passed += 1
        saw = one.base if one.kind == "append" else one.version
        if saw is not None and saw < known:
            yield "stale"
