"""Bar 10: at 200 events a second, from a POST to the row in another service's read model, and to the warning on its topic."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import asyncpg

from services.classification.read_models.customer_sales import CUSTOMER_SALES
from shared.contracts.cursor import START, Cursor, TopicPart
from shared.contracts.topics import ALERT_KIND_TOPICS
from shared.kafka.consumer import reader
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import create_pool
from shared.projections.positions import cursors_from
from shared.projections.waiting import parse_token
from shared.relay.watermark import IDLE_SECONDS
from shared.testing.databases import Database
from tests.performance.baselines.pipeline import pipeline_milliseconds
from tests.performance.bench.alerts_consumer import go_live
from tests.performance.bench.commands import known, sale
from tests.performance.bench.harness import Case, Figures, Measured, Size, in_turns, percentile
from tests.performance.bench.ledger import places
from tests.performance.bench.load import request
from tests.performance.bench.place import Place, Running

_PER_SECOND = 200
_WARNED = 20
"""One of so many POSTs is an invoice that has been overdue for months: its customer is warned of."""
_CONNECTIONS = 16
_LOOK_SECONDS = 0.002
_AGAIN_SECONDS = 0.05
_WORK = ("cards-work", "classification-work", "complaints-work", "alerts-work")
_CREDIT = ALERT_KIND_TOPICS["credit"]
_CURSORS = "SELECT part, cursors::text FROM classification.positions WHERE read_model = $1 AND state = 'live'"


@dataclass(slots=True)
class _Seen:
    """Moments of one round: when POSTs were due, by the place of their events, which may share a transaction; when that place was
    reached; of invoices by customer."""

    began: float
    due: dict[tuple[TopicPart, Cursor], list[float]] = field(default_factory=dict)
    rows: dict[tuple[TopicPart, Cursor], float] = field(default_factory=dict)
    invoiced: dict[UUID, float] = field(default_factory=dict)
    warned: dict[UUID, float] = field(default_factory=dict)

    def to_rows(self) -> list[float]:
        return [(at - due) * 1000 for place, at in self.rows.items() for due in self.due[place] if due >= self.began + 1]

    def to_warnings(self) -> list[float]:
        return [
            (at - self.invoiced[one]) * 1000 for one, at in self.warned.items() if self.invoiced.get(one, 0) >= self.began + 1
        ]


async def measure(place: Place, size: Size) -> list[Measured]:
    seconds = size.of(10, 2)
    per_second = size.of(_PER_SECOND, 40)
    numbers, topics = itertools.count(), itertools.count()
    warnings: list[float] = []
    async with place.database() as database, place.topics() as kafka:
        async with place.processes(database, ["cards-api", *_WORK], kafka) as running:
            alerts = await create_pool(database.dsn("alerts"), name="bench latency")
            await go_live(alerts)
            alerts.terminate()
            await known(running, 1000)
            await _round(running, database, kafka, numbers, per_second, 2)

            async def ours() -> float:
                seen = await _round(running, database, kafka, numbers, per_second, seconds)
                warnings.append(percentile(seen.to_warnings(), 99))
                return percentile(seen.to_rows(), 99)

            async def pipeline() -> float:
                topic = kafka.physical(f"pipeline{next(topics)}")
                times = await pipeline_milliseconds(database.dsn("postgres"), kafka, topic, per_second, seconds)
                return percentile(times, 99)

            found = await in_turns([Case("to the row", ours), Case("pipeline", pipeline)], size.rounds)
    interval = IDLE_SECONDS * 1000
    # The round that gets warm is not among the figures of the pipeline either.
    warnings = warnings[-size.rounds :]
    beside = Figures("to the warning", tuple(one - interval for one in warnings))
    also = {"p99 with the watermark interval, ms": [round(one) for one in warnings], "interval, ms": interval}
    return [
        Measured("10a", found["to the row"], found["pipeline"]),
        Measured("10b", beside, found["pipeline"], also),
    ]


async def _round(
    running: Running, database: Database, kafka: KafkaSettings, numbers: Iterator[int], per_second: int, seconds: float
) -> _Seen:
    """POST at the pace whatever the answers, and wait until all of it is seen."""
    seen = _Seen(time.perf_counter() + 0.2)
    count = round(per_second * seconds)
    at = urlsplit(running.urls["cards"])
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(_CONNECTIONS):
        free.put_nowait(await asyncio.open_connection(at.hostname, at.port))

    async def post(n: int, due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        connection = await free.get()
        asked = _invoice(running.key, next(numbers)) if n % _WARNED == 0 else _sale(running.key, next(numbers))
        head, body = await _answer(connection, asked)
        free.put_nowait(connection)
        [(topic_part, cursor)] = parse_token(head["regulars-position"]).items()
        if n % _WARNED == 0:
            seen.invoiced[UUID(body["customer_id"])] = due
        else:
            seen.due.setdefault((topic_part, cursor), []).append(due)

    sales = count - len(range(0, count, _WARNED))
    warned = count - sales
    async with asyncio.timeout(seconds + 60), asyncio.TaskGroup() as tasks:
        tasks.create_task(
            _watch_rows(database, seen, lambda: sum(map(len, seen.due.values())) < sales or len(seen.rows) < len(seen.due))
        )
        tasks.create_task(_watch_warnings(kafka, seen, lambda: len(seen.warned.keys() & seen.invoiced.keys()) < warned))
        for n in range(count):
            tasks.create_task(post(n, seen.began + n / per_second))
    while not free.empty():
        free.get_nowait()[1].close()
    return seen


async def _watch_rows(database: Database, seen: _Seen, more: Callable[[], bool]) -> None:
    """A row is there when the position that is committed with it has passed its event."""
    c = await asyncpg.connect(database.dsn("classification"))
    try:
        while more():
            reached = {row["part"]: cursors_from(row["cursors"]) for row in await c.fetch(_CURSORS, CUSTOMER_SALES.name)}
            now = time.perf_counter()
            for at, cursor in seen.due.keys() - seen.rows.keys():
                if reached.get(at.part, {}).get(at.topic, START) >= cursor:
                    seen.rows[at, cursor] = now
            await asyncio.sleep(_LOOK_SECONDS)
    finally:
        await c.close()


async def _watch_warnings(kafka: KafkaSettings, seen: _Seen, more: Callable[[], bool]) -> None:
    consumer = reader(kafka, "bench-warnings")
    await consumer.start()
    try:
        consumer.assign(places(kafka, _CREDIT))
        await consumer.seek_to_end()
        while more():
            for messages in (await consumer.getmany(timeout_ms=100)).values():
                now = time.perf_counter()
                for message in messages:
                    seen.warned.setdefault(UUID(message.key.decode()), now)
    finally:
        await consumer.stop()


async def _answer(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], asked: bytes
) -> tuple[dict[str, str], dict[str, str]]:
    """Asks again where the service cannot answer just now: that belongs to the time that is measured."""
    stream, writer = connection
    while True:
        writer.write(asked)
        first, *lines = (await stream.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        head = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        body: dict[str, str] = json.loads(await stream.readexactly(int(head["content-length"])))
        if " 201 " in first:
            return head, body
        if " 503 " not in first:
            raise RuntimeError(f"{first}: {body}")
        await asyncio.sleep(_AGAIN_SECONDS)


def _sale(key: str, n: int) -> bytes:
    body = sale(f"latency-{n}", random.Random(n), 1000)
    return request("POST", "/v1/sales", key, json.dumps(body).encode(), Idempotency_Key=str(uuid4()))


def _invoice(key: str, n: int) -> bytes:
    """Of a customer of its own, who had no invoice before."""
    body = {
        "source": "erp",
        "source_event_id": f"late-{n}",
        "customer": {"system": "erp", "value": f"late-{n}"},
        "number": f"late-{n}",
        "issued_on": "2026-03-01",
        "due_on": "2026-03-31",
        "amount": {"amount": "12400.00", "currency": "CNY"},
    }
    return request("POST", "/v1/invoices", key, json.dumps(body).encode(), Idempotency_Key=str(uuid4()))
