"""The sender ends when it is told to."""

from __future__ import annotations

import asyncio

from services.alerts.jobs.webhook_sender import told_or_after


async def test_who_is_told_to_end_in_the_moment_of_the_event_ends() -> None:
    ended = asyncio.Event()

    async def for_ever() -> None:
        while True:
            await told_or_after(ended, 60.0)
            ended.clear()

    for turns in range(4):
        task = asyncio.create_task(for_ever())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        ended.set()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        assert done and task.cancelled()


async def test_it_waits_no_longer_than_it_is_told() -> None:
    await asyncio.wait_for(told_or_after(asyncio.Event(), 0.01), timeout=10)
