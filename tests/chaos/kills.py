"""Kill random processes of a running installation under load, then see that nothing was lost, doubled or disordered.

    python -m tests.chaos.kills --folder .regulars --kills 20 --rate 200 --seed 1

It sends sales through the HTTP API, each under an idempotency key of its own and repeated until it is answered, and kills
with SIGKILL whatever the supervisor has noted: services of both kinds, PostgreSQL, Kafka. It ends with 0 when every
acknowledged sale is in the event store exactly once, stream versions have no gap, and every process is up again.
Prints its figures as one line of JSON. `regulars verify` says afterwards whether topics and read models agree.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx

_RECOVERY_SECONDS = 90.0
_PAUSE_SECONDS = (4.0, 9.0)
_SENDERS = 48


@dataclass
class Load:
    """Sales sent at a steady rate. `acknowledged` maps each source_event_id that was answered to the status of its answer."""

    url: str
    key: str
    rate: float
    run: str
    acknowledged: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    repeats: int = 0
    unexpected: Counter[int] = field(default_factory=Counter)

    async def send(self, until: asyncio.Event) -> None:
        """Send at the rate until told, then until everything sent is answered."""
        waiting: asyncio.Queue[int] = asyncio.Queue()
        senders = [asyncio.create_task(self._sender(waiting)) for _ in range(_SENDERS)]
        began, n = time.monotonic(), 0
        while not until.is_set():
            waiting.put_nowait(n)
            n += 1
            await asyncio.sleep(max(0.0, began + n / self.rate - time.monotonic()))
        await waiting.join()
        for sender in senders:
            sender.cancel()
        self.sent = n

    async def _sender(self, waiting: asyncio.Queue[int]) -> None:
        # Plain sockets: an HTTP client library would take more of the machine than the service under test.
        host, port = self.url.removeprefix("http://").split(":")
        reader: asyncio.StreamReader | None = None
        writer: asyncio.StreamWriter | None = None
        while True:
            n = await waiting.get()
            request = self._request(n, host)
            while True:
                try:
                    async with asyncio.timeout(5):
                        if reader is None or writer is None:
                            reader, writer = await asyncio.open_connection(host, int(port))
                        writer.write(request)
                        status = await _answer(reader)
                except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
                    if writer is not None:
                        writer.close()
                    reader = writer = None
                    status = 0
                if status in (200, 201):
                    self.acknowledged[f"{self.run}-{n}"] = status
                    break
                if status not in (0, 429, 502, 503, 504):
                    self.unexpected[status] += 1
                    break
                self.repeats += 1
                await asyncio.sleep(0.25)
            waiting.task_done()

    def _request(self, n: int, host: str) -> bytes:
        body = {
            "source": "chaos",
            "source_event_id": f"{self.run}-{n}",
            "customer": {"system": "chaos", "value": f"C-{n % 97}"},
            "sold_on": "2026-01-05",
            "net": {"amount": "10.00", "currency": "CNY"},
        }
        content = json.dumps(body).encode()
        head = (
            f"POST /v1/sales HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.key}\r\nIdempotency-Key: {self.run}-{n}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        return head.encode() + content


async def _answer(reader: asyncio.StreamReader) -> int:
    """Status of the next answer on a connection, its body read and dropped."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:"))
    await reader.readexactly(int(length))
    return int(head.split(" ", 2)[1])


async def kill_some(register: Path, kills: int, dice: random.Random) -> Counter[str]:
    """Kill processes one after the other, a few seconds apart, each when it is up: every kind once, then any. Returns how often each was hit."""
    hit: Counter[str] = Counter()
    first = sorted(json.loads(await asyncio.to_thread(register.read_text)))
    dice.shuffle(first)
    while sum(hit.values()) < kills:
        await asyncio.sleep(dice.uniform(*_PAUSE_SECONDS))
        running = json.loads(await asyncio.to_thread(register.read_text))
        name = first[-1] if first else dice.choice(sorted(running))
        try:
            os.kill(running[name]["pid"], signal.SIGKILL)
        except ProcessLookupError:
            continue
        hit[name] += 1
        first = first[:-1]
        print(f"killed {name}", file=sys.stderr)
    return hit


async def recovered(endpoints: dict[str, dict[str, dict[str, str]]]) -> float:
    """Seconds until every process answers that it is ready. Raises TimeoutError."""
    began = time.monotonic()
    addresses = [f"{s['url']}/readyz" for s in endpoints["services"].values()] + [
        f"{s['work']}/readyz" for s in endpoints["services"].values()
    ]
    async with httpx.AsyncClient(timeout=3) as client, asyncio.timeout(_RECOVERY_SECONDS):
        while addresses:
            try:
                if (await client.get(addresses[-1])).status_code == 200:
                    addresses.pop()
                    continue
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)
    return time.monotonic() - began


async def violations(dsn: str, load: Load) -> list[str]:
    """What the event store of cards says against the acknowledgements."""
    found = []
    c = await asyncpg.connect(dsn)
    try:
        rows = await c.fetch("SELECT source_event_id, count(*) AS n FROM cards.events WHERE source = 'chaos/sale' GROUP BY 1")
        stored = {row["source_event_id"]: row["n"] for row in rows}
        if lost := [e for e in load.acknowledged if e not in stored]:
            found.append(f"{len(lost)} acknowledged sales are lost, the first is {lost[0]}")
        if doubled := [e for e, n in stored.items() if n > 1]:
            found.append(f"{len(doubled)} sales are stored more than once, the first is {doubled[0]}")
        gaps = await c.fetchval(
            "SELECT count(*) FROM (SELECT stream FROM cards.events GROUP BY stream HAVING max(version) <> count(*) OR min(version) <> 1) g"
        )
        if gaps:
            found.append(f"{gaps} streams have a gap in their versions")
    finally:
        await c.close()
    if load.unexpected:
        found.append(f"answers that nobody should get: {dict(load.unexpected)}")
    return found


async def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--folder", type=Path, default=Path(".regulars"))
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--rate", type=float, default=200.0)
    arguments.add_argument("--seed", type=int, default=1)
    chosen = arguments.parse_args()
    endpoints = json.loads((chosen.folder / "endpoints.json").read_text())
    load = Load(
        endpoints["services"]["cards"]["url"], endpoints["keys"]["everything"], chosen.rate, f"{chosen.seed}-{time.time_ns():x}"
    )
    enough = asyncio.Event()
    began = time.monotonic()
    sending = asyncio.create_task(load.send(enough))
    hit = await kill_some(chosen.folder / "processes.json", chosen.kills, random.Random(chosen.seed))
    seconds = await recovered(endpoints)
    enough.set()
    await sending
    took = time.monotonic() - began
    found = await violations(endpoints["postgres"]["admin"], load)
    result = {
        "seed": chosen.seed,
        "kills": dict(hit),
        "acknowledged": len(load.acknowledged),
        "sent": load.sent,
        "acknowledged_per_second": round(len(load.acknowledged) / took),
        "repeats": load.repeats,
        "recovery_seconds": round(seconds, 1),
        "violations": found,
    }
    print(json.dumps(result))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
