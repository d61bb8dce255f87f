"""The pools of a process, and whether the database answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from shared.postgres.pool import Pool, opened_pool
from shared.projections.due import rebuilds_due
from shared.projections.read_model import ReadModel
from shared.settings import ServiceSettings
from shared.web.health import Readiness, Ready

WORK_STATEMENT_MS = 30_000
"""In a work process thousands of rows or appends are one statement; it may take longer than a request may."""
_READERS = 2


async def stores_of(
    stack: AsyncExitStack, settings: ServiceSettings, service: str, followed: Iterable[str], own: Pool
) -> dict[str, Pool]:
    """Pools that see the published views, by the services that are followed: `own`, save where one lies in another database."""
    found = dict.fromkeys(followed, own)
    for name, dsn in settings.published_dsns.items():
        if name in found:
            elsewhere = opened_pool(
                dsn, name=f"{service}-reads-{name}", max_size=_READERS, statement_timeout_ms=WORK_STATEMENT_MS
            )
            found[name] = await stack.enter_async_context(elsewhere)
    return found


def answering(pools: Sequence[Pool], schema: str, models: Sequence[ReadModel[Any]]) -> Ready:
    """Ready when the first pool answers. It may be opened later: until then the process is starting. Degraded while an older
    version of a read model is shown."""

    async def ready() -> Readiness:
        if not pools:
            return Readiness(False, {"postgres": "starting"})
        async with pools[0].acquire() as conn:
            due = await rebuilds_due(conn, schema, models)
        return Readiness(True, {"postgres": "ok"} | {f"read model {name}": "rebuild due" for name in due}, tuple(due))

    return ready
