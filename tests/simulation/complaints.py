"""Complaints through the procedure of the running service, and its deadline figures beside those computed another way.

    python -m tests.simulation.complaints <folder with complaints.csv.gz>

Starts a database of its own; every complaint and every step goes through HTTP. Ends with 1 where any figure differs.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid5
from zoneinfo import ZoneInfo

import httpx

from services.complaints.settings import Settings
from services.complaints.wiring import build_api, run_work
from shared.contracts.cards import Basics, CustomerRegistered, ExternalId
from shared.contracts.organisation import AreaDefined
from shared.postgres.pool import create_pool
from shared.telemetry.logs import configure_logs
from shared.testing.databases import Database, create_test_database, running_cluster
from shared.testing.eventually import eventually
from tests.integration.running import PRINCIPAL, key, record, serving, settings_of, working
from tests.simulation.cfpb import DUE, EAST, ELSEWHERE, HOLIDAYS, Story, read, stories, week_of, zone_of
from tests.simulation.walked_time import WorkedMinutes

SCOPES = (
    "complaints.complaint.read",
    "complaints.complaint.write",
    "complaints.prevention.write",
    "complaints.standard.write",
    "complaints.settlement.decide",
)
OBLIGATORY = ["ACKNOWLEDGED", "ASSESSED", "INVESTIGATED", "CARRIED_OUT"]
AT_ONCE = 500
SIDE_BY_SIDE = 6
STEP_OF = {"acknowledgement": "ACKNOWLEDGED", "investigation": "INVESTIGATED", "solution": "CARRIED_OUT", "closure": "CLOSED"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """`differing` names the complaints of which a figure is not what was computed; `figures` are what the service said of all."""

    complaints: int
    steps: int
    compared: int
    differing: Sequence[str]
    figures: Mapping[str, Any]
    missed_facts: int
    seconds: float


def expected_of(story: Story, worked: WorkedMinutes) -> dict[str, Any]:
    """What the service is to say of a complaint: deadlines of the last round, and times."""
    took = {STEP_OF[route]: at for route, at, _ in reversed(story.steps) if route in STEP_OF}
    if story.round_began is not None:
        took["INVESTIGATED"] = next(at for route, at, _ in story.steps if route == "investigation" and at > story.round_began)
        took["CARRIED_OUT"] = next(at for route, at, _ in story.steps if route == "solution" and at > story.round_began)
    deadlines = {}
    for step, minutes in DUE[story.severity].items():
        of_a_round = step in ("INVESTIGATED", "CARRIED_OUT")
        begins = (story.round_began if of_a_round else None) or story.received_at
        due = worked.due(begins, minutes, story.holds)
        deadlines[step] = (due, took.get(step), None if step not in took else took[step] <= due)
    closed = took.get("CLOSED")
    until = closed or datetime.now(UTC)
    return {
        "deadlines": deadlines,
        "first_response_minutes": worked.between(story.received_at, took["ACKNOWLEDGED"], story.holds),
        "resolution_minutes": None if closed is None else worked.between(story.received_at, closed, story.holds),
        "on_hold_minutes": worked.between(story.received_at, until) - worked.between(story.received_at, until, story.holds),
    }


def said_of(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same from the service's answer."""

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    deadlines = {one["step"]: (moment(one["due_at"]), moment(one["taken_at"]), one["kept"]) for one in told["deadlines"]}
    return {"deadlines": deadlines, **{name: told[name] for name in told if name.endswith("_minutes")}}


async def simulate(database: Database, folder: Path, told: Sequence[Story]) -> Outcome:
    """All stories through the service on this database."""
    began = time.monotonic()
    settings = Settings(**{**settings_of(database, "complaints", folder), "zone": EAST})
    (folder / "keys.json").write_text('{"keys": []}')
    states = sorted({story.state for story in told})
    # Before anything runs: so much arithmetic at once would let the service lose its lock.
    expected = _expected(told)
    async with AsyncExitStack() as stack:
        cards = await create_pool(database.dsn("cards"), name="cards")
        own = await create_pool(database.dsn("complaints"), name="own")
        stack.callback(cards.terminate)
        stack.callback(own.terminate)
        client = await stack.enter_async_context(serving(build_api(settings), folder, SCOPES))
        await stack.enter_async_context(working(run_work(settings)))
        known_at = ""
        for state in states:
            area = None if state in ELSEWHERE else state
            if area is not None:
                await record(cards, "cards", [(f"area-{area}", None, AreaDefined(area_id=area, name=area))])
            card = CustomerRegistered(
                customer_id=uuid5(PRINCIPAL, state),
                basics=Basics(kind="COMPANY", name=f"Customers in {state or 'no state'}"),
                external_ids=(ExternalId("cfpb", state or "NONE"),),
                area_id=area,
            )
            known_at = await record(cards, "cards", [(f"card-{card.customer_id}", card.customer_id, card)])
        await _put(client, "/v1/complaint-procedure", {"obligatory": dict.fromkeys(DUE, OBLIGATORY)}, 0)
        ids = await _receive(client, told, known_at)
        steps = await _go_through(client, told, ids)
        for state in states:
            if state not in ELSEWHERE:
                await _put(client, f"/v1/working-hours/{state}", _hours(zone_of(state)), 0)
        await _put(client, "/v1/working-hours/company", _hours(EAST), 0)
        await _put(client, "/v1/complaint-procedure", {"obligatory": dict.fromkeys(DUE, OBLIGATORY), "due_minutes": DUE}, 1)
        differing = await _compare(client, told, ids, expected)
        params = {"from": str(min(one.received_on for one in told)), "to": str(max(one.received_on for one in told))}
        figures = (await _asked(client, "GET", "/v1/complaint-times", params=params)).json()
        differing += _differing_totals(figures, expected)
        owed = sum(taken is None for one in expected for _, taken, _ in one["deadlines"].values())

        async def all_told() -> bool:
            return await _missed(own) >= owed

        await eventually(all_told, timeout=60)
        missed = await _missed(own)
        if missed != owed:
            differing.append(f"{missed} missed deadlines were told, {owed} are owed")
        compared = sum(3 * len(one["deadlines"]) + 3 for one in expected)
        return Outcome(len(told), steps, compared, differing, figures, missed, time.monotonic() - began)


async def _missed(own: Any) -> int:
    found: int = await own.fetchval("SELECT count(*) FROM complaints.events WHERE type LIKE '%deadline-missed%'")
    return found


def _hours(zone: str) -> dict[str, Any]:
    weekly = {day: [{"begins": a, "ends": b} for a, b in shifts] for day, shifts in week_of(zone).items()}
    return {"zone": zone, "weekly": weekly, "holidays": [day.isoformat() for day in HOLIDAYS]}


async def _asked(client: httpx.AsyncClient, method: str, path: str, **more: Any) -> httpx.Response:
    """The answer; where the service is out of breath and says so, the same is asked again."""

    async def answered() -> httpx.Response | None:
        answer = await client.request(method, path, timeout=120, **more)
        return None if answer.status_code == 503 else answer

    answer = await eventually(answered, timeout=120, interval=0.5)
    if answer is None:
        raise AssertionError("eventually waits for an answer")
    return answer


async def _put(client: httpx.AsyncClient, path: str, body: Mapping[str, Any], version: int) -> None:
    answer = await _asked(client, "PUT", path, json=body, headers={**key(), "If-Match": f'"{version}"'})
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.text}")


async def _receive(client: httpx.AsyncClient, told: Sequence[Story], known_at: str) -> list[str]:
    ids: list[str] = []
    for begin in range(0, len(told), AT_ONCE):
        rows = [story.body for story in told[begin : begin + AT_ONCE]]

        async def received(rows: Sequence[Mapping[str, Any]] = rows) -> list[Any]:
            answer = await client.post(
                "/v1/complaints/bulk", json=rows, headers=key(), params={"min_position": known_at}, timeout=120
            )
            items: list[Any] = answer.json()["items"] if answer.status_code == 207 else []
            return items if items and all(one["status"] != "rejected" for one in items) else []

        # Customers on other parts than the last one may take a moment longer to be known.
        ids += [one["id"] for one in await eventually(received, timeout=60, interval=0.5)]
    return ids


async def _go_through(client: httpx.AsyncClient, told: Sequence[Story], ids: Sequence[str]) -> int:
    waiting = list(zip(told, ids, strict=True))
    done = Counter[str]()

    async def worker() -> None:
        while waiting:
            story, complaint = waiting.pop()
            for version, (route, at, body) in enumerate(story.steps, 1):
                headers = {**key(), "If-Match": f'"{version}"'}
                address = f"/v1/complaints/{complaint}/{route}"
                answer = await _asked(client, "POST", address, json={**body, "at": at.isoformat()}, headers=headers)
                if answer.status_code != 200:
                    raise RuntimeError(f"{route} of {story.number}: {answer.text}")
                done[route] += 1

    await asyncio.gather(*(worker() for _ in range(SIDE_BY_SIDE)))
    return done.total()


def _expected(told: Sequence[Story]) -> list[dict[str, Any]]:
    first = min(one.received_on for one in told) - timedelta(days=2)
    last = max(at for one in told for _, at, _ in one.steps).date() + timedelta(days=120)
    zones = {zone_of(one.state) for one in told}
    worked = {zone: WorkedMinutes.of(ZoneInfo(zone), week_of(zone), HOLIDAYS, first, last) for zone in zones}
    return [expected_of(one, worked[zone_of(one.state)]) for one in told]


async def _compare(
    client: httpx.AsyncClient, told: Sequence[Story], ids: Sequence[str], expected: Sequence[Mapping[str, Any]]
) -> list[str]:
    differing = []
    for story, complaint, wanted in zip(told, ids, expected, strict=True):
        answer = await _asked(client, "GET", f"/v1/complaints/{complaint}/times")
        if said_of(answer.json()) != wanted:
            differing.append(f"{story.number}: {said_of(answer.json())} instead of {wanted}")
    return differing


def _differing_totals(figures: Mapping[str, Any], expected: Sequence[Mapping[str, Any]]) -> list[str]:
    kept, missed = Counter[str](), Counter[str]()
    for one in expected:
        for step, (due, taken, in_time) in one["deadlines"].items():
            kept[step] += in_time is True
            missed[step] += in_time is False or (taken is None and due < datetime.now(UTC))
    responses = [one["first_response_minutes"] for one in expected]
    resolutions = [one["resolution_minutes"] for one in expected if one["resolution_minutes"] is not None]
    wanted = {
        "complaints": len(expected),
        "first_response_minutes": statistics.median_low(responses),
        "resolution_minutes": statistics.median_low(resolutions) if resolutions else None,
        "deadlines": {step: (kept[step], missed[step]) for step in kept},
    }
    resolution = figures["resolution_minutes"]
    said = {
        "complaints": figures["complaints"],
        "first_response_minutes": figures["first_response_minutes"]["median"],
        "resolution_minutes": None if resolution is None else resolution["median"],
        "deadlines": {one["step"]: (one["kept"], one["missed"]) for one in figures["deadlines"]},
    }
    return [] if said == wanted else [f"all: {said} instead of {wanted}"]


async def _main(folder: Path) -> int:
    configure_logs("complaints", "WARNING")
    told = stories(read(folder))
    with tempfile.TemporaryDirectory() as scratch:
        async with running_cluster() as cluster:
            found = await simulate(await create_test_database(cluster), Path(scratch), told)
    print(f"{found.complaints} complaints, {found.steps} steps through HTTP in {found.seconds:.0f} s")
    print(
        f"{found.compared} figures compared, {len(found.differing)} differ; {found.missed_facts} missed deadlines told of open ones"
    )
    for name in ("first_response_minutes", "resolution_minutes"):
        print(f"{name}: {found.figures[name]}")
    for one in found.figures["deadlines"]:
        print(f"{one['step']}: {one['kept']} kept, {one['missed']} missed")
    for one in found.differing[:10]:
        print(one)
    return 1 if found.differing else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(Path(sys.argv[1]))))
