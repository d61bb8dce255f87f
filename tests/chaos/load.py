"""Commands sent at a steady rate, each under a key of its own and repeated until it is answered; and what they should have come to.

Sales, invoices, payments, registrations and small bulk requests go to the API of cards. Some customers, the debtors, get an
invoice that is long overdue; every second of them pays it as soon as the invoice is acknowledged. So what is owed by whom and who
deserves a warning is known from what was sent, without asking the program.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

SENDERS = 32
ANSWER_SECONDS = 8.0
PAUSE_SECONDS = 0.2
TOLD_SECONDS = 1.0
CUSTOMERS = 61
BULK = 10
_BUSY = frozenset({0, 429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Command:
    """One request. `facts` are the (kind, source_event_id) that it tells of, `customers` whom it concerns, by their numbers."""

    key: str
    path: str
    body: Any
    facts: tuple[tuple[str, str], ...] = ()
    then: Command | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


@dataclass
class Expected:
    """What the acknowledged commands come to, by customer number."""

    invoiced: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    paid: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    facts: defaultdict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    owing: set[str] = field(default_factory=set)
    settled: set[str] = field(default_factory=set)
    registered: set[str] = field(default_factory=set)


@dataclass
class Load:
    """A stream of commands.

    `waits` are the seconds from the first sending to a good answer, `quick` those of the good try alone, `refusals`
    those of tries that were not answered or told to come later. `reads` are cards that were opened meanwhile: by the id of their
    trace the customer and the status of the answer.
    """

    url: str
    key: str
    rate: float
    run: str
    today: date
    debtors: int = 6
    hot: float = 0.0
    sent: dict[str, Command] = field(default_factory=dict)
    acknowledged: dict[str, Answer] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    unexpected: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    quick: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    repeats: int = 0
    reads: dict[str, tuple[str, int]] = field(default_factory=dict)
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    async def send(self, until: asyncio.Event, patience: float = 120.0) -> None:
        """Send at the rate until told, then until everything sent is answered. Raises TimeoutError after `patience` more seconds."""
        waiting: asyncio.Queue[Command] = asyncio.Queue()
        senders = [asyncio.create_task(self._sender(waiting)) for _ in range(SENDERS)]
        senders.append(asyncio.create_task(self._reader()))
        began, n = time.monotonic(), 0
        try:
            while not until.is_set():
                waiting.put_nowait(self._command(n))
                n += 1
                await asyncio.sleep(max(0.0, began + n / self.rate - time.monotonic()))
            async with asyncio.timeout(patience):
                await waiting.join()
        finally:
            for sender in senders:
                sender.cancel()
            ended = await asyncio.gather(*senders, return_exceptions=True)
        # One that died has sent or read nothing since, and what was not asked is never found wrong.
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def saturate(self, callers: int, seconds: float) -> None:
        """So many callers, each with its next command as soon as the last is answered; who is told to come later comes after a second."""
        until = time.monotonic() + seconds
        numbers = itertools.count()

        async def call() -> None:
            client = Client(self.url, self.key)
            while time.monotonic() < until:
                await self._one(client, self._command(next(numbers) + self.debtors), TOLD_SECONDS)

        await asyncio.gather(*(call() for _ in range(callers)))

    def expected(self) -> Expected:
        """What the commands sent come to, all of them being acknowledged."""
        found = Expected()
        for command in self.sent.values():
            for body in command.body if isinstance(command.body, list) else [command.body]:
                _enter(found, command.path, body)
        return found

    async def _sender(self, waiting: asyncio.Queue[Command]) -> None:
        client = Client(self.url, self.key)
        while True:
            command = await waiting.get()
            if await self._one(client, command, PAUSE_SECONDS) and command.then is not None:
                waiting.put_nowait(command.then)
            waiting.task_done()

    async def _reader(self) -> None:
        """Opens cards of customers of whom something was acknowledged, a tenth as often as commands are sent. Read once, whatever comes."""
        client = Client(self.url, self.key)
        while True:
            await asyncio.sleep(10 / self.rate)
            known = [answer for key, answer in list(self.acknowledged.items())[-50:] if self.sent[key].path == "/v1/sales"]
            if not known:
                continue
            customer = json.loads(self.dice.choice(known).body)["customer_id"]
            # Not of the dice: scenarios of one seed in one installation would read under the same traces.
            trace = uuid4().hex
            self.reads[trace] = customer, 0
            answer = await client.ask("GET", f"/v1/customers/{customer}", patience=ANSWER_SECONDS, trace=trace)
            self.reads[trace] = customer, answer.status

    async def _one(self, client: Client, command: Command, pause: float) -> bool:
        """Send one command until it is answered for good. Whether the answer is a good one."""
        self.sent[command.key] = command
        began = time.monotonic()
        while True:
            tried = time.monotonic()
            answer = await client.ask("POST", command.path, command.body, command.key, ANSWER_SECONDS)
            self.statuses[answer.status] += 1
            if 200 <= answer.status < 300:
                now = time.monotonic()
                self.acknowledged[command.key] = answer
                self.waits.append(now - began)
                self.quick.append(now - tried)
                return True
            if answer.status not in _BUSY:
                self.unexpected.append(f"{command.path} was answered {answer.status}: {answer.body[:300]!r}")
                return False
            self.refusals.append(time.monotonic() - tried)
            self.repeats += 1
            await asyncio.sleep(pause * (0.5 + self.dice.random()))

    def _command(self, n: int) -> Command:
        key = f"{self.run}-{n}"
        who = "H-0" if (n * 7919 % 1000) / 1000 < self.hot else f"C-{n * 31 % CUSTOMERS}"
        due = self.today + timedelta(days=30)
        if n < self.debtors:
            who = f"D-{self.run}-{n}"
            issued, due = self.today - timedelta(days=260), self.today - timedelta(days=200)
            invoice = self._fact(key, who, number=key, issued_on=str(issued), due_on=str(due), amount=_money("5000.00"))
            then = None
            if n % 2:
                body = self._fact(f"{key}-paid", who, received_on=str(self.today), amount=_money("5000.00"))
                then = Command(f"{key}-paid", "/v1/payments", body, (("payment", f"{key}-paid"),))
            return Command(key, "/v1/invoices", invoice, (("invoice", key),), then)
        match n % 20:
            case 0:
                name = {"kind": "COMPANY", "name": f"Chaos {key}", "external_ids": [{"system": "chaos", "value": f"R-{key}"}]}
                return Command(key, "/v1/customers", name)
            case 1:
                items = [{"type": "sale", **self._sale(f"{key}-{i}", f"C-{(n + i) % CUSTOMERS}")} for i in range(BULK)]
                return Command(key, "/v1/transactions/bulk", items, tuple(("sale", f"{key}-{i}") for i in range(BULK)))
            case 2 | 3 | 4:
                body = self._fact(key, who, number=key, issued_on=str(self.today), due_on=str(due), amount=_money("70.50"))
                return Command(key, "/v1/invoices", body, (("invoice", key),))
            case 5 | 6:
                body = self._fact(key, who, received_on=str(self.today), amount=_money("20.25"))
                return Command(key, "/v1/payments", body, (("payment", key),))
            case _:
                return Command(key, "/v1/sales", self._sale(key, who), (("sale", key),))

    def _sale(self, key: str, who: str) -> dict[str, Any]:
        return self._fact(key, who, sold_on=str(self.today), net=_money("10.00"))

    def _fact(self, key: str, who: str, **more: Any) -> dict[str, Any]:
        return {"source": "chaos", "source_event_id": key, "customer": {"system": "chaos", "value": who}, **more}


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def _enter(found: Expected, path: str, body: Mapping[str, Any]) -> None:
    if path == "/v1/customers":
        found.registered.add(body["external_ids"][0]["value"])
        return
    who, what = body["customer"]["value"], body["source_event_id"]
    if path == "/v1/invoices":
        found.invoiced[who] += Decimal(body["amount"]["amount"])
        found.facts[who].add(("invoice", what))
        if who.startswith("D-"):
            found.owing.add(who)
    elif path == "/v1/payments":
        found.paid[who] += Decimal(body["amount"]["amount"])
        found.facts[who].add(("payment", what))
        if who.startswith("D-"):
            found.settled.add(who)
    else:
        found.facts[who].add(("sale", what))


class Client:
    """One kept connection: an HTTP client library would take more of the machine than the service under test."""

    def __init__(self, url: str, key: str) -> None:
        self._host, port = url.removeprefix("http://").split(":")
        self._port, self._key = int(port), key
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, key: str | None = None, patience: float = 10.0, trace: str | None = None
    ) -> Answer:
        """Status and body; status 0 when no answer came in `patience` seconds, or none at all. `trace`: the id under which it is told of."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._key}\r\n"
        head += "" if key is None else f"Idempotency-Key: {key}\r\n"
        head += "" if trace is None else f"traceparent: 00-{trace}-00f067aa0ba902b7-00\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n" if content else "\r\n"
        try:
            async with asyncio.timeout(patience):
                if self._reader is None or self._writer is None:
                    self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
                self._writer.write(head.encode() + content)
                return await _answer(self._reader)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, StopIteration):
            if self._writer is not None:
                self._writer.close()
            self._reader = self._writer = None
            return Answer(0, b"")


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lengths = [line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:")]
    body = await reader.readexactly(int(lengths[0]) if lengths else 0)
    return Answer(int(head.split(" ", 2)[1]), body)
