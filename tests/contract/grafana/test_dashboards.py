"""The dashboards against Grafana's published schema: whatever the schema does not know is lost on the way through its classes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

GRAFANA = Path(__file__).resolve().parents[3] / "deploy" / "grafana"
BOARDS = sorted((GRAFANA / "dashboards").glob("*.json"))


def through_the_schema(board: Any) -> Any:
    register_default_plugins()
    return json.loads(JSONEncoder().encode(Dashboard.from_json(board)))


def unlike(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Places that are not the same behind the schema."""
    if isinstance(ours, dict):
        for name, value in ours.items():
            there = isinstance(theirs, dict) and name in theirs
            yield from unlike(value, theirs[name], f"{path}/{name}") if there else [f"{path}/{name}"]
    elif isinstance(ours, list):
        for number, value in enumerate(ours):
            there = isinstance(theirs, list) and number < len(theirs)
            yield from unlike(value, theirs[number], f"{path}/{number}") if there else [f"{path}/{number}"]
    elif ours != theirs:
        yield path


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: str(file.stem))
def test_a_dashboard_holds_only_what_the_schema_knows(file: Path) -> None:
    board = json.loads(file.read_text())
    assert list(unlike(board, through_the_schema(board))) == []
    board["panels"][0]["options"]["txtMode"] = "auto"
    board["panels"][1]["fieldConfig"]["defaults"]["unti"] = "s"
    found = list(unlike(board, through_the_schema(board)))
    assert found == ["/panels/0/options/txtMode", "/panels/1/fieldConfig/defaults/unti"], "the check finds what is misspelt"


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: str(file.stem))
def test_panels_stand_beside_each_other_and_ask_provisioned_sources(file: Path) -> None:
    panels = json.loads(file.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    provisioned = (GRAFANA / "provisioning" / "datasources" / "regulars.yml").read_text()
    sources = {target["datasource"]["uid"] for panel in panels for target in panel["targets"]}
    assert sources and all(f"uid: {uid}\n" in provisioned for uid in sources)
