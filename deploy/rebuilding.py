"""Rebuilds with what is seen of them: the one that was asked for, and those that an upgrade made due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg
from rich.console import Console

from deploy.consistency import models_of, rebuild_one
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
        return [Due(service, name) for service in SERVICES for name in await rebuilds_due(conn, service, models_of(service))]
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
    """Rebuild, with the number of records meanwhile and a line at the end. Raises UnknownReadModel, RebuildRefused."""
    with console.status("") as status:
        done = await rebuild_one(
            endpoints,
            service,
            read_model,
            anew=anew,
            force=force,
            progress=lambda n: status.update(f"{service} {read_model}: {n} records"),
        )
    console.print(
        f"{done.read_model}: {done.records} records folded, now live in slot {done.slot}, compared: {done.compared}",
        highlight=False,
    )
