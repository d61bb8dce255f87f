"""One process owns all parts where there is no broker, and loses them when it stands still."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from shared.contracts.cursor import PARTS
from shared.feed.store_membership import StoreMembership
from shared.testing.databases import Database

ROOT = Path(__file__).resolve().parents[3]
HOLDER = """
import asyncio, sys
from shared.feed.store_membership import StoreMembership
async def main():
    membership = StoreMembership(sys.argv[1], "cards")
    watching = asyncio.ensure_future(membership.watch())
    await membership.owned()
    print("held", flush=True)
    await watching
asyncio.run(main())
"""


async def test_the_holder_owns_all_parts_and_hands_them_over_when_it_ends(database: Database) -> None:
    first, second = (StoreMembership(database.dsn("cards"), "cards") for _ in range(2))
    changes: list[frozenset[int]] = []
    first.on_change(changes.append)
    watching = asyncio.create_task(first.watch())
    assert await first.owned() == frozenset(range(PARTS))
    waiting = asyncio.create_task(second.watch())
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert changes == [frozenset(range(PARTS)), frozenset()]
    assert await asyncio.wait_for(second.owned(), 10) == frozenset(range(PARTS))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_a_holder_that_is_stopped_loses_the_parts_and_ends_when_it_wakes(database: Database) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLDER,
        database.dsn("cards"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"held\n"
        os.kill(process.pid, signal.SIGSTOP)
        second = StoreMembership(database.dsn("cards"), "cards")
        waiting = asyncio.create_task(second.watch())
        assert await asyncio.wait_for(second.owned(), 10) == frozenset(range(PARTS))
        os.kill(process.pid, signal.SIGCONT)
        _, said = await asyncio.wait_for(process.communicate(), 10)
        assert process.returncode != 0
        assert b"FeedStuck" in said
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
