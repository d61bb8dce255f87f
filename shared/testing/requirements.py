"""pytest plugin: which requirement rows the passed tests of a run prove, written to build/requirements.json."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = ROOT / "docs" / "requirements.md"
REPORT = ROOT / "build" / "requirements.json"
_ROW = re.compile(r"^\| (S[0-9]\.[0-9]+) \| ([a-z, ]+) \| (.+) \|$", re.MULTILINE)


def known_rows() -> dict[str, str]:
    """Title of every row, by its id, in the order of the list."""
    return {row: title for row, _, title in _ROW.findall(ROWS.read_text())}


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Recorder(), "regulars-requirements")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = known_rows()
    for item in items:
        for marker in item.iter_markers("requirement"):
            for row in marker.args:
                if row not in known:
                    raise pytest.UsageError(f"{item.nodeid}: there is no requirement row {row}")
                item.user_properties.append(("requirement", row))


class _Recorder:
    """In the process that sees the reports of all workers."""

    def __init__(self) -> None:
        self._proved: dict[str, set[str]] = defaultdict(set)
        self._failed: set[str] = set()
        self._ran = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ran = True
        if report.failed:
            self._failed.add(report.nodeid)
        if report.when == "call" and report.passed:
            for name, row in report.user_properties:
                if name == "requirement":
                    self._proved[str(row)].add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        if not self._ran:
            return
        order = {row: place for place, row in enumerate(known_rows())}
        proved = {row: sorted(self._proved[row] - self._failed) for row in sorted(self._proved, key=lambda row: order[row])}
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(json.dumps({row: tests for row, tests in proved.items() if tests}, indent=2) + "\n")
