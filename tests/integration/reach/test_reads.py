"""Reads are on record in every service: each question there is, asked about a small company, and each while nothing can be recorded."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from shared.contracts.topics import SERVICES
from tests.integration.reach.asking import Ask, asks
from tests.integration.reach.matrix import AT_ONCE, send
from tests.integration.reach.world import Someone, World
from tests.trust.counts import counted

_NAMES_ANOTHER = frozenset({"dealer_id", "merged_into", "merged", "introduced_by", "introduced", "subject"})
"""Under these names an answer names another customer than the one that it shows."""
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def questions(world: World) -> Sequence[Ask]:
    """One of each route that reads and each customer; also those that are no GET."""
    reading = {
        (service, method, route.path_format)
        for service, app in world.place.apps.items()
        for route in app.strict_routes  # type: ignore[attr-defined]
        if route.reads
        for method in route.methods
    }
    found = [one for service, app in world.place.apps.items() for one in asks(service, app, world, every_way=False)]
    return [one for one in found if (one.service, one.method, one.path) in reading]


def named_in(answer: httpx.Response, everybody: Sequence[Someone]) -> set[str]:
    """Customers whose ids stand in an answer, wherever, save where it names another one."""
    ids = {one.id for one in everybody}
    if answer.request.url.path.endswith("/changes"):
        # A change names whatever it was a change of: also the dealer under whom a customer came.
        return set()
    if "json" in answer.headers.get("content-type", ""):
        return {one for one in _texts(answer.json()) if one in ids}
    return {one for one in _ID.findall(answer.text) if one in ids}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                if name not in _NAMES_ANOTHER:
                    yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield from _ID.findall(value)


@pytest.mark.requirement("S0.23", "S2.14", "S3.45", "S3.46")
async def test_every_answer_that_names_a_customer_is_on_record(world: World) -> None:
    admin = await asyncpg.connect(world.place.database.dsn("postgres"))
    missing: list[str] = []
    naming: dict[str, set[str]] = {service: set() for service in SERVICES}
    asked = questions(world)
    turns = asyncio.Semaphore(AT_ONCE)
    answered: list[tuple[Ask, str, set[str]]] = []

    async def one(ask: Ask) -> None:
        async with turns:
            trace = uuid4().hex
            answer = await send(world, {**world.place.office, "traceparent": f"00-{trace}-00f067aa0ba902b7-00"}, ask)
            if answer.status_code == 200:
                of = {ask.of.id} if ask.of is not None and "{customer_id}" in ask.path else set()
                answered.append((ask, trace, named_in(answer, world.everybody) | of))

    await asyncio.gather(*(one(ask) for ask in asked))
    for ask, trace, wanted in answered:
        rows = await admin.fetch(f"SELECT kind, purpose, customers FROM {ask.service}.reads WHERE trace_id = $1", trace)
        recorded = {str(customer) for row in rows for customer in row["customers"]}
        if wanted - recorded:
            missing.append(f"{ask}: {json.dumps(sorted(wanted - recorded))}")
        if wanted:
            naming[ask.service].add(ask.path)
            assert {row["purpose"] for row in rows} == {"VISIT"}, ask
    await admin.close()
    counted(questions=len(asked), naming_customers=sum(map(len, naming.values())), not_on_record=len(missing))
    assert missing == []
    assert {service: len(paths) >= 5 for service, paths in naming.items()} == dict.fromkeys(SERVICES, True), naming


@pytest.mark.requirement("S0.23", "S3.46")
async def test_nothing_of_a_customer_leaves_while_it_cannot_be_recorded(world: World) -> None:
    """INVARIANT: what cannot be recorded is not answered, by any service; breaks where one records behind its answer, or not at all."""
    admin = await asyncpg.connect(world.place.database.dsn("postgres"))
    told: list[str] = []
    refused: dict[str, int] = dict.fromkeys(SERVICES, 0)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> None:
        async with turns:
            try:
                answer = await send(world, world.place.office, ask)
            except httpx.RemoteProtocolError:
                # A stream has begun with its headers; it ends before the first customer.
                return
            refused[ask.service] += answer.status_code == 503
            # A refusal names the address that was asked for, and nothing else.
            ids = named_in(answer, world.everybody) if answer.is_success else set()
            told.extend(f"{ask}: {each.who}" for each in world.everybody if each.id in ids or each.name in answer.text)

    try:
        for service in SERVICES:
            await admin.execute(f"ALTER TABLE {service}.reads ADD CONSTRAINT full_up CHECK (false) NOT VALID")
        await asyncio.gather(*(one(ask) for ask in questions(world)))
    finally:
        for service in SERVICES:
            await admin.execute(f"ALTER TABLE {service}.reads DROP CONSTRAINT IF EXISTS full_up")
        await admin.close()
    assert told == []
    assert {service: count >= 5 for service, count in refused.items()} == dict.fromkeys(SERVICES, True), refused
