"""Sealing: once a minute the reads of closed transactions are hashed, chained, signed, and the seal is written to a second place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import Counter, Gauge

from shared.audit.exports import export
from shared.audit.seal_store import add_seal, bounded, digest_between, forget_reads, horizon, kept_from, last_seal
from shared.audit.seals import NOTHING, Seal, Signer, is_signed
from shared.postgres.pool import Pool

log = logging.getLogger(__name__)
SEALED = Counter("regulars_reads_sealed_total", "Reads that were sealed", ["schema"])
SEALED_AT = Gauge("regulars_reads_sealed_seconds", "Unix time of the last look for reads to seal", ["schema"])
BEGIN = (0, 0)
KEPT = timedelta(days=730)
MOST_ROWS = 100_000
"""In a seal, about: a second's work. Reads of one transaction are never torn."""


class ForeignSeal(Exception):
    """The newest seal is signed by no key of this installation: whoever made it would decide what is forgotten, and what the chain goes on from."""


@dataclass(frozen=True, slots=True)
class Sealing:
    """`folder`: the second place, best on another machine. `every_seconds`: how long a read may stand unsealed. Reads are forgotten
    when their seal is older than `kept`; the seals stay. `former`: public keys of earlier times, whose seals are gone on from."""

    pool: Pool
    schema: str
    signer: Signer
    folder: Path
    now: Callable[[], datetime]
    every_seconds: float = 60.0
    kept: timedelta = KEPT
    former: Collection[bytes] = ()


async def keep_sealing(sealing: Sealing) -> None:
    """For ever, by one process at a time. Raises what says that the database or the second place is away.

    Behind a foreign seal nothing is sealed and nothing forgotten until a person has looked: the time of the last round stands, which is warned of.
    """
    while True:
        sealed = None
        try:
            sealed = await seal_once(sealing)
        except ForeignSeal:
            log.error("the newest seal is not ours: nothing is sealed or forgotten")
        # After a long pause there is more than one seal takes.
        if sealed is None or sealed.rows < MOST_ROWS // 2:
            await asyncio.sleep(sealing.every_seconds)


async def seal_once(sealing: Sealing) -> Seal | None:
    """Close what can be closed, and bring the second place up to date. None when there was nothing to seal. Raises ForeignSeal.

    A crash before the export leaves a seal that the next round exports.
    """
    schema = sealing.schema
    async with sealing.pool.acquire() as c:
        # One snapshot: what lies below its oldest transaction is what the digest sees, and nothing comes in below it later.
        async with c.transaction(isolation="repeatable_read", readonly=True):
            before = await last_seal(c, schema)
            if before is not None and not is_signed(before, (sealing.signer.public, *sealing.former)):
                raise ForeignSeal
            after = BEGIN if before is None else (before.gen, before.upto)
            upto = await bounded(c, schema, after, await horizon(c, schema), MOST_ROWS)
            digest = await digest_between(c, schema, after, upto)
            oldest = await kept_from(c, schema, sealing.now() - sealing.kept)
        sealed = None
        if digest.rows:
            number = 1 if before is None else before.number + 1
            seal = Seal(
                schema,
                number,
                *upto,
                digest.rows,
                digest.value(),
                NOTHING if before is None else before.hash(),
                sealing.now(),
                # Never back: what has expired is gone.
                1 if before is None else max(before.kept_from, oldest or number),
            )
            sealed = sealing.signer.signed(seal)
            await add_seal(c, schema, sealed)
            SEALED.labels(schema).inc(sealed.rows)
        async with c.transaction(readonly=True):
            await export(c, schema, sealing.folder)
        if sealed is not None:
            # After the export: what is gone is gone by a seal that stands in both places.
            await forget_reads(c, schema)
    SEALED_AT.labels(schema).set(sealing.now().timestamp())
    return sealed
