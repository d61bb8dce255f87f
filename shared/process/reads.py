"""The log of reads of a service: where its `api` records them, and what its `work` does to seal them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from shared.audit.reads import Reads
from shared.audit.sealing import Sealing, keep_sealing
from shared.audit.seals import Signer
from shared.postgres.leader_lock import while_leading
from shared.postgres.pool import Pool, opened_pool
from shared.settings import ServiceSettings


async def recording_of(stack: AsyncExitStack, settings: ServiceSettings, service: str) -> Reads:
    """Records in the service's log, as long as the stack is open."""
    # A connection of its own: what was read and waits to be recorded must not stand behind what has not begun.
    pool = await stack.enter_async_context(opened_pool(settings.dsn, name=f"{service}-api-reads", max_size=1, watched=True))
    return Reads(pool, service)


async def seal_reads(settings: ServiceSettings, service: str, pool: Pool, now: Callable[[], datetime]) -> None:
    """Seal the service's log for ever, one process at a time. Raises SecretsRefused where there is no key to sign with."""
    sealing = Sealing(
        pool,
        service,
        Signer(settings.secrets),
        settings.seals or settings.secrets.parent / "seals",
        now,
        settings.seal_every_seconds,
        timedelta(days=settings.reads_kept_days),
        [bytes.fromhex(one) for one in settings.former_seal_keys],
    )

    async def seal() -> None:
        await keep_sealing(sealing)

    await while_leading(settings.dsn, f"regulars.{service}.seals", seal, application=f"{service}-seals")
