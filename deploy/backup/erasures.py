"""The ledger of erasures, kept apart from backups: who was erased stays erased, whatever is restored.

One line of JSON for each erasure: customer, time, signature by the master key. Replayed before anything is started, it
destroys the keys that the backup brought back; `work` of cards then records what the restored store does not know.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg

from shared.privacy.wrapping import MasterKey


class BadLedger(Exception):
    """A line of the ledger was not written by this installation. Nothing was destroyed."""


class Erasure(NamedTuple):
    """A customer whose key was destroyed, and when (UTC)."""

    customer_id: UUID
    erased_at: datetime
    signature: bytes


async def read_ledger(admin_dsn: str) -> list[str]:
    """The ledger as lines, the oldest erasure first."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        rows = await connection.fetch(
            "SELECT customer_id, erased_at, signature FROM keystore.erasures ORDER BY erased_at, customer_id"
        )
    finally:
        await connection.close()
    return [json.dumps({"customer_id": str(row[0]), "erased_at": row[1].isoformat(), "signature": row[2].hex()}) for row in rows]


def parse_ledger(lines: Iterable[str], master: MasterKey) -> list[Erasure]:
    """Raises BadLedger for a line that cannot be read or is not signed by this master key: a forged one would destroy data."""
    found = []
    for number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
            one = Erasure(
                UUID(str(fields["customer_id"])), datetime.fromisoformat(fields["erased_at"]), bytes.fromhex(fields["signature"])
            )
        except (ValueError, KeyError, TypeError):
            raise BadLedger(f"line {number} is no erasure") from None
        if not hmac.compare_digest(one.signature, master.signature(one.customer_id, one.erased_at.isoformat())):
            raise BadLedger(f"line {number} is not signed by the master key of this installation")
        found.append(one)
    return found


async def replay(admin_dsn: str, erasures: Iterable[Erasure]) -> int:
    """Destroy the keys of these customers again. Repeatable. How many a backup had brought back."""
    connection = await asyncpg.connect(admin_dsn)
    try:
        async with connection.transaction():
            done = [
                await connection.fetchval(
                    "SELECT keystore.destroy_key($1, $2, $3, $4)", one.customer_id, uuid4(), one.erased_at, one.signature
                )
                for one in erasures
            ]
    finally:
        await connection.close()
    return sum(done)
