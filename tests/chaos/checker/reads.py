"""I10: the log of reads against what was answered, and against its seals and their copies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from shared.audit.seals import Signer
from shared.audit.verifying import verify
from shared.contracts.topics import SERVICES
from tests.chaos.load import Load

_RECORDED = "SELECT trace_id, customers::text[] AS customers FROM cards.reads WHERE trace_id = ANY($1::text[])"


async def check_reads(
    conn: asyncpg.Connection[asyncpg.Record], loads: Sequence[Load], secrets: Path, seals: Path | None
) -> list[str]:
    """Each card that was shown is on record once, and none that was refused; who heard no answer may be. The log of each service is what was sealed.

    `seals` None: the store was replaced by an older one, which the copies say of themselves.
    """
    read = {trace: one for load in loads for trace, one in load.reads.items()}
    recorded: dict[str, list[list[str]]] = {}
    for row in await conn.fetch(_RECORDED, list(read)):
        recorded.setdefault(row["trace_id"], []).append(row["customers"])
    found = []
    for trace, (customer, status) in read.items():
        rows = recorded.get(trace, [])
        if status == 200 and rows != [[customer]]:
            found.append(f"I10: the card of {customer} was shown and is on record {len(rows)} times ({trace})")
        elif status >= 400 and status != 503 and rows:
            found.append(f"I10: a read that was answered {status} is on record ({trace})")
        elif len(rows) > 1:
            found.append(f"I10: one read is on record {len(rows)} times ({trace})")
    for service in SERVICES:
        verified = await verify(conn, service, seals, [Signer(secrets).public], datetime.now(UTC))
        found += [f"I10: {service}: {finding}" for finding in verified.findings[:10]]
    return found[:20]
