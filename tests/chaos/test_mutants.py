"""The seeded bugs follow the code: each still has its place. That each is found takes minutes and is `make mutants`."""

from __future__ import annotations

from tests.chaos.mutants.bugs import BUGS
from tests.chaos.mutants.copies import ROOT


def test_every_seeded_bug_has_exactly_one_place_in_the_code() -> None:
    missing = [
        f"bug {bug.number}: {change.file}"
        for bug in BUGS
        for change in bug.changes
        if (ROOT / change.file).read_text().count(change.before) != 1
    ]
    assert missing == []
    assert all(bug.changes for bug in BUGS)
