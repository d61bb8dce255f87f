"""The rules over our metrics: each fires when it should, keeps quiet otherwise, and has a page that says what to do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from deploy.prometheus.binaries import binary

ROOT = Path(__file__).resolve().parents[3]
HERE = ROOT / "deploy" / "prometheus"
RULES = (HERE / "rules.yml").read_text()
NAMES = re.findall(r"- alert: (\w+)", RULES)


def shown() -> set[str]:
    """Every documented metric under the names that Prometheus stores."""
    found = {"up"}
    for names, kind in re.findall(
        r"^\| (`.*?`(?:, `.*?`)*) \| (\w+) \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE
    ):
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
        found |= {name + ending for name in re.findall(r"`(\w+)`", names) for ending in endings}
    return found


def asked(text: str) -> set[str]:
    """Names of metrics in an expression."""
    return set(re.findall(r"\b(?:regulars|process|python)_[a-z_]+\b", text))


def test_every_rule_fires_and_keeps_quiet_as_its_cases_say() -> None:
    done = subprocess.run(
        [binary("promtool"), "test", "rules", HERE / "rules_test.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cases = (HERE / "rules_test.yml").read_text()
    assert [name for name in NAMES if f"name: {name} fires" not in cases or f"name: {name} keeps quiet" not in cases] == []
    fires = re.findall(r"alertname: (\w+)\n +exp_alerts:\n", cases)
    assert sorted(fires) == sorted(NAMES)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    pages = {page.stem for page in (ROOT / "docs" / "runbook").glob("*.md")}
    assert pages == set(NAMES)
    assert set(re.findall(r"runbook: docs/runbook/(\w+)\.md", RULES)) == pages


def test_rules_and_dashboards_ask_for_nothing_that_is_not_shown() -> None:
    boards = [board.read_text() for board in (ROOT / "deploy" / "grafana" / "dashboards").glob("*.json")]
    assert boards
    for text in (RULES, *boards):
        assert asked(text) - shown() == set()
