"""C9, C19, C20: what callers meet: lost answers, a service without resources, ten times the load."""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress

import asyncpg
import psutil

from tests.chaos.load import Client, Load
from tests.chaos.stage import LONG_SECONDS, Stage, back, during, today

BUSY = 64
OVERLOAD = 10
P99_FACTOR = 2.0


async def answers_lost(stage: Stage) -> None:
    """C9: the command is done and nobody hears of it: a tenth of all answers, then every one, before the API and before PostgreSQL."""
    place = stage.place
    async with stage.loaded():
        await during(stage.seconds, 0.15)
        place.to_cards.faults.lose_answer = 0.1
        await during(stage.seconds, 0.25)
        place.to_cards.faults.lose_answer = 1.0
        await during(stage.seconds, 0.15)
        place.to_cards.heal()
        place.to_postgres.faults.lose_answer = 0.01
        await during(stage.seconds, 0.25)
        place.to_postgres.heal()
        await during(stage.seconds, 0.15)
    stage.add("answers_cut", place.to_cards.cut)
    stage.add("database_answers_cut", place.to_postgres.cut)
    stage.expect(place.to_cards.cut, "no answer of the API was lost")
    if stage.seconds >= LONG_SECONDS:
        stage.expect(place.to_postgres.cut, "no answer of PostgreSQL was lost")
    place.to_cards.cut = place.to_postgres.cut = 0


async def exhausted(stage: Stage) -> None:
    """C19: every connection waits for a lock, then the process has no file descriptors left; it sheds and recovers."""
    place = stage.place
    async with stage.loaded():
        await during(stage.seconds, 0.2)
        conn = await asyncpg.connect(place.server.dsn("regulars"), server_settings={"application_name": "chaos-lock"})
        try:
            async with conn.transaction():
                await conn.execute("LOCK TABLE cards.events IN EXCLUSIVE MODE")
                await during(stage.seconds, 0.2)
        finally:
            await conn.close()
        stage.worst("back_after_lock_seconds_worst", await back(Client(place.cards, place.key)), 2.0)
        pid = place.pid("cards-api")
        if pid is None:
            raise RuntimeError("the API of cards does not run")
        process = psutil.Process(pid)
        before = process.rlimit(resource.RLIMIT_NOFILE)
        process.rlimit(resource.RLIMIT_NOFILE, (process.num_fds() + 4, before[1]))
        crowd = [await _connected(place.to_cards.port) for _ in range(60)]
        await during(stage.seconds, 0.2)
        for writer in crowd:
            if writer is not None:
                writer.close()
        with suppress(psutil.NoSuchProcess):
            process.rlimit(resource.RLIMIT_NOFILE, before)
        stage.worst("back_after_descriptors_seconds_worst", await back(Client(place.cards, place.key)), 2.0)
        await during(stage.seconds, 0.2)


async def _connected(port: int) -> asyncio.StreamWriter | None:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None
    return writer


async def overloaded(stage: Stage) -> None:
    """C20: ten times as many callers as the service takes at once, nine tenths of the commands about one customer. Those that are
    admitted are answered within twice the time of a busy service; the others are told at once to come later."""
    place = stage.place
    found: list[Load] = []
    for callers in (BUSY, BUSY * OVERLOAD):
        load = Load(place.urls["cards-api"], place.key, 0.0, f"{stage.run}-{len(stage.loads)}", today(), hot=0.9)
        stage.loads.append(load)
        found.append(load)
        await load.saturate(callers, max(5.0, stage.seconds / 2))
    busy, crowded = found
    stage.worst("p99_busy_seconds", _p99(busy.quick))
    stage.worst("p99_overloaded_seconds", _p99(crowded.quick))
    stage.worst("p99_ratio_worst", _p99(crowded.quick) / _p99(busy.quick), P99_FACTOR)
    stage.add("admitted_busy", len(busy.quick))
    stage.add("admitted_overloaded", len(crowded.quick))
    stage.add("refused_overloaded", len(crowded.refusals))
    stage.expect(len(crowded.refusals), "nobody was told to come later")
    if crowded.refusals:
        stage.worst("p99_refused_seconds", _p99(crowded.refusals))
    for load in found:
        if wrong := set(load.statuses) - {200, 201, 207, 429, 503}:
            stage.violations.append(f"I14: under overload there were answers {sorted(wrong)}")


def _p99(seconds: list[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.99)]
