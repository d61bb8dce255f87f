"""Pages of lists over 100,000 customers through the API, beside the same statement sent to PostgreSQL alone.

    python -m tests.performance.customer_lists --customers 100000

Needs nothing that runs: it starts a server of its own, puts folded and sealed rows into the list, and asks the API as a process of
its own over one kept connection. Prints medians in milliseconds; the last column is what the API adds.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import asyncpg
import httpx

from services.cards.api.list_query import query_of
from services.cards.domain.identity import card_stream
from services.cards.read_models.customer_pages import page
from services.cards.read_models.customer_row import Customer
from services.cards.read_models.customers import CUSTOMERS, evolve
from services.cards.settings import Settings
from services.cards.wiring import build_api
from shared.contracts.card_parts import Characteristics, CharacteristicsRevised
from shared.contracts.cards import Basics, CustomerRegistered, ExternalId, Marks, Provenance, TradeTermsAgreed
from shared.contracts.cursor import PARTS, part_of
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.postgres.pool import create_pool
from shared.privacy.sealing import Sealer
from shared.privacy.secrets import load_secrets
from shared.projections.rows import write_rows
from shared.testing.databases import Database, create_test_database, running_cluster
from tests.integration.running import serving, settings_of
from tests.unit.cards.telling import told

SCOPES = ("cards.customer.read", "cards.pii.read")
WANTED_MS = 5.0
TIMES = 60


@dataclass(frozen=True)
class Asked:
    """One list: where it is asked for, by which parameters, and for how many."""

    name: str
    path: str = "/v1/customers"
    where: Sequence[str] = ()
    sort: str = "name"
    limit: int = 50

    def address(self) -> str:
        return f"{self.path}?{urlencode([*(('where', one) for one in self.where), ('sort', self.sort), ('limit', self.limit)])}"


LISTS = (
    Asked("by name"),
    Asked("by name, 500 at once", limit=500),
    Asked("one salesperson", where=("salesperson_id=seller-7",)),
    Asked("beginning of a name", where=("name^=lotus 77",)),
    Asked("marks and potential", where=("shop_kind=CHAIN", "characteristics.potential>=4")),
    Asked("longest with us first", sort="trading_since"),
    Asked("last changed first", sort="-changed_at"),
    Asked("terms and limit", where=("payment_days>=60", "credit_limit>=150000 CNY")),
    Asked("nobody's", where=("salesperson_id=",)),
    Asked("mailing list of an area", path="/v1/mailing-list", where=("area_id=AREA-3",)),
)


def events(customer: UUID, n: int, dice: random.Random) -> list[Event]:
    """A customer's card: a company, or every tenth a person, with what is personal in the clear."""
    person = n % 10 == 0
    seller = f"seller-{dice.randrange(100)}" if dice.random() < 0.95 else None
    basics = Basics(
        kind="PERSON" if person else "COMPANY",
        name=None if person else f"Lotus {n} Trading Co., Ltd.",
        person_name=f"Li Na {n}" if person else None,
        country="CN",
        place="Suzhou",
        address=f"Lake Road {n}",
        telephone=f"+86512{60000000 + n}",
        trading_since=date(dice.randrange(1995, 2026), dice.randrange(1, 13), 1),
    )
    marks = Marks(shop_kind=dice.choice(["CHAIN", "WHOLESALE", "RETAIL"]), industry=dice.choice(["FOOD", "HARDWARE"]))
    limit = Money(Decimal(f"{dice.randrange(1, 200)}000.00"), "CNY")
    return [
        CustomerRegistered(
            customer_id=customer,
            basics=basics,
            marks=marks,
            external_ids=(ExternalId("erp", f"K-{n}"),),
            area_id=f"AREA-{dice.randrange(20)}",
            salesperson_id=seller,
        ),
        TradeTermsAgreed(
            customer_id=customer, payment_days=dice.choice([0, 30, 60, 90]), credit_limit=limit, agreed_on=date(2026, 1, 5)
        ),
        CharacteristicsRevised(
            customer_id=customer,
            stated=Characteristics(potential=dice.randrange(1, 6)),
            provenance=Provenance(source="SALESPERSON"),
        ),
    ]


async def fill(database: Database, settings: Settings, customers: int) -> None:
    """Rows as the fold makes them, sealed as the handlers seal, written as `work` writes; only the way there is shorter."""
    dice = random.Random(customers)
    secrets = load_secrets(settings.secrets)
    pool = await create_pool(settings.dsn, name="filling", statement_timeout_ms=60_000)
    sealer = Sealer(pool, secrets.master, secrets.fingerprint, lambda: datetime.now(UTC))
    for first in range(0, customers, 1000):
        ids = {n: UUID(int=dice.getrandbits(128), version=4) for n in range(first, min(first + 1000, customers))}
        await sealer.keys_for(list(ids.values()))
        by_part: dict[int, dict[Hashable, Customer | None]] = {}
        for n, customer in ids.items():
            sealed = [sealer.seal(event, card_stream(customer), customer) for event in events(customer, n, dice)]
            row: Customer | None = None
            for envelope in told(sealed, customer):
                row = evolve(row, envelope)
            by_part.setdefault(part_of(str(customer), PARTS), {})[customer] = row
        async with pool.acquire() as c:
            await write_rows(c, "cards", CUSTOMERS, "a", by_part)
    await pool.close()
    admin = await asyncpg.connect(database.dsn("postgres"))
    await admin.execute("VACUUM ANALYZE cards.customers_a")
    await admin.close()


class Noted:
    """A connection that notes the statements which pages send."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.sent: list[tuple[str, tuple[object, ...]]] = []

    async def fetch(self, statement: str, *values: object) -> Any:
        self.sent.append((statement, values))
        return await self._connection.fetch(statement, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


async def measured(asked: Asked, c: Any, api: http.client.HTTPConnection, headers: dict[str, str]) -> tuple[float, float, int]:
    """Medians in milliseconds of the bare statement and of what the API adds to it in the same moment; how many items the page had."""
    noted = Noted(c)
    more = ("stub=false",) if asked.path == "/v1/mailing-list" else ()
    await page(noted, "cards", query_of([*asked.where, *more], asked.sort, "#"), None, asked.limit + 1)
    [(statement, values)] = noted.sent
    bare, through, items = [], [], 0
    for _ in range(TIMES):
        began = time.perf_counter()
        await c.fetch(statement, *values)
        bare.append(time.perf_counter() - began)
        began = time.perf_counter()
        api.request("GET", asked.address(), headers=headers)
        answer = api.getresponse()
        body = answer.read()
        through.append(time.perf_counter() - began)
        assert answer.status == 200, body
        items = len(json.loads(body)["items"])
    added = statistics.median(one - other for one, other in zip(through, bare, strict=True))
    return statistics.median(bare) * 1000, added * 1000, items


async def main(customers: int) -> int:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        async with running_cluster() as cluster:
            database = await create_test_database(cluster)
            settings = Settings(**{**settings_of(database, "cards", folder), "pool_size": 10})
            (folder / "keys.json").write_text('{"keys": []}')
            began = time.monotonic()
            await fill(database, settings, customers)
            print(f"{customers:,} customers in the list after {time.monotonic() - began:.0f} s")
            return await compare(database, folder, settings)


async def compare(database: Database, folder: Path, settings: Settings) -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = int(taken.getsockname()[1])
    async with serving(build_api(settings), folder, SCOPES) as client:
        headers = {name: client.headers[name] for name in ("Authorization", "Regulars-Purpose")}
    environment = {
        "CARDS_DSN": settings.dsn, "CARDS_FEED": "store", "CARDS_SECRETS": str(folder), "CARDS_KEYS_FILE": str(folder / "keys.json"),
        "CARDS_ZONE": "Asia/Shanghai", "CARDS_PORT": str(port), "CARDS_LOG_LEVEL": "WARNING",
    }  # fmt: skip
    api = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.cards", "api", env={**os.environ, **environment})
    try:
        await ready(port)
        pool = await create_pool(settings.dsn, max_size=1, name="bare")
        c = await pool.acquire()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        worst = 0.0
        print(f"{'list':28}{'items':>7}{'bare ms':>10}{'API adds':>10}")
        for asked in LISTS:
            bare, added, items = await measured(asked, c, connection, headers)
            if asked.limit == 50:
                worst = max(worst, added)
            print(f"{asked.name:28}{items:>7}{bare:>10.2f}{added:>10.2f}")
        pool.terminate()
        print(f"a page of 50 takes at most {worst:.1f} ms more than its statement (wanted: {WANTED_MS:.0f})")
        return 0 if worst <= WANTED_MS else 1
    finally:
        api.terminate()
        await api.wait()


async def ready(port: int) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(200):
            try:
                if (await client.get(f"http://127.0.0.1:{port}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
    raise RuntimeError("the API does not come up")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    sys.exit(asyncio.run(main(parser.parse_args().customers)))
