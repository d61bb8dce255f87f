"""I5, I6, I9: what the APIs answer against what was sent; positions and parking."""

from __future__ import annotations

import asyncio
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import asyncpg

from tests.chaos.checker.store import SERVICES
from tests.chaos.load import Answer, Client, Load

_IDS = "SELECT value, customer_id FROM cards.external_ids WHERE system = 'chaos'"
_PARKED = "SELECT read_model, key, cause FROM {schema}.parked"
_READERS = 8


async def check_lists(conn: asyncpg.Connection[asyncpg.Record], loads: Sequence[Load], dice: random.Random) -> list[str]:
    """What every customer owes, as the API says it, is what the commands come to."""
    ids = {row["value"]: row["customer_id"] for row in await conn.fetch(_IDS)}
    owed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for load in loads:
        expected = load.expected()
        for who, amount in expected.invoiced.items():
            owed[who] += amount
        for who, amount in expected.paid.items():
            owed[who] -= amount
    found: list[str] = []
    waiting = sorted(owed)
    if len(waiting) > 150:
        waiting = dice.sample(waiting, 150)

    async def read() -> None:
        client = Client(loads[-1].url, loads[-1].key)
        while waiting:
            who = waiting.pop()
            if who not in ids:
                found.append(f"I5: nobody knows {who}")
                continue
            answer = await asked(client, "GET", f"/v1/customers/{ids[who]}/receivables")
            if answer.status != 200:
                found.append(f"I5: the receivables of {who} are answered {answer.status}")
                continue
            balances = [one for one in json.loads(answer.body)["balances"] if one["currency"] == "CNY"]
            said = sum((Decimal(one["outstanding"]) - Decimal(one["unallocated"]) for one in balances), Decimal(0))
            if said != owed[who]:
                found.append(f"I5: {who} owes {owed[who]}, the list says {said}")

    await asyncio.gather(*(read() for _ in range(_READERS)))
    return found


async def asked(client: Client, method: str, path: str, body: Any = None, key: str | None = None) -> Answer:
    """As every caller does: whoever is told to come later asks again, for half a minute."""
    for _ in range(30):
        answer = await client.ask(method, path, body, key)
        if answer.status not in (0, 429, 503):
            return answer
        await asyncio.sleep(1)
    return answer


async def check_repeats(load: Load, dice: random.Random, many: int = 60) -> list[str]:
    """The same key is answered with the same status and bytes, however often the request is sent."""
    found: list[str] = []
    client = Client(load.url, load.key)
    for key in dice.sample(sorted(load.acknowledged), min(many, len(load.acknowledged))):
        command, first = load.sent[key], load.acknowledged[key]
        again = await asked(client, "POST", command.path, command.body, key)
        if (again.status, again.body) != (first.status, first.body):
            found.append(
                f"I9: {key} was answered {first.status} {first.body[:200]!r} and then {again.status} {again.body[:200]!r}"
            )
    return found


async def check_parked(conn: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    """Nothing is parked."""
    found = []
    for schema in SERVICES:
        for row in await conn.fetch(_PARKED.format(schema=schema)):
            found.append(f"I6 {schema}: {row['read_model']} has parked {row['key']}: {row['cause']}")
    return found[:10]
