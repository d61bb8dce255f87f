"""`regulars backtest --rule` over the log of a running installation."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from xml.etree import ElementTree

from tests.e2e.installations import Installation, regulars


def test_a_draft_is_tried_on_the_installation_s_own_past(on_kafka: Installation, tmp_path: Path) -> None:
    out = tmp_path / "tried"
    arguments = ("backtest", "--rule", "overdue_debt", "--parameters", "watch_days=3", "--out", str(out))
    done = regulars(on_kafka.folder, *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads((out / "summary.json").read_text())
    result = found["result"]
    assert (found["state"], result["known"], result["parked"]) == ("DONE", "HISTORY_ON_ITS_DAY", 0)
    present, draft = result["variants"]["present"], result["variants"]["draft"]
    assert draft["alerts"] >= present["alerts"] > 0 and result["compared"]["only_present"] == 0
    with (out / "alerts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["variant"] for row in rows} == {"present", "draft"}
    assert sum(row["variant"] == "present" and row["standing"] == "no" for row in rows) == present["alerts"]
    assert ElementTree.parse(out / "plot.svg").getroot().tag.endswith("svg")
    assert "for nothing" in done.stdout and done.stdout.index("present") < done.stdout.index("draft")

    refused = regulars(on_kafka.folder, "backtest", "--rule", "none")
    assert refused.returncode == 1 and "RULE_UNKNOWN" in refused.stderr
