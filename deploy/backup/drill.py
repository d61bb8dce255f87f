"""The drill: a backup of what runs is restored beside it, started, used and compared. A backup that nobody restored is none."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import asyncpg

from clients.python.regulars_client import api
from deploy.backup.files import BackupFailed
from deploy.backup.steps import back_up, restore
from deploy.consistency import differences
from deploy.local.folder import Folder
from deploy.local.stack import Stack, running
from deploy.settle import NotSettled, settled
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.postgres.pool import Connection
from shared.postgres.schema import within
from shared.projections.differences import Difference

Say = Callable[[str], None]

_PATIENCE_SECONDS = 300.0
_UNSENT = """
SELECT count(*) FROM {schema}.events e, {schema}.relay r WHERE (e.gen, e.xid, e.pos) > (r.gen, r.xid, r.pos)"""
_NEW = "SELECT count(*) FROM cards.events WHERE gen > 1 AND gen = (SELECT gen FROM cards.store)"


async def drill(source: Folder, kafka: bool, say: Say) -> list[Difference]:
    """Back up, restore into a folder of its own, start it, record a customer in the new generation, compare everything.

    Returns what differs; the installation that was backed up goes on as it was, and nothing of the copy is left. Raises
    BackupFailed, BadLedger, NotSettled, StartFailed, PostgresFailed, BrokerFailed.
    """
    # In the system's own folder: a server that does not run as root must be let through to it.
    place = Path(tempfile.mkdtemp(prefix="regulars-drill-"))
    clock = _Clock(say)
    try:
        await back_up(source, place / "backup", say)
        clock.ended("backup")
        copy = Folder(place / "restored")
        await restore(place / "backup", copy, source.secrets, (), 0, say)
        clock.ended("restore")
        data_set = copy.data_set()
        if data_set is None:
            raise BackupFailed("the backup does not say what data it holds")
        async with running(copy, data_set, kafka, say) as stack:
            clock.ended("start")
            await settled(stack.database.admin, PARTS, _PATIENCE_SECONDS)
            await _use(stack)
            await settled(stack.database.admin, PARTS, _PATIENCE_SECONDS)
            if stack.feed.feed == "kafka":
                await _all_sent(stack.database.admin)
                say("all events of the stores are on the new topics")
            clock.ended("use")
            found = await differences(copy.read_endpoints(), say)
            clock.ended("verify")
        return found
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def _use(stack: Stack) -> None:
    """Record a customer in the copy: what comes after a restore must reach every reader too."""
    async with api(stack.urls["cards"], stack.key) as cards:
        name = f"drill-{uuid4()}"
        await cards.post("/customers", {"kind": "COMPANY", "name": name}, key=name)
    connection = await asyncpg.connect(stack.database.admin)
    try:
        new = await connection.fetchval(_NEW)
    finally:
        await connection.close()
    if not new:
        raise BackupFailed("what was recorded in the copy is not of its new generation")


async def _all_sent(dsn: str) -> None:
    """Wait until every relay has sent its whole store. Topics are compared as far as the relays have come."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            unsent = await _unsent(connection)
            while unsent:
                await asyncio.sleep(0.2)
                unsent = await _unsent(connection)
    except TimeoutError:
        raise NotSettled(f"{unsent} events are not on the topics after {_PATIENCE_SECONDS:.0f} s") from None
    finally:
        await connection.close()


async def _unsent(connection: Connection) -> int:
    return sum([await connection.fetchval(within(service, _UNSENT)) for service in SERVICES])


class _Clock:
    """Says how long each step took."""

    def __init__(self, say: Say) -> None:
        self._say, self._last = say, time.monotonic()

    def ended(self, step: str) -> None:
        now = time.monotonic()
        self._say(f"{step}: {now - self._last:.1f} s")
        self._last = now
