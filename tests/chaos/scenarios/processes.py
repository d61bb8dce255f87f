"""C1 to C5: processes of ours are killed and stopped."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterable

import asyncpg

from tests.chaos.faulty import CONSUMER_POINTS, RELAY_POINTS
from tests.chaos.load import Client
from tests.chaos.stage import LONG_SECONDS, Stage, back, during

FAILOVER_SECONDS = 15.0
CARDS_WORK = ("cards-work-1", "cards-work-2")
CONSUMERS = (*CARDS_WORK, "alerts-work-1", "alerts-work-2")
_EPOCH = "SELECT epoch FROM cards.relay"
_LED = "SELECT epoch, gen, xid::text::bigint AS xid, pos FROM cards.relay"


async def api_killed(stage: Stage) -> None:
    """C1: kill -9 of the API, several times."""
    place = stage.place
    async with stage.loaded():
        for _ in range(max(1, int(stage.seconds // 15))):
            await asyncio.sleep(stage.dice.uniform(0.5, min(10.0, stage.seconds / 3)))
            place.signal("cards-api", signal.SIGKILL)
            stage.add("kills")
            await asyncio.sleep(0.3)
            stage.worst("back_seconds_worst", await back(Client(place.cards, place.key)))
        await during(stage.seconds, 0.2)


async def relay_killed(stage: Stage) -> None:
    """C2: kill -9 of the leading relay at its eight points, in any order."""
    points = stage.dice.sample(RELAY_POINTS, len(RELAY_POINTS) if stage.seconds >= 30 else 2)
    async with stage.loaded():
        for point in points:
            await asyncio.sleep(stage.dice.uniform(0.2, max(0.5, stage.seconds / 16)))
            for name in CARDS_WORK:
                stage.place.hurt(name, point, "kill")
            if point == "relay-in-lock":
                # A term begins only when another ends.
                await _kill_leader(stage)
            hit = await _passed(stage, point, CARDS_WORK)
            stage.place.unhurt()
            if hit is None:
                stage.violations.append(f"no relay has passed {point}")
                continue
            stage.add("kills")
            stage.worst("failover_seconds_worst", await _relayed(stage), FAILOVER_SECONDS)


async def relay_stopped(stage: Stage) -> None:
    """C3: SIGSTOP of the leader; a standby takes over; the zombie wakes and may change nothing."""
    place = stage.place
    async with stage.loaded():
        await during(stage.seconds, 0.1)
        point = stage.dice.choice(RELAY_POINTS[:-2])
        for name in CARDS_WORK:
            place.hurt(name, point, "stop")
        zombie = await _passed(stage, point, CARDS_WORK)
        place.unhurt()
        if zombie is None:
            stage.violations.append(f"no relay has passed {point}")
            return
        pid = place.pid(zombie)
        began = time.monotonic()
        stage.worst("failover_seconds_worst", await _relayed(stage), FAILOVER_SECONDS)
        await asyncio.sleep(max(0.0, stage.dice.uniform(5.0, max(6.0, min(60.0, stage.seconds))) - (time.monotonic() - began)))
        if place.pid(zombie) == pid:
            place.signal(zombie, signal.SIGCONT)
        await during(stage.seconds, 0.2)
    stage.add("stops")


async def two_relays(stage: Stage) -> None:
    """C4: the leader's lock is not taken at all, so that both processes lead; only the epoch in the database stands between."""
    conn = await asyncpg.connect(stage.place.server.dsn("regulars"))
    try:
        before = await conn.fetchval(_EPOCH)
        async with stage.loaded():
            await asyncio.sleep(stage.seconds)
            # Whoever is fenced off ends, begins anew and takes the next epoch; one leader alone would keep his.
            deadline = time.monotonic() + 60
            while (epochs := await conn.fetchval(_EPOCH) - before) == 0 and time.monotonic() < deadline:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        stage.add("epochs", epochs)
        stage.expect(epochs, "two relays have not led at once")
    finally:
        await conn.close()


async def upgraded(stage: Stage) -> None:
    """C16: the API and one worker are replaced by a later version, which writes fields that the others do not know; then by the
    older one again. Nothing is parked, and both read the same."""
    place = stage.place
    names = ("cards-api", "cards-work-1", "alerts-work-1")
    async with stage.loaded():
        for newer in (True, False):
            await during(stage.seconds, 0.25)
            for name in names:
                if newer:
                    place.hurt(name, "newer", "")
                else:
                    place.unhurt()
                place.signal(name, signal.SIGTERM)
                await back(Client(place.cards, place.key))
        await during(stage.seconds, 0.25)
    conn = await asyncpg.connect(place.server.dsn("regulars"))
    try:
        for schema in ("cards", "alerts"):
            found = await conn.fetchval(f"SELECT count(*) FROM {schema}.events WHERE body ? 'of_a_later_version'")
            stage.add(f"newer_events_{schema}", found)
    finally:
        await conn.close()
    if not stage.figures["newer_events_cards"]:
        stage.violations.append("nothing was written by the later version")


async def consumers_hurt(stage: Stage) -> None:
    """C5: consumers die at their points, others are stopped for longer than the group waits and then commit what they held."""
    place = stage.place
    zombies: list[asyncio.Task[bool]] = []
    doomed: list[tuple[str, str]] = []
    async with stage.loaded():
        for _ in range(max(2, int(stage.seconds // 10))):
            name = stage.dice.choice(CONSUMERS)
            point = stage.dice.choice(CONSUMER_POINTS)
            if stage.dice.random() < 0.4 and place.pid(name) is not None:
                zombies.append(asyncio.create_task(_asleep(stage, name, point)))
            elif (name, point) not in doomed:
                place.hurt(name, point, "kill")
                doomed.append((name, point))
            await asyncio.sleep(stage.dice.uniform(0.5, max(1.0, stage.seconds / 5)))
        await asyncio.gather(*zombies)
    # A member without parts passes none of the points; only who has passed one was killed.
    killed = sum(not place.hurts(name, point) for name, point in doomed)
    stopped = sum(task.result() for task in zombies)
    place.unhurt()
    stage.add("kills", killed)
    stage.add("stops", stopped)
    if stage.seconds >= LONG_SECONDS:
        stage.expect(killed + stopped, "no consumer was killed or stopped")


async def _asleep(stage: Stage, name: str, point: str) -> bool:
    """Stop a process at a point for longer than its session with the group, then wake it. Whether it has passed the point."""
    place = stage.place
    pid = place.pid(name)
    place.hurt(name, point, "stop")
    if await _passed(stage, point, [name]) is None:
        return False
    await asyncio.sleep(stage.dice.uniform(11.0, 14.0))
    if place.pid(name) == pid:
        place.signal(name, signal.SIGCONT)
    return True


async def _kill_leader(stage: Stage) -> None:
    for name in CARDS_WORK:
        answer = await Client(stage.place.urls[name], "").ask("GET", "/metrics", patience=2.0)
        for line in answer.body.decode().splitlines():
            if line.startswith('regulars_relay_epoch{service="cards"}') and float(line.split()[-1]) > 0:
                stage.place.signal(name, signal.SIGKILL)
                return


async def _passed(stage: Stage, point: str, names: Iterable[str], seconds: float = 30.0) -> str | None:
    """The process that passes a point first; None when nobody does in so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for name in names:
            if not stage.place.hurts(name, point):
                return name
        await asyncio.sleep(0.01)
    return None


async def _relayed(stage: Stage, patience: float = 60.0) -> float:
    """Seconds until a new term has sent and saved something. Raises TimeoutError."""
    began = time.monotonic()
    conn = await asyncpg.connect(stage.place.server.dsn("regulars"))
    try:
        first = await conn.fetchrow(_LED)
        assert first is not None
        async with asyncio.timeout(patience):
            while True:
                now = await conn.fetchrow(_LED)
                assert now is not None
                if now["epoch"] > first["epoch"] and tuple(now)[1:] > tuple(first)[1:]:
                    return time.monotonic() - began
                await asyncio.sleep(0.02)
    finally:
        await conn.close()
