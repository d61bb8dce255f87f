"""Whether the log of reads is what was sealed: asked with no right but to read, and with the public keys alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from shared.audit.exports import exported
from shared.audit.seal_store import digest_between, seals_after
from shared.audit.sealing import BEGIN
from shared.audit.seals import NOTHING, Seal, is_signed
from shared.postgres.pool import Connection

LATE = timedelta(minutes=5)
"""A seal that is not in the second place after this time is missing there."""


@dataclass(slots=True)
class Verified:
    """What was looked at, and what is not as it was sealed. `unsealed`: reads that no seal covers yet."""

    seals: int = 0
    rows: int = 0
    exported: int = 0
    unsealed: int = 0
    expired: int = 0
    findings: list[str] = field(default_factory=list)


async def verify(c: Connection, schema: str, folder: Path | None, keys: Collection[bytes], now: datetime) -> Verified:
    """Each seal's number, chain and signature, the rows that it covers, and the copies in the second place.

    What nobody has sealed yet, a minute of reads, is not protected; nor is a log that was cut together with its copies.
    """
    found = Verified()
    async with c.transaction(isolation="repeatable_read", readonly=True):
        seals = [seal async for seal in seals_after(c, schema)]
        kept_from = max((seal.kept_from for seal in seals if is_signed(seal, keys)), default=1)
        before: Seal | None = None
        for seal in seals:
            _chained(found, seal, before, keys)
            await _covered(c, found, seal, before, kept_from)
            before = seal
        after = BEGIN if before is None else (before.gen, before.upto)
        found.unsealed = (await digest_between(c, schema, after, (32767, 2**64 - 1))).rows
    found.seals = len(seals)
    if folder is not None:
        _copied(found, schema, seals, folder, keys, now)
    return found


def _chained(found: Verified, seal: Seal, before: Seal | None, keys: Collection[bytes]) -> None:
    name = f"seal {seal.number}"
    expected = 1 if before is None else before.number + 1
    if seal.number != expected:
        found.findings.append(f"{name}: seal {expected} is missing before it")
    if not is_signed(seal, keys):
        found.findings.append(f"{name}: not signed by a known key, or changed since")
    if seal.previous != (NOTHING if before is None else before.hash()):
        found.findings.append(f"{name}: does not continue the seal before it")


async def _covered(c: Connection, found: Verified, seal: Seal, before: Seal | None, kept_from: int) -> None:
    after = BEGIN if before is None else (before.gen, before.upto)
    digest = await digest_between(c, seal.schema, after, (seal.gen, seal.upto))
    found.rows += digest.rows
    if digest.rows == 0 and seal.number < kept_from:
        found.expired += 1
    elif digest.rows != seal.rows:
        found.findings.append(f"seal {seal.number}: {digest.rows} reads where {seal.rows} were sealed")
    elif digest.value() != seal.digest:
        found.findings.append(f"seal {seal.number}: its {seal.rows} reads are not those that were sealed, or not in their order")


def _copied(found: Verified, schema: str, seals: Collection[Seal], folder: Path, keys: Collection[bytes], now: datetime) -> None:
    kept = {(seal.gen, seal.number): seal for seal in seals}
    copies: dict[tuple[int, int], Seal] = {}
    for place, copy in exported(folder, schema):
        found.exported += 1
        if copy is None:
            found.findings.append(f"{place}: no seal can be read there")
            continue
        at = (copy.gen, copy.number)
        copies[at] = copy
        if not is_signed(copy, keys):
            found.findings.append(f"{place}: not signed by a known key, or changed since")
        elif at not in kept:
            found.findings.append(f"{place}: seal {copy.number} of generation {copy.gen} was exported and is not in the store")
        elif kept[at].hash() != copy.hash():
            found.findings.append(f"{place}: seal {copy.number} is another one in the store")
    for at, seal in kept.items():
        if at not in copies and (now - seal.sealed_at > LATE or any(other > at for other in copies)):
            found.findings.append(f"seal {seal.number}: not in the second place")
