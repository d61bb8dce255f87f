"""Import many sales through the API of a running installation, beside COPY of the same rows into a table of the same shape.

    python -m tests.performance.import_sales --folder .regulars --rows 100000

Prints rows per second of both and their ratio, and the seconds from the end of the import until the last row is visible in
the read models: the receivables of cards, the sales of classification, and the watched customers of alerts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.performance.baselines.event_rows import COLUMNS, TABLE, Row, copy_seconds

_VISIBLE = (("cards", "receivables"), ("classification", "customer_sales"), ("alerts", "watched_customers"))
_TOPIC = "regulars.cards.transactions.v1"
_PATIENCE_SECONDS = 300.0


def sales(rows: int, run: str) -> bytes:
    """Lines of NDJSON: sales of 10,000 dealers over a year."""
    dice = random.Random(rows)
    first = date(2025, 11, 1)
    lines = []
    for n in range(rows):
        amount = f"{dice.randint(100, 999_999) / 100:.2f}"
        lines.append(
            json.dumps(
                {
                    "type": "sale",
                    "source": run,
                    "source_event_id": f"S-{n}",
                    "customer": {"system": run, "value": f"K-{dice.randrange(10_000)}"},
                    "sold_on": str(first + timedelta(days=n * 365 // rows)),
                    "net": {"amount": amount, "currency": "CNY"},
                    "lines": [{"article": f"A-{dice.randrange(500)}", "quantity": str(dice.randint(1, 40)), "net": amount}],
                    "order_number": f"O-{n}",
                }
            )
        )
    return "\n".join(lines).encode()


async def imported(url: str, key: str, run: str, body: bytes) -> dict[str, float]:
    """Seconds until the body was stored (the 202), and until the job had recorded the last row."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=300) as client:
        began = time.monotonic()
        answer = await client.post(
            "/v1/imports",
            params={"kind": "transactions", "source": run, "ends": "true"},
            content=body,
            headers={"Idempotency-Key": run, "Content-Type": "application/x-ndjson"},
        )
        answer.raise_for_status()
        accepted = time.monotonic() - began
        while True:
            job = (await client.get(answer.headers["Location"])).raise_for_status().json()
            if job["state"] not in ("stored", "running", "receiving"):
                break
            await asyncio.sleep(0.02)
        done = time.monotonic() - began
    if job["state"] != "done":
        raise SystemExit(f"the import ended as {job}")
    return {"accepted": accepted, "recorded": done}


async def visible(admin: asyncpg.Connection[Any], run: str) -> dict[str, float]:
    """Seconds from now until each read model has folded the last row, by its positions."""
    last = await admin.fetch(
        "SELECT part, max(xid::text::bigint) AS xid FROM cards.events WHERE source = $1 GROUP BY part", f"{run}/sale"
    )
    began, waits = time.monotonic(), {}
    for schema, model in _VISIBLE:
        wanted = {row["part"]: row["xid"] for row in last}
        while wanted:
            rows = await admin.fetch(
                f"SELECT part, cursors ->> $2 AS cursor FROM {schema}.positions p JOIN {schema}.routing r USING (read_model)"
                " WHERE read_model = $1 AND p.slot = r.live",
                model,
                _TOPIC,
            )
            reached = {row["part"]: int(row["cursor"].split(".")[1]) for row in rows if row["cursor"]}
            wanted = {part: xid for part, xid in wanted.items() if reached.get(part, 0) < xid}
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise SystemExit(f"{schema}.{model} has not seen the last rows after {_PATIENCE_SECONDS:.0f} s")
            await asyncio.sleep(0.02)
        waits[f"{schema} {model}"] = time.monotonic() - began
    return waits


async def recorded_rows(admin: asyncpg.Connection[Any], run: str) -> list[Row]:
    """The rows of the store that an import has made."""
    return [
        tuple(row) for row in await admin.fetch(f"SELECT {', '.join(COLUMNS)} FROM cards.events WHERE source = $1", f"{run}/sale")
    ]


async def copied(admin: asyncpg.Connection[Any], run: str) -> float:
    """Seconds that COPY takes for the same rows into a table with the same indexes, 10,000 rows a transaction."""
    rows = await recorded_rows(admin, run)
    try:
        return await copy_seconds(admin, rows)
    finally:
        await admin.execute(f"DROP TABLE cards.{TABLE}")


async def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=Path(".regulars"))
    arguments.add_argument("--rows", type=int, default=100_000)
    chosen = arguments.parse_args()
    endpoints = json.loads((chosen.folder / "endpoints.json").read_text())
    run = f"bench-{time.time_ns():x}"
    body = sales(chosen.rows, run)
    admin = await asyncpg.connect(endpoints["postgres"]["admin"])
    try:
        took = await imported(endpoints["services"]["cards"]["url"], endpoints["keys"]["everything"], run, body)
        waits = await visible(admin, run)
        copy = await copied(admin, run)
    finally:
        await admin.close()
    result = {
        "rows": chosen.rows,
        "ours_rows_per_second": round(chosen.rows / took["recorded"]),
        "copy_rows_per_second": round(chosen.rows / copy),
        "ratio": round(copy / took["recorded"], 3),
        "seconds_until_accepted": round(took["accepted"], 2),
        "seconds_until_visible": {name: round(seconds, 2) for name, seconds in waits.items()},
    }
    print(json.dumps(result, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
