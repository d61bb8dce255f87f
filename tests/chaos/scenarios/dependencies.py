"""C6, C7, C8, C11, C13: PostgreSQL and Kafka die, lose, cannot be reached, are slow, are held up by somebody else."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import suppress
from typing import Any

import asyncpg
import psutil

from deploy.local import kafka, postgres
from tests.chaos.load import Client
from tests.chaos.place import Place
from tests.chaos.stage import Stage, back, during

API_BACK_SECONDS = 2.0
CONSUMERS_BACK_SECONDS = 20.0
REFUSED_SECONDS = 1.0
CATCH_UP = 3.0
_MOVED = """
SELECT (SELECT sum(rev) FROM cards.positions WHERE state = 'live' AND read_model = 'receivables')::bigint AS lists,
       (SELECT sum(rev) FROM alerts.positions WHERE read_model = 'watched_customers')::bigint AS engine"""


async def postgres_killed(stage: Stage) -> None:
    """C6: all of PostgreSQL is killed, or one of its sessions, or it is stopped at once; it comes back by itself."""
    place = stage.place
    async with stage.loaded():
        for _ in range(max(1, int(stage.seconds // 20))):
            await asyncio.sleep(stage.dice.uniform(0.5, max(1.0, stage.seconds / 6)))
            how = stage.dice.choice(("power", "session", "immediate"))
            stage.add(f"{how}s", await _struck(place, how))
            await _answers(place)
            stage.worst("api_back_seconds_worst", await back(Client(place.cards, place.key)), API_BACK_SECONDS)
        await during(stage.seconds, 0.2)


async def _struck(place: Place, how: str) -> int:
    """How many processes were struck: none, when the one that was chosen had just ended."""
    if how == "power":
        await asyncio.to_thread(postgres.kill, place.server)
        return 1
    struck = 0
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(place.server.pid)
        if how == "immediate":
            server.send_signal(signal.SIGQUIT)
            struck = 1
        for session in [one for one in server.children() if how == "session" and "cards" in " ".join(one.cmdline())][:1]:
            session.kill()
            struck = 1
    await asyncio.sleep(0.3)
    return struck


async def _answers(place: Place, patience: float = 60.0) -> None:
    """Until PostgreSQL answers again. Raises TimeoutError."""
    async with asyncio.timeout(patience):
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                conn = await asyncpg.connect(place.server.dsn("regulars"), timeout=2)
                await conn.close()
                return
            await asyncio.sleep(0.02)


async def kafka_killed(stage: Stage) -> None:
    """C7: Kafka is killed and comes back, every second time without its newest records, as after a loss of power."""
    place = stage.place
    async with stage.loaded():
        for n in range(max(1, int(stage.seconds // 20))):
            await asyncio.sleep(stage.dice.uniform(0.5, max(1.0, stage.seconds / 6)))
            place.keep_kafka = False
            await asyncio.to_thread(place.broker.kill)
            if (n + stage.dice.randrange(2)) % 2:
                stage.add("records_files_cut", _cut_tails(stage))
            place.broker = await asyncio.to_thread(kafka.start, place.folder.kafka, advertised=place.to_kafka.port)
            place.keep_kafka = True
            stage.add("kills")
            stage.worst("consumers_back_seconds_worst", await _consuming(place), CONSUMERS_BACK_SECONDS)
        await during(stage.seconds, 0.2)


def _cut_tails(stage: Stage) -> int:
    """Cut the newest bytes off some logs of the topics of cards. Returns how many were cut."""
    cut = 0
    for folder in sorted((stage.place.folder.kafka / "data").glob("regulars.cards.*")):
        logs = sorted(folder.glob("*.log"))
        size = logs[-1].stat().st_size if logs else 0
        if ".watermarks." in folder.name or size == 0 or stage.dice.random() < 0.5:
            continue
        with logs[-1].open("r+b") as file:
            file.truncate(size - stage.dice.randint(1, min(size, 20_000)))
        cut += 1
    return cut


async def _consuming(place: Place, patience: float = 90.0) -> float:
    """Seconds until lists and engine have moved on. Raises TimeoutError."""
    conn = await asyncpg.connect(place.server.dsn("regulars"))
    began = time.monotonic()
    try:
        first = await conn.fetchrow(_MOVED)
        assert first is not None
        async with asyncio.timeout(patience):
            while True:
                now = await conn.fetchrow(_MOVED)
                assert now is not None
                if now["lists"] > first["lists"] and now["engine"] > first["engine"]:
                    return time.monotonic() - began
                await asyncio.sleep(0.05)
    finally:
        await conn.close()


async def out_of_reach(stage: Stage) -> None:
    """C8: Kafka cannot be reached (no command may be refused for it), then PostgreSQL (commands are refused at once), each in
    one of the ways in which a network fails; then the backlog is worked off."""
    place = stage.place
    away = max(3.0, min(300.0, stage.seconds))
    async with stage.loaded() as load:
        await during(stage.seconds, 0.1)
        way = stage.dice.choice(("refuse", "stall", "reset", "drop"))
        refused = _refused(load.statuses)
        _broken(place.to_kafka, way)
        await asyncio.sleep(away)
        stage.add("refused_without_kafka", _refused(load.statuses) - refused)
        if _refused(load.statuses) > refused:
            stage.violations.append("I14: commands were refused because Kafka was away")
        place.to_kafka.heal()
        if way in ("stall", "drop"):
            place.to_kafka.reset()
        await _drained(stage)
    async with stage.loaded() as load:
        await during(stage.seconds, 0.1)
        way = stage.dice.choice(("refuse", "stall", "reset", "drop"))
        _broken(place.to_postgres, way)
        # The requests that were being answered at that moment may wait a little longer; these come after it.
        await asyncio.sleep(1.0)
        client = Client(place.urls["cards-api"], place.key)
        until = time.monotonic() + min(30.0, max(2.0, stage.seconds / 4))
        n = 0
        while time.monotonic() < until:
            n += 1
            asked = time.monotonic()
            body = {"kind": "COMPANY", "name": "Nobody", "external_ids": [{"system": "chaos-away", "value": f"{load.run}-{n}"}]}
            answer = await client.ask("POST", "/v1/customers", body, f"{load.run}-away-{n}")
            stage.worst("refused_seconds_worst", time.monotonic() - asked, REFUSED_SECONDS)
            if answer.status != 503:
                stage.violations.append(f"I14: without PostgreSQL ({way}) a command was answered {answer.status}")
            await asyncio.sleep(0.05)
        place.to_postgres.heal()
        if way in ("stall", "drop"):
            place.to_postgres.reset()
        stage.worst("api_back_seconds_worst", await back(Client(place.cards, place.key)), API_BACK_SECONDS)
        await during(stage.seconds, 0.1)


async def _drained(stage: Stage) -> None:
    """Until the relay has caught up; how much faster it was than what arrived meanwhile, from its first record on."""
    place = stage.place
    behind, there = await _backlog(place)
    stage.worst("backlog_events_most", behind)
    left, began = behind, time.monotonic()
    while left >= behind and time.monotonic() - began < 60:
        await asyncio.sleep(0.05)
        left, there = await _backlog(place)
        behind = max(behind, left)
    stage.worst("relay_back_seconds_worst", time.monotonic() - began)
    began, first = time.monotonic(), there
    while left > stage.rate and time.monotonic() - began < 120:
        await asyncio.sleep(0.1)
        left, there = await _backlog(place)
    took = max(0.1, time.monotonic() - began)
    arrived = max(1, there - first)
    stage.figures["drained_to_arrived_least"] = round(
        min((behind - left + arrived) / arrived, stage.figures.get("drained_to_arrived_least", 1e9)), 1
    )
    stage.worst("drained_seconds_worst", took)
    if behind > 10 * stage.rate and (behind - left + arrived) / arrived < CATCH_UP:
        stage.too_slow(
            "drained_to_arrived_least",
            f"{behind} events behind were worked off at {(behind - left + arrived) / arrived:.1f} times their arrival",
        )


def _broken(way_to: Any, how: str) -> None:
    way_to.faults.refuse = how in ("refuse", "reset")
    way_to.faults.stall = how == "stall"
    way_to.faults.drop = how == "drop"
    if how in ("refuse", "reset"):
        way_to.reset()


def _refused(statuses: Any) -> int:
    return sum(many for status, many in statuses.items() if status in (0, 429, 502, 503, 504))


async def _backlog(place: Place) -> tuple[int, int]:
    """Events of cards that the relay has not saved yet, and all of them."""
    conn = await asyncpg.connect(place.server.dsn("regulars"))
    try:
        found = await conn.fetchrow(
            "SELECT count(*) FILTER (WHERE (e.gen, e.xid, e.pos) > (r.gen, r.xid, r.pos)), count(*) FROM cards.events e, cards.relay r"
        )
        assert found is not None
        return found[0], found[1]
    finally:
        await conn.close()


async def slow(stage: Stage) -> None:
    """C11: everything takes long; nobody is warned of a silence because of that."""
    place = stage.place
    async with stage.loaded(rate=min(stage.rate, 20.0), patience=300.0):
        await during(stage.seconds, 0.2)
        place.to_postgres.faults.delay = 0.02
        place.to_kafka.faults.delay = stage.dice.uniform(0.5, 2.0)
        place.to_kafka.faults.rate = 8_000.0
        await during(stage.seconds, 0.6)
        place.to_kafka.heal()
        place.to_postgres.heal()
        await during(stage.seconds, 0.2)


async def transaction_open(stage: Stage) -> None:
    """C13: somebody else's transaction has written and stays open: what is recorded behind it waits, and says so, and nothing is lost."""
    place = stage.place
    conn = await asyncpg.connect(place.server.dsn("regulars"), server_settings={"application_name": "chaos-foreign"})
    try:
        async with stage.loaded():
            await during(stage.seconds, 0.1)
            try:
                await conn.execute("BEGIN; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'forgotten'")
                stage.violations.append("a prepared transaction was not refused")
            except asyncpg.PostgresError:
                await conn.execute("ROLLBACK")
            await conn.execute("BEGIN")
            await conn.fetchval("SELECT pg_current_xact_id()")
            began = time.monotonic()
            await asyncio.sleep(max(8.0, stage.seconds))
            open_for, age = time.monotonic() - began, await _watermark_age(place)
            stage.worst("watermark_age_seconds_most", age)
            if age < open_for - 3:
                stage.violations.append("I14: the age of the watermark does not tell that it stands still")
            stage.worst("backlog_events_most", (await _backlog(place))[0])
            await conn.execute("COMMIT" if stage.dice.random() < 0.5 else "ROLLBACK")
            await during(stage.seconds, 0.2)
    finally:
        await conn.close()


async def _watermark_age(place: Place) -> float:
    ages = []
    for name in ("cards-work-1", "cards-work-2"):
        answer = await Client(place.urls[name], "").ask("GET", "/metrics", patience=20.0)
        for line in answer.body.decode().splitlines():
            if line.startswith('regulars_watermark_age_seconds{service="cards"}'):
                ages.append(float(line.split()[-1]))
    return max(ages, default=0.0)
