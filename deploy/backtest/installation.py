"""`regulars backtest --rule ...`: a rule, or a draft of it, over the log of an installation, through its HTTP API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
from rich.console import Console

from clients.python.regulars_client import Api, api
from deploy.progress import progress

LOOK_SECONDS = 0.3
TICKS = 100


class BacktestFailed(Exception):
    """It came to its end without a result: why, as the service says it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; `draft` None: the rule as it is. Without days: the last year that the log knows."""

    rule: str
    draft: Mapping[str, str] | None = None
    scope: Mapping[str, Sequence[str]] = field(default_factory=dict)
    first: date | None = None
    until: date | None = None
    as_recorded: bool = False


async def backtest_installation(
    endpoints: Mapping[str, Any], key: str | None, wanted: Wanted, tables: bool, console: Console
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Ask, wait, and fetch the result, with `tables` its files too: the table of alerts, the picture, all that was answered.

    Raises ApiRefused, ApiUnreachable, BacktestFailed.
    """
    address = endpoints["services"]["alerts"]["url"]
    async with api(address, key or endpoints["keys"]["everything"]) as alerts:
        found = await _ended(alerts, await _asked(alerts, wanted), console)
        if found["state"] != "DONE":
            raise BacktestFailed(found.get("problem", "it broke off"))
        files: dict[str, bytes] = {}
        if tables:
            for name in ("alerts.csv", "plot.svg"):
                files[name] = (await alerts.get(f"/backtests/{found['id']}/{name}")).body
            files["summary.json"] = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    return found, files


async def _asked(alerts: Api, wanted: Wanted) -> str:
    body: dict[str, Any] = {"rule_id": wanted.rule}
    if wanted.draft is not None:
        body |= {"parameters": dict(wanted.draft)} | ({"scope": dict(wanted.scope)} if wanted.scope else {})
    if wanted.first is not None:
        body["from"] = wanted.first.isoformat()
    if wanted.until is not None:
        body["until"] = wanted.until.isoformat()
    if wanted.as_recorded:
        body["known"] = "AS_RECORDED"
    asked = await alerts.post("/backtests", body, key=str(uuid4()))
    return asked.headers["location"].removeprefix("/v1")


async def _ended(alerts: Api, place: str, console: Console) -> dict[str, Any]:
    shown = 0
    with progress(console, "the past, part by part", TICKS) as advance:
        while True:
            found: dict[str, Any] = (await alerts.get(place)).body
            done = round(float(found["progress"]) * TICKS)
            advance(done - shown)
            shown = done
            if found["state"] in ("DONE", "FAILED"):
                return found
            await asyncio.sleep(LOOK_SECONDS)
