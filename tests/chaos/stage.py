"""One run of a scenario: load, a fault in the middle of it, rest, and then the checker."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg

from deploy.consistency import differences
from deploy.settle import NotSettled, settled
from shared.contracts.cursor import PARTS
from shared.testing.eventually import eventually
from tests.chaos.checker.inside import Logs, check_sessions
from tests.chaos.checker.lists import check_lists, check_parked, check_repeats
from tests.chaos.checker.reads import check_reads
from tests.chaos.checker.store import Earlier, check_store
from tests.chaos.checker.topics import check_topics
from tests.chaos.checker.warnings import check_warnings
from tests.chaos.load import Client, Load
from tests.chaos.place import Place, endpoints, said

SETTLE_SECONDS = 120.0
LONG_SECONDS = 30.0
"""In a shorter run a fault that is rare may well not happen."""
CROWDED = 3.0
"""Runnable processes for each processor above which no time is judged."""


@dataclass
class Stage:
    """What a scenario works with. It adds to `violations` what it finds itself, and to `figures` what it measures.

    `sealed` False: the store is an older one than the copies of its seals. `strict` False: what is stored is compared only as far as it is known, since commands were refused on purpose.
    """

    place: Place
    dice: random.Random
    seconds: float
    rate: float
    run: str
    loads: list[Load] = field(default_factory=list)
    earlier: Earlier = field(default_factory=Earlier)
    logs: Logs = field(default_factory=Logs)
    foreign: list[tuple[str, int, int]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    sealed: bool = True
    violations: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def worst(self, name: str, value: float, target: float | None = None) -> None:
        """Keep the largest value of a figure; above its target it is a violation, unless the machine is crowded: a process
        that is started among twenty others that compute says nothing about us. The figure then says so."""
        self.figures[name] = round(max(value, self.figures.get(name, 0.0)), 3)
        if target is not None and value > target:
            self.too_slow(name, f"{name} is {value:.2f}, wanted is {target:g}")

    def too_slow(self, name: str, text: str) -> None:
        """A violation, or on a crowded machine a figure that says how crowded it was."""
        if os.getloadavg()[0] > CROWDED * (os.cpu_count() or 1):
            self.figures[f"{name}_crowded"] = round(os.getloadavg()[0], 1)
        else:
            self.violations.append(f"I14: {text}")

    def expect(self, happened: float, text: str) -> None:
        """A run in which the fault of its scenario did not happen once has proven nothing."""
        if not happened:
            self.violations.append(f"the scenario has not done what it should: {text}")

    def add(self, name: str, value: float = 1) -> None:
        """Add to a figure."""
        self.figures[name] = self.figures.get(name, 0) + value

    @asynccontextmanager
    async def loaded(self, *, rate: float | None = None, hot: float = 0.0, patience: float = 150.0) -> AsyncIterator[Load]:
        """Commands flow as long as the block lasts; at its end all of them are answered."""
        place = self.place
        load = Load(place.cards, place.key, rate or self.rate, f"{self.run}-{len(self.loads)}", today(), hot=hot)
        self.loads.append(load)
        enough = asyncio.Event()
        sending = asyncio.create_task(load.send(enough, patience))
        try:
            yield load
        finally:
            enough.set()
            try:
                await sending
            except TimeoutError:
                self.violations.append(
                    f"I1: {len(load.sent) - len(load.acknowledged)} commands are not answered in {patience:g} s"
                )
            self.add("sent", len(load.sent))
            self.add("acknowledged", len(load.acknowledged))
            self.add("repeats", load.repeats)

    async def rest(self) -> None:
        """Wait until everything has arrived everywhere."""
        began = time.monotonic()
        try:
            await settled(self.place.server.dsn("regulars"), PARTS, SETTLE_SECONDS)
        except NotSettled as error:
            self.violations.append(f"I6: {error}")
        self.worst("settled_seconds_worst", time.monotonic() - began)

    async def check(self, *, folded: bool) -> None:
        """The invariants. `folded`: also every list and the engine folded anew from the stores and compared, which takes a while."""
        place = self.place
        conn = await asyncpg.connect(place.server.dsn("regulars"), server_settings={"application_name": "chaos"})
        try:
            self.violations += await check_store(conn, self.loads, self.earlier)
            topics = await check_topics(conn, place.broker.bootstrap, self.foreign)
            self.violations += topics.violations[:20]
            self.figures["records"], self.figures["sent_twice"] = topics.records, topics.repeated
            self.violations += await check_lists(conn, self.loads, self.dice)
            self.violations += await check_parked(conn)
            seals = place.folder.seals if self.sealed else None
            self.violations += await check_reads(conn, self.loads, place.folder.secrets, seals)
            self.figures["reads"] = sum(status == 200 for load in self.loads for _, status in load.reads.values())
            self.violations += await check_warnings(conn, self.loads)
            self.violations += await check_sessions(conn)
        finally:
            await conn.close()
        if self.loads and self.loads[-1].acknowledged:
            self.violations += await check_repeats(self.loads[-1], self.dice)
        self.violations += self.logs.check(said(place), self.allowed)
        if folded:
            known = [f"{topic}, part {part}: the record at offset {offset} " for topic, part, offset in self.foreign]
            for one in await differences(endpoints(place), lambda _text: None):
                if not str(one).startswith(tuple(known)):
                    self.violations.append(f"I5: {one}")


Scenario = Callable[[Stage], Awaitable[None]]


async def during(seconds: float, share: float = 0.35) -> None:
    """The time before a fault, and after it."""
    await asyncio.sleep(seconds * share)


async def back(client: Client, patience: float = 60.0) -> float:
    """Seconds until the API of cards answers that it is ready. Raises TimeoutError."""
    began = time.monotonic()

    async def ready() -> bool:
        return (await client.ask("GET", "/readyz", patience=1.0)).status == 200

    await eventually(ready, patience)
    return time.monotonic() - began


async def go_live(place: Place) -> None:
    """From now on warnings are given."""
    client = Client(place.urls["alerts-api"], place.key)
    answer = await client.ask("POST", "/v1/go-live", {"live_on": str(today())}, "go-live")
    if answer.status != 201:
        raise RuntimeError(f"go-live was answered {answer.status}")


def today() -> Any:
    """The business day, as the services have it (their zone is UTC)."""
    return datetime.now(UTC).date()
