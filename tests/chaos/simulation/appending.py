"""Schedules of commands: clients that repeat what was not answered, handlers that are killed, others that were faster.

Checked: what was answered has happened once, what was not answered at most once, each decision was made on what its stream held, and
the same key was always given the same answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache, partial
from types import SimpleNamespace

import asyncpg
import msgspec

from services.alerts.handlers import carrying_out
from services.alerts.handlers.carrying_out import Decided, carry_out
from shared.contracts.alerts import RulePublished
from shared.contracts.event import Event
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem
from tests.chaos.simulation.database import Database, Pool, Statement
from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.relaying import NAMES
from tests.chaos.simulation.store import Store
from tests.chaos.simulation.world import World

PARTS = 2
ROUTE = "POST /v1/rules/{id}/versions"
AGAIN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
assert carrying_out.SCHEMA == "alerts"


@lru_cache(maxsize=64)
def _key(n: int) -> CommandKey:
    return CommandKey(NAMES, ROUTE, f"key-{n}", n.to_bytes(32, "big"))


class Appending:
    """A store of alerts, and requests that publish versions of rules."""

    def __init__(self, world: World, requests: Sequence[str]) -> None:
        self.world, self.requests = world, requests
        self.known: dict[str, Statement] = {}
        self.database = Database(world, self.known.__getitem__)
        self.store = Store(self.database, "alerts", PARTS)
        self.known.update(self.store.statements())
        self.answers: list[list[Answer]] = [[] for _ in requests]

    def begin(self) -> None:
        for n in range(len(self.requests)):
            self.world.loop.spawn(self.world.loop.outside, self._client(n), lambda task: task.result())

    async def _client(self, n: int) -> None:
        """Send the request until it is answered, each time to a worker that may die of it; sometimes once more."""
        chance = self.world.chance
        await asyncio.sleep(chance.random() * 0.02)
        # A client may also send again before the first one has been answered.
        impatient = chance.random() < 0.2
        wanted = 1 + (chance.random() < 0.2)
        while len(self.answers[n]) < wanted:
            if impatient:
                impatient = False
                self._send(n, Process(f"worker {n}"))
            process = Process(f"worker {n}")
            gone = self.world.loop.create_future()
            process.on_death.append(partial(self._told, gone))
            self._send(n, process)
            await gone

    def _told(self, gone: asyncio.Future[None]) -> None:
        # A client sees its connection end, some time after it did.
        self.world.loop.at(self.world.loop.outside, self.world.delay(), gone.set_result, None)

    def _send(self, n: int, process: Process) -> None:
        def ended(task: asyncio.Task[Answer]) -> None:
            if not process.alive:
                return
            process.kill()
            if task.cancelled():
                return
            error = task.exception()
            if error is None:
                self.answers[n].append(task.result())
            elif not isinstance(error, AGAIN) and not (isinstance(error, Problem) and error.status == 503):
                self.world.found(f"a request ended with {error!r}")

        self.world.loop.spawn(process, self._request(n, process), ended)

    async def _request(self, n: int, process: Process) -> Answer:
        async def decided(before: Sequence[Event]) -> Decided:
            rule = RulePublished(rule_id=self.requests[n], version=len(before) + 1, parameters={"number": Decimal(n)})
            return Decided([rule], {"version": rule.version}, None, 201)

        deps = SimpleNamespace(pool=Pool(self.database, process), now=self.world.wall, parts=PARTS)
        return await carry_out(deps, f"rule-{self.requests[n]}", decided, _key(n), {}, None)  # type: ignore[arg-type]

    def all_answered(self) -> bool:
        return all(self.answers)

    def check(self) -> None:
        happened: dict[int, list[tuple[str, int]]] = {}
        for stream, rows in self.store.streams.items():
            for place, row in enumerate(rows, 1):
                event = msgspec.json.decode(row.body)
                if row.version != place:
                    self.world.found(f"{stream}: version {row.version} stands at {place}")
                if event["version"] != place:
                    self.world.found(f"{stream}: what was decided as {event['version']} stands at {place}")
                happened.setdefault(int(event["parameters"]["number"]), []).append((stream, place))
        ids = [row.event_id for row in self.store.events()]
        if len(set(ids)) < len(ids):
            self.world.found("an event id stands twice")
        for n, answers in enumerate(self.answers):
            its = happened.get(n, [])
            if len(its) != 1:
                self.world.found(f"request {n} was answered and has happened {len(its)} times")
                continue
            for answer in answers:
                if (answer.status, answer.version, dict(answer.body or {})) != (201, its[0][1], {"version": its[0][1]}):
                    self.world.found(f"request {n} is version {its[0][1]} and was answered {answer}")


def appending(world: World) -> None:
    """One schedule."""
    chance = world.chance
    rules = ("a", "b") if chance.random() < 0.4 else ("a",)
    one = Appending(world, [world.pick(rules) for _ in range(2 + world.below(4))])
    one.begin()
    if world.come_to_rest(one.all_answered):
        one.check()
