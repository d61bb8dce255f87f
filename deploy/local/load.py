"""Filling a fresh installation: the sample, or somebody's own file, and then going live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from clients.python.regulars_client import Api, ApiRefused, Cards, Complaints, api
from deploy.http import key_of
from deploy.imports.bodies import Line, days_of, lines_of
from deploy.imports.files import BadLine, columns_of, rows_of
from deploy.imports.mapping import Layout
from deploy.imports.presets import recognised
from deploy.imports.send import Outcome, send_bulk, send_job
from deploy.local.sample import SOURCE, Call, Sample
from deploy.local.stack import Stack
from deploy.progress import progress

Body = dict[str, Any]

_RUN_LOOKS = 150


@dataclass(frozen=True)
class Services:
    """The HTTP interfaces of the four services."""

    cards: Api
    classification: Api
    complaints: Api
    alerts: Api


class UnknownFile(Exception):
    """The columns of the file fit no preset: it is imported with a mapping of its own, by `regulars import`."""


@asynccontextmanager
async def services_of(stack: Stack) -> AsyncIterator[Services]:
    """The interfaces of a running stack."""
    async with AsyncExitStack() as opened:
        yield Services(**{name: await opened.enter_async_context(api(url, stack.key)) for name, url in stack.urls.items()})


async def load_sample(services: Services, sample: Sample, console: Console) -> None:
    """The sample's cards, complaints and trade. Repeatable: what is there already is not recorded again."""
    cards = services.cards
    for call in sample.organisation:
        await _carry_out(cards, call, {})
    ids = await _registered(cards, sample.customers, "customers", console)
    trade = _numbered(sample.transactions)
    with progress(console, "two years of trade", len(trade)) as advance:
        _all_taken(await send_job(Cards(cards), "transactions", trade, SOURCE, True, advance), "transactions")
    for level in sample.sub_sales:
        sold = await send_bulk(Cards(cards).record_transactions, _numbered(level), lambda _amount: None)
        _all_taken(sold, "sales of dealers")
    ids |= await _registered(cards, sample.late_customers, "late cards", console)
    complaints = _numbered([{k: v for k, v in body.items() if k != "settled"} for body in sample.complaints])
    with progress(console, "complaints", len(complaints)) as advance:
        outcome = await send_bulk(
            Complaints(services.complaints).receive_complaints, complaints, advance, again=frozenset({"CUSTOMER_UNKNOWN"})
        )
        _all_taken(outcome, "complaints")
    for item, body in zip(outcome.items, sample.complaints, strict=True):
        if "settled" in body:
            await _settle(services.complaints, item.id, str(body["settled"]))
    for call in sample.calls:
        await _carry_out(cards, call, ids)


def _numbered(bodies: Sequence[Body]) -> list[Line]:
    return [Line(number, body) for number, body in enumerate(bodies, 1)]


async def _registered(cards: Api, bodies: Sequence[Body], what: str, console: Console) -> dict[str, str]:
    """The ids of the customers by their numbers."""
    with progress(console, what, len(bodies)) as advance:
        outcome = await send_bulk(Cards(cards).register_customers, _numbered(bodies), advance)
    _all_taken(outcome, what)
    return {body["external_ids"][0]["value"]: item.id for body, item in zip(bodies, outcome.items, strict=True)}


async def _carry_out(cards: Api, call: Call, ids: Mapping[str, str]) -> None:
    path = call.path if call.customer is None else call.path.format(customer=ids[call.customer])
    body = {**call.body, **{field: ids[number] for field, number in call.named.items()}}
    # The key does not say which version it was decided on: an earlier run, broken off, is answered as it was then.
    key = key_of(call.method, path, orjson.dumps(body))
    if call.method == "PUT":
        await cards.put(path, body, key=key)
        return
    version = (await cards.get(path.rpartition("/")[0])).version if call.versioned else None
    await cards.post(path, body, key=key, version=version)


async def _settle(complaints: Api, complaint_id: str, day: str) -> None:
    steps = (
        ("assessment", {"founded": True, "assessed_on": day}),
        ("solution", {"solution": "REPLACED", "carried_out_on": day}),
        ("settlement", {"settled_on": day}),
        ("closure", {"closed_on": day}),
    )
    for version, (step, body) in enumerate(steps, 1):
        try:
            await complaints.post(f"/complaints/{complaint_id}/{step}", body, key=key_of(complaint_id, step), version=version)
        except ApiRefused as refused:
            # 412: an earlier run, broken off, has taken this step already.
            if refused.status != 412:
                raise


async def load_file(services: Services, path: Path, anchor: date, console: Console) -> list[BadLine]:
    """A real file, its days moved so that its last one is the anchor day. Returns the lines that were not loaded.

    Raises UnknownFile, UnknownFormat, ApiRefused.
    """
    layout = layout_of(path)
    last = max(days_of(rows_of(path), layout), default=None)
    if last is None:
        raise UnknownFile(f"{path.name} holds no day")
    moved = Layout(**{**vars(layout), "move_days": (anchor - last).days})
    found = list(lines_of(rows_of(path), moved))
    outcome = await send(services, moved, [line for line in found if isinstance(line, Line)], True, console)
    return [*(line for line in found if isinstance(line, BadLine)), *outcome.refused]


def layout_of(path: Path) -> Layout:
    """The preset that fits the columns of a file. Raises UnknownFile."""
    columns = columns_of(path)
    layout = recognised(columns)
    if layout is None:
        raise UnknownFile(f"{path.name}: no preset has the columns {', '.join(columns)}")
    return layout


async def send(services: Services, layout: Layout, lines: Sequence[Line], ends: bool, console: Console) -> Outcome:
    """Lines of any kind to the service that takes them."""
    with progress(console, layout.kind, len(lines)) as advance:
        if layout.kind == "customers":
            return await send_job(Cards(services.cards), "customers", lines, layout.source, False, advance)
        if layout.kind == "complaints":
            await _register(services.cards, layout.system, lines)
            many = Complaints(services.complaints).receive_complaints
            return await send_bulk(many, lines, advance, again=frozenset({"CUSTOMER_UNKNOWN"}))
        return await send_job(Cards(services.cards), "transactions", lines, layout.source, ends, advance)


async def _register(cards: Api, system: str, lines: Sequence[Line]) -> None:
    # Who complains must be known: customers that nobody has registered get a card under their number.
    numbers = sorted({line.body["customer"]["value"] for line in lines})
    bodies = [
        Line(0, {"kind": "COMPANY", "name": number, "external_ids": [{"system": system, "value": number}]}) for number in numbers
    ]
    await send_job(Cards(cards), "customers", bodies, system, False, lambda _amount: None)


async def go_live(services: Services, anchor: date) -> None:
    """History is loaded: from now on rules fire. A second time changes nothing."""
    await services.alerts.post("/go-live", {"live_on": str(anchor)}, key=key_of("go-live", str(anchor)))


async def classify(services: Services, anchor: date) -> None:
    """Value classes of the year that ended the day before the anchor day, which is not over yet. The run is a job."""
    period_to = str(anchor - timedelta(days=1))
    started = await services.classification.post(
        "/value-class-runs", {"period_to": period_to}, key=key_of("value-class", period_to)
    )
    job = started.headers["location"].removeprefix("/v1")
    # A run may have to wait for deliveries; the warnings do not wait for it.
    for _ in range(_RUN_LOOKS):
        if (await services.classification.get(job)).body["state"] in ("DONE", "FAILED"):
            return
        await asyncio.sleep(0.2)


def _all_taken(outcome: Outcome, what: str) -> None:
    if outcome.refused:
        raise ApiRefused(
            422,
            {"title": f"{len(outcome.refused)} {what} were refused; line {outcome.refused[0].line}: {outcome.refused[0].reason}"},
        )
