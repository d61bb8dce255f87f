"""Every analysis through its route, beside one query written by hand over flat tables for the same answer, in turns.

    python -m tests.performance.analyses --customers 1000000 --lines 10000000

Needs nothing that runs: it starts a server of its own and fills it. With --keep <folder> what was filled stays there, and a second run begins
with it. Prints medians in milliseconds and their ratio, compares the answers, and writes both to build/analyses.json: after each analysis, so
that a run that is broken off has measured something. Ends with 1 where an answer differs or takes more than 1.5 times its query.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from services.classification.domain.months import Span, compared_with, last_day, month_after
from services.classification.settings import Settings
from services.classification.wiring import build_api
from shared.postgres.pool import Pool
from shared.postgres.roles import create_database
from shared.telemetry.logs import configure_logs
from shared.testing.databases import TEMPLATE, Cluster, Database, create_template, running_cluster, start_cluster
from tests.integration.running import serving, settings_of
from tests.performance.analysis_data import CURRENCY, DAYS, fill
from tests.performance.analysis_queries import ANALYSES, Analysis
from tests.performance.kept_queries import KEPT_ANSWERS
from tests.performance.loyalty_queries import LOYALTY_ANALYSES
from tests.performance.product_queries import PRODUCT_ANALYSES
from tests.performance.prospect_queries import PROSPECT_ANALYSES

WANTED = 1.5
ZONE = "Asia/Shanghai"
ROUNDS = 5
PATIENCE_SECONDS = 600.0
REPORT = Path("build/analyses.json")
_CHOSEN = {
    "customer": "SELECT customer_id FROM bench.customers WHERE value_class = 'A' ORDER BY customer_id LIMIT 1",
    "salesperson": "SELECT salesperson_id FROM bench.intents WHERE ended_on IS NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
}


@dataclass(frozen=True)
class Measured:
    """Medians in milliseconds; `ratio` is that of the medians. `equal`: both answers say the same."""

    name: str
    rows: int
    ours_ms: float
    query_ms: float
    ratio: float
    equal: bool


async def measured(
    client: httpx.AsyncClient, pool: Pool, analysis: Analysis, last: date, chosen: Mapping[str, Any], rounds: int
) -> Measured:
    first = last - timedelta(days=DAYS - 1)
    # The days that an analysis may be asked with, and those of its query. All that there is, unless it is about a year.
    known = {
        "from": first,
        "to": last,
        "as_of": last,
        "on": last,
        "period_to": last - timedelta(days=1),
        "currency": CURRENCY,
        **quarters(last),
    }
    asked = {name: known[name] for name in analysis.period}
    known |= {"first": first, "last": last, "year": last - timedelta(days=364)} | chosen
    parameters = {name: value.format(**chosen) for name, value in analysis.parameters.items()}
    address = f"{analysis.path.format(**chosen)}?{urlencode(asked | parameters)}"
    arguments = [known[name] for name in analysis.arguments]
    ours, theirs = [], []
    body: Any = None
    rows: Sequence[Any] = ()
    for _ in range(rounds):
        began = time.perf_counter()
        answer = await client.get(address, timeout=PATIENCE_SECONDS)
        ours.append((time.perf_counter() - began) * 1000)
        body = answer.json()
        if answer.status_code != 200:
            print(f"{analysis.name}: {answer.text}", file=sys.stderr)
            return Measured(analysis.name, 0, round(ours[-1], 1), 0, float("inf"), False)
        async with pool.acquire() as c:
            # Whoever writes it by hand waits as long as it takes.
            await c.execute("SET statement_timeout = 0")
            began = time.perf_counter()
            rows = await c.fetch(analysis.query, *arguments, timeout=PATIENCE_SECONDS)
            theirs.append((time.perf_counter() - began) * 1000)
    said, wanted = analysis.said(body), [tuple(row) for row in rows]
    if said != wanted:
        unlike = [pair for pair in zip_longest(said, wanted) if pair[0] != pair[1]]
        print(f"{analysis.name} differs in {len(unlike)} rows, first: {unlike[0]}", file=sys.stderr)
    mine, query = statistics.median(ours), statistics.median(theirs)
    return Measured(analysis.name, len(wanted), round(mine, 1), round(query, 1), round(mine / query, 2), said == wanted)


def quarters(last: date) -> dict[str, Any]:
    """The last quarter that is over on a day, and the one before it: by their names in an analysis."""
    quarter = month_after(last, -3 - (last.month - 1) % 3)
    before = compared_with(Span(quarter, last_day(quarter, 3)), "BEFORE")
    return {
        "period": f"{quarter.year}-Q{quarter.month // 3 + 1}",
        "quarter": quarter,
        "quarter_end": last_day(quarter, 3),
        "before": before.first,
        "before_end": before.last,
    }


async def compared(database: Database, folder: Path, last: date, rounds: int, only: str = "") -> list[Measured]:
    """Every analysis over what `fill` has made, beside its query."""
    settings = Settings(**settings_of(database, "classification", folder))
    (folder / "keys.json").write_text('{"keys": []}')
    # The day on which it was filled, also when it was kept.
    noon = datetime.combine(last, clock(12), ZoneInfo(ZONE))
    app = build_api(settings, lambda: noon)
    found = []
    async with serving(app, folder, ["classification.class.read"]) as client:
        chosen = {name: await app.state.deps.pool.fetchval(query) for name, query in _CHOSEN.items()}
        for analysis in (*ANALYSES, *LOYALTY_ANALYSES, *PRODUCT_ANALYSES, *PROSPECT_ANALYSES, *KEPT_ANSWERS):
            if only not in analysis.name:
                continue
            found.append(await measured(client, app.state.deps.analyses, analysis, last, chosen, rounds))
            print("{name:44}{rows:>6}{ours_ms:>12}{query_ms:>12}{ratio:>8}  {equal}".format(**asdict(found[-1])), flush=True)
            write(found, rounds, database)
    return found


async def main(customers: int, lines: int, rounds: int, keep: Path | None, only: str) -> list[Measured]:
    """Measure in a database that is made for it and thrown away, or kept."""
    with tempfile.TemporaryDirectory() as made:
        async with running_cluster() if keep is None else kept_cluster(keep) as cluster:
            database, last = await filled(cluster, customers, lines)
            print(f"{'analysis':44}{'rows':>6}{'ours ms':>12}{'query ms':>12}{'ratio':>8}")
            return await compared(database, Path(made), last, rounds, only)


@asynccontextmanager
async def kept_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """A server that keeps its data; stopped at the end."""
    fresh = not (folder / "data").exists()
    cluster = start_cluster(folder)
    try:
        if fresh:
            await create_template(cluster)
        yield cluster
    finally:
        cluster.stop()


async def filled(cluster: Cluster, customers: int, lines: int) -> tuple[Database, date]:
    """The database with so many customers and lines, filled unless it is there; and its last day."""
    server = await asyncpg.connect(cluster.dsn("postgres", "postgres"))
    name = f"analyses_{customers}_{lines}"
    try:
        there = await server.fetchval("SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1", name)
        if there is not None:
            print(f"as filled on {there}")
            return Database(cluster, name), date.fromisoformat(there)
        began, last = time.monotonic(), datetime.now(ZoneInfo(ZONE)).date()
        # What a filling that broke off has left is of no use.
        await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await create_database(server, name, TEMPLATE)
        admin = await asyncpg.connect(cluster.dsn("postgres", name))
        await fill(admin, customers, lines, last)
        await admin.close()
        await server.execute(f"COMMENT ON DATABASE {name} IS '{last}'")
    finally:
        await server.close()
    print(f"{customers:,} customers and {lines:,} lines after {time.monotonic() - began:.0f} s")
    return Database(cluster, name), last


def write(found: Sequence[Measured], rounds: int, database: Database) -> None:
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(
        json.dumps({"of": database.name, "rounds": rounds, "analyses": [asdict(one) for one in found]}, indent=2) + "\n"
    )


def judged(found: Sequence[Measured]) -> int:
    """0 where it is as it should be."""
    worst = max(found, key=lambda one: one.ratio)
    print(f"the most is {worst.ratio} times its query: {worst.name} (wanted: {WANTED})")
    return 0 if all(one.equal for one in found) and worst.ratio <= WANTED else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--keep", type=Path, help="folder of the server and what it was filled with, for the next run")
    parser.add_argument("--only", default="", help="analyses with this in their names")
    chosen = vars(parser.parse_args())
    configure_logs("classification", "WARNING")
    sys.exit(judged(asyncio.run(main(**chosen))))
