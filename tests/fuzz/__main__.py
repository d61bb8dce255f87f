"""`make fuzz`: schemathesis asks all services as each role: examples, borders, random ones, and chains of them by what was answered before.

It stops at no finding: what it has found stands at the end, by operation, and in `build/schemathesis/<service>-<role>.json`; how many
requests each service has answered to each role, and how, in `build/fuzz.json`. REQUESTS=20000 is how many are asked for in all;
SECONDS=150 ends it after that time whatever was asked; SERVICE=, ROLE= narrow it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.contracts.http import documents
from deploy.local.folder import write_file
from shared.auth.roles import ROLES
from shared.contracts.topics import SERVICES
from tests.chaos.results import record
from tests.fuzz.settings import written
from tests.fuzz.world import World, small_world

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "schemathesis"
RESULTS = ROOT / "build" / "fuzz.json"
_CLASSES = ("requests", "2xx", "3xx", "4xx", "5xx")
_ALONE = {"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", ""), "PYTHONUTF8": "1"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--st", default=str(ROOT / "build/fuzzing/bin/st"), help="the program of schemathesis")
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--service", choices=SERVICES)
    parser.add_argument("--role", choices=list(ROLES))
    return asyncio.run(_run(parser.parse_args()))


async def _run(wanted: argparse.Namespace) -> int:
    began = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for service, document in documents().items():
        (FOLDER / f"{service}.openapi.json").write_text(json.dumps(document))
    pairs = [
        (service, role)
        for role in ROLES
        for service in SERVICES
        if wanted.service in (None, service) and wanted.role in (None, role)
    ]
    found: dict[str, list[str]] = {}
    async with small_world() as world:
        # Each pair has an equal part of what is left; there are rounds until enough was asked, and every pair is asked in the first one.
        rounds = 0
        while not rounds or (sum(world.answered.values()) < wanted.requests and rounds < 20):
            for place, (service, role) in enumerate(pairs):
                left = wanted.seconds - (time.monotonic() - began) if wanted.seconds else 0.0
                if (wanted.seconds and left < 2) or (rounds and sum(world.answered.values()) >= wanted.requests):
                    break
                world.role = role
                seconds = max(left / (len(pairs) - place), 2.0) if wanted.seconds else 0.0
                found[f"{service} as {role}, round {rounds}"] = await _ask(world, service, role, wanted, rounds, seconds)
            else:
                rounds += 1
                continue
            break
        return _told(world, found, wanted.seed, time.monotonic() - began)


async def _ask(world: World, service: str, role: str, wanted: argparse.Namespace, turn: int, seconds: float) -> list[str]:
    report = FOLDER / f"{service}-{role}.json"
    report.unlink(missing_ok=True)
    settings = written(FOLDER / f"{service}-{role}.toml", documents()[service], world.known, turn)
    command = [wanted.st, "--config-file", str(settings), "run", str(FOLDER / f"{service}.openapi.json"), "--no-color"]
    command += [
        "--url",
        world.urls[service],
        "-H",
        f"Authorization: Bearer {world.keys[role]}",
        "--seed",
        str(wanted.seed + turn),
    ]
    command += ["--report", "json", "--report-json-path", str(report)]
    command += ["--max-time", str(int(seconds))] if seconds else []
    before, began = sum(world.answered.values()), time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, env=_ALONE, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    (FOLDER / f"{service}-{role}.log").write_bytes(out)
    lines = (
        _findings(service, json.loads(report.read_text()))
        if report.exists()
        else [f"no report: {out[-500:].decode(errors='replace')}"]
    )
    asked = sum(world.answered.values()) - before
    print(f"{service:<14} {role:<18} {asked:>6} requests {len(lines):>4} findings {time.monotonic() - began:>6.0f} s", flush=True)
    return lines


def _findings(service: str, report: Mapping[str, Any]) -> list[str]:
    """One line for each kind of failure and operation."""
    failed = [f"{service} {operation}: {one['title']}" for one in report["failures"] for operation in one["operations"]]
    return failed + [f"{service}: {one['title']} ({one['count']})" for one in report["errors"]]


def _told(world: World, found: Mapping[str, list[str]], seed: int, seconds: float) -> int:
    lines = sorted({line for one in found.values() for line in one} | set(world.failed))
    requests = sum(world.answered.values())
    crashes = sum(count for (_, _, status), count in world.answered.items() if status >= 500)
    pairs = _pairs(world)
    print("\n".join(lines))
    for pair in pairs:
        print(f"{pair['service']:<14} {pair['role']:<18} " + " ".join(f"{name} {pair[name]:>6}" for name in _CLASSES))
    print(f"{requests} requests, {crashes} answered with 5xx, {len(lines)} findings, {seconds:.0f} s")
    record("http fuzz", seed, requests, lines, seconds=round(seconds), answered_5xx=crashes)
    figures = {"seed": seed, "seconds": round(seconds), "requests": requests, "answered_5xx": crashes, "findings": lines}
    write_file(RESULTS, json.dumps({**figures, "pairs": pairs}, indent=1) + "\n")
    return 1 if lines or crashes else 0


def _pairs(world: World) -> list[dict[str, Any]]:
    """What each service has answered to each role, by class of status."""
    counted: dict[tuple[str, str], dict[str, Any]] = {}
    for (service, role, status), count in world.answered.items():
        pair = counted.setdefault((role, service), {"service": service, "role": role, **dict.fromkeys(_CLASSES, 0)})
        pair["requests"] += count
        pair[f"{status // 100}xx"] += count
    return [counted[one] for one in sorted(counted)]


if __name__ == "__main__":
    sys.exit(main())
