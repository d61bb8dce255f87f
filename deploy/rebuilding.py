"""Rebuilds with what is seen of them: the one that was asked for, and those that an upgrade made due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import asyncpg
from rich.console import Console

from deploy.consistency import models_of, pools_of, rebuild_named
from services.alerts.engine.rebuild import folds_due, rebuild_customers
from services.alerts.read_models.watched_customers import NAME as WATCHED_CUSTOMERS
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.projections.due import rebuilds_due


class Due(NamedTuple):
    """A read model of which an older version is shown."""

    service: str
    read_model: str

    @property
    def command(self) -> str:
        """What an operator types."""
        return f"regulars rebuild {self.service} {self.read_model}"


async def all_due(dsn: str) -> Sequence[Due]:
    """What waits for a rebuild in all services. `dsn`: of the owner, or of the superuser."""
    conn = await asyncpg.connect(dsn)
    try:
        found = [Due(service, name) for service in SERVICES for name in await rebuilds_due(conn, service, models_of(service))]
        if await folds_due(conn, range(PARTS)):
            found.append(Due("alerts", WATCHED_CUSTOMERS))
        return found
    finally:
        await conn.close()


def say_due(console: Console, due: Sequence[Due]) -> None:
    """Name them, each with its command."""
    if due:
        console.print("shown as an older version made it, and standing still until it is rebuilt:")
        for one in due:
            console.print(f"  {one.command}", highlight=False)


async def rebuild_shown(
    console: Console, endpoints: Mapping[str, Any], service: str, read_model: str, *, anew: bool = False, force: bool = False
) -> None:
    """Rebuild, with the number of records meanwhile and a line at the end. Raises UnknownReadModel, RebuildRefused, PartLost."""
    if (service, read_model) == ("alerts", WATCHED_CUSTOMERS):
        await _customers_shown(console, endpoints)
        return
    with console.status("") as status:
        done = await rebuild_named(
            endpoints,
            service,
            read_model,
            anew=anew,
            force=force,
            progress=lambda n: status.update(f"{service} {read_model}: {n} records"),
        )
    for one in done:
        console.print(
            f"{one.read_model}: {one.records} records folded, now live in slot {one.slot}, compared: {one.compared}",
            highlight=False,
        )


async def _customers_shown(console: Console, endpoints: Mapping[str, Any]) -> None:
    with console.status("") as status:
        async with pools_of(endpoints) as pools:
            folded = await rebuild_customers(
                pools["alerts"],
                pools,
                ZoneInfo("UTC"),
                range(PARTS),
                lambda n: status.update(f"alerts {WATCHED_CUSTOMERS}: {n} records"),
            )
    console.print(f"{WATCHED_CUSTOMERS}: {folded} records judged anew", highlight=False)
