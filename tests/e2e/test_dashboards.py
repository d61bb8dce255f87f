"""Every query of the dashboards and every rule, asked for real: of a Prometheus that scrapes a running installation, and as the role of dashboards."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from deploy.prometheus.binaries import binary
from shared.testing.eventually import eventually
from tests.e2e.installations import ROOT, Installation

DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
# A sample shows nothing of these in its first minutes: no grade was given, no company was warned, nothing failed.
MAY_BE_EMPTY = {"Credit grades", "Company warnings", "Answers of 5xx", "Said about alerts", "Webhook calls", "Warnings judged"}


def panels(board: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DASHBOARDS / f"{board}.json").read_text())["panels"]
    return found


@pytest.fixture
def prometheus(on_kafka: Installation, tmp_path: Path) -> Iterator[str]:
    """Address of a Prometheus that scrapes the eight processes each second, with our rules."""
    services = on_kafka.endpoints["services"].values()
    targets = [at[name].removeprefix("http://") for at in services for name in ("url", "work")]
    jobs = [{"job_name": "regulars", "static_configs": [{"targets": targets}]}]
    every = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    # What is JSON is YAML too.
    settings = {"global": every, "rule_files": [str(ROOT / "deploy/prometheus/rules.yml")], "scrape_configs": jobs}
    (tmp_path / "prometheus.yml").write_text(json.dumps(settings))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    where = [
        f"--config.file={tmp_path}/prometheus.yml",
        f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (tmp_path / "said.txt").open("w") as said:
        process = subprocess.Popen([binary("prometheus"), *where], stdout=said, stderr=said)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


async def test_every_query_of_operations_and_every_rule_is_answered(prometheus: str) -> None:
    async with httpx.AsyncClient(base_url=prometheus, timeout=30) as client:

        async def ask(expression: str) -> list[Any]:
            answer = (await client.get("/api/v1/query", params={"query": expression})).json()
            assert answer["status"] == "success", (expression, answer)
            found: list[Any] = answer["data"]["result"]
            return found

        async def all_scraped() -> bool:
            try:
                return (await ask('sum(up{job="regulars"})'))[0]["value"][1] == "8" and len(await ask("rate(up[10s])")) == 8
            except (httpx.TransportError, ValueError, IndexError, KeyError):
                return False

        await eventually(all_scraped, timeout=60, interval=0.5)

        async def unanswered() -> list[str]:
            return [
                f"{panel['title']}: {target['expr']}"
                for panel in panels("operations")
                for target in panel["targets"]
                if not await ask(target["expr"]) and panel["title"] not in MAY_BE_EMPTY
            ]

        async def all_answered() -> bool:
            assert await unanswered() == []
            return True

        await eventually(all_answered, timeout=30, interval=1)
        rules = (await client.get("/api/v1/rules")).json()["data"]["groups"][0]["rules"]
        assert len(rules) > 10
        assert [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] != "ok"] == []
        loud = {rule["name"] for rule in rules if rule["state"] == "firing"}
        assert loud <= {"RegularsRestarting"}, "a sound installation is quiet"


async def test_every_query_of_business_is_answered_to_the_role_of_dashboards(on_kafka: Installation) -> None:
    conn = await asyncpg.connect(on_kafka.endpoints["postgres"]["dashboards"])
    try:
        for panel in panels("business"):
            for target in panel["targets"]:
                rows = await conn.fetch(target["rawSql"])
                assert rows or panel["title"] in MAY_BE_EMPTY, panel["title"]
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT * FROM cards.events")
    finally:
        await conn.close()
