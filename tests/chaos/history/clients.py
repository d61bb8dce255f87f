"""Many clients on a few streams at a time, through HTTP: they read, append on what they have seen, repeat, give up, and lose lines."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.chaos.history.line import Cut, Heard, Line, LineCut
from tests.chaos.history.operations import Operation
from tests.chaos.history.place import Place

REGISTERED = 1
"""Events of a stream before the first append."""
_CUT = 0.03
_GIVE_UP = 0.3
_REPEAT = 0.02
_LIST = 0.05
_STAY = 0.8
_AGAIN = (429, 503)


@dataclass
class Register:
    """One stream: a customer's card, whose salesperson is the value. `busy`: operations in hand."""

    number: str
    customer_id: str
    operations: list[Operation] = field(default_factory=list)
    appended: int = 0
    busy: int = 0
    last: tuple[int, str] | None = None
    """The version of an append and the position that its answer named."""


class Asked(NamedTuple):
    """The one answer that a command was given in the end, and how many different ones its repeats were given."""

    heard: Heard | None
    answers: int


@dataclass
class Clients:
    """`ends_after`: a stream takes so many appends; then another one takes its place and `done` has it."""

    place: Place
    seed: int
    streams: int = 24
    ends_after: int = 60
    counts: Counter[str] = field(default_factory=Counter)
    unexpected: Counter[int] = field(default_factory=Counter)
    begun: int = 0
    active: list[Register] = field(default_factory=list)
    done: list[Register] = field(default_factory=list)
    _opened: int = 0
    _stop: bool = False

    async def run(self, clients: int, operations: int, until: float) -> None:
        """Work until so many operations have begun, or until a moment of the monotonic clock."""
        chance = Random(f"{self.seed} opening")
        lines = self._lines(chance)
        for _ in range(self.streams):
            self.active.append(await self._open(lines, chance))

        async def one(n: int) -> None:
            chance = Random(f"{self.seed} {n}")
            lines = self._lines(chance)
            seen: dict[str, int] = {}
            register = chance.choice(self.active)
            while self.begun < operations and time.monotonic() < until:
                self.begun += 1
                if register not in self.active or chance.random() > _STAY:
                    register = chance.choice(self.active)
                register.busy += 1
                try:
                    await self._step(register, seen, lines, chance, f"{self.seed}.{n}.{self.begun}")
                finally:
                    register.busy -= 1
                if register.appended >= self.ends_after and register in self.active:
                    self.active.remove(register)
                    self.done.append(register)
                    self.active.append(await self._open(lines, chance))
            for line in lines:
                line.close()

        await asyncio.gather(*(one(n) for n in range(clients)))
        self.done += self.active
        self.active = []

    def retired(self) -> list[Register]:
        """Streams on which nothing happens any more, taken out."""
        found = [one for one in self.done if not one.busy]
        self.done = [one for one in self.done if one.busy]
        return found

    def _lines(self, chance: Random) -> list[Line]:
        return [Line("127.0.0.1", port, self.place.key, chance) for port in self.place.ports]

    async def _open(self, lines: list[Line], chance: Random) -> Register:
        self._opened += 1
        number = f"{self.seed}-{self._opened}"
        body = {"kind": "COMPANY", "name": f"Register {number}", "external_ids": [{"system": "history", "value": number}]}
        asked = await self._command(lines, chance, "POST", "/v1/customers", f"open-{number}", None, body, patient=True)
        assert asked.heard is not None and asked.heard.status == 201, asked
        return Register(number, json.loads(asked.heard.body)["customer_id"])

    async def _step(self, register: Register, seen: dict[str, int], lines: list[Line], chance: Random, name: str) -> None:
        if register.last is not None and chance.random() < _LIST:
            await self._list(register, lines, chance)
        elif register.number not in seen or chance.random() < 0.35:
            await self._read(register, seen, lines, chance)
        else:
            await self._append(register, seen, lines, chance, name)

    async def _read(self, register: Register, seen: dict[str, int], lines: list[Line], chance: Random) -> None:
        started = time.monotonic_ns()
        try:
            heard = await chance.choice(lines).ask("GET", f"/v1/customers/{register.customer_id}", cut=self._cut(chance))
        except LineCut:
            self.counts["reads without an answer"] += 1
            return
        ended = time.monotonic_ns()
        if heard.status != 200:
            self._other(heard.status)
            return
        version = int(heard.etag.strip('"').removesuffix("-withheld"))
        register.operations.append(
            Operation("read", started, ended, "ok", None, version, json.loads(heard.body).get("salesperson_id"))
        )
        seen[register.number] = version
        self.counts["reads"] += 1

    async def _list(self, register: Register, lines: list[Line], chance: Random) -> None:
        assert register.last is not None
        version, position = register.last
        path = f"/v1/customers?external_id=history:{register.number}&min_position={position}"
        started = time.monotonic_ns()
        try:
            heard = await chance.choice(lines).ask("GET", path, cut=self._cut(chance))
        except LineCut:
            self.counts["reads without an answer"] += 1
            return
        ended = time.monotonic_ns()
        if heard.status == 503:
            self.counts["lists that were not there in time"] += 1
            return
        if heard.status != 200:
            self._other(heard.status)
            return
        items = json.loads(heard.body)["items"]
        value = items[0].get("salesperson_id") if items else "no line"
        register.operations.append(Operation("list", started, ended, "ok", version, None, value))
        self.counts["lists"] += 1

    async def _append(self, register: Register, seen: dict[str, int], lines: list[Line], chance: Random, name: str) -> None:
        base = seen[register.number]
        path = f"/v1/customers/{register.customer_id}/assignment"
        started = time.monotonic_ns()
        asked = await self._command(lines, chance, "PUT", path, name, base, {"salesperson_id": name}, patient=False)
        ended = time.monotonic_ns()
        if asked.heard is None:
            register.operations.append(Operation("append", started, None, "unknown", base, None, name, asked.answers))
            self.counts["appends without an answer"] += 1
            del seen[register.number]
        elif asked.heard.status == 200:
            version = int(asked.heard.etag.strip('"'))
            register.operations.append(Operation("append", started, ended, "ok", base, version, name, asked.answers))
            register.appended += 1
            register.last = version, asked.heard.position
            seen[register.number] = version
            self.counts["appends"] += 1
        elif asked.heard.status == 412:
            register.operations.append(Operation("append", started, ended, "failed", base, None, name, asked.answers))
            self.counts["appends refused as stale"] += 1
            del seen[register.number]
        else:
            self._other(asked.heard.status)
            register.operations.append(Operation("append", started, None, "unknown", base, None, name, asked.answers))

    async def _command(
        self,
        lines: list[Line],
        chance: Random,
        method: str,
        path: str,
        key: str,
        base: int | None,
        body: object,
        *,
        patient: bool,
    ) -> Asked:
        """Send a command and repeat it under its key until it is answered, or give up where the caller is not `patient`."""
        headers = f"Idempotency-Key: {key}\r\n" + ("" if base is None else f'If-Match: "{base}"\r\n')
        content = json.dumps(body).encode()
        heard: Heard | None = None
        tries = 0
        while heard is None:
            try:
                heard = await chance.choice(lines).ask(method, path, headers, content, self._cut(chance))
                if heard.status in _AGAIN or heard.status >= 500:
                    self._other(heard.status)
                    heard = None
            except LineCut:
                self.counts["commands without an answer"] += 1
            if heard is None:
                tries += 1
                if not patient and chance.random() < _GIVE_UP:
                    return Asked(None, 0)
                await asyncio.sleep(min(0.02 * tries, 0.5))
        answers = {heard}
        if heard.status < 300 and chance.random() < _REPEAT:
            try:
                again = await chance.choice(lines).ask(method, path, headers, content)
            except LineCut:
                again = heard
            if again.status not in _AGAIN and again.status < 500:
                answers.add(again)
                self.counts["repeats"] += 1
        return Asked(heard, len(answers))

    def _cut(self, chance: Random) -> Cut | None:
        if chance.random() >= _CUT:
            return None
        self.counts["lines cut"] += 1
        return chance.choice(list(Cut))

    def _other(self, status: int) -> None:
        if status in _AGAIN:
            self.counts[f"answers {status}"] += 1
        else:
            self.unexpected[status] += 1
