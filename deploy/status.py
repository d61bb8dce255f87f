"""`regulars status`: one screen that says whether everything is said, relayed, folded and judged, and in which version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

import asyncpg
from rich.console import Console
from rich.table import Table

from deploy.http import answers
from deploy.rebuilding import all_due, say_due
from deploy.settle import Lag, Watch, readers_of
from shared.contracts.cursor import PARTS, START, Cursor
from shared.contracts.topics import CONTROL_TYPES, SERVICES
from shared.postgres.pool import Connection
from shared.postgres.revisions import head_revision
from shared.postgres.schema import within
from shared.projections.positions import cursors_from
from shared.projections.standings import follower_name

MOST = 100_000
"""Events are counted up to here."""
LISTED = 15

_STORE = """
SELECT s.gen, (SELECT version_num FROM {schema}.schema_revision) AS revision,
       r.epoch, EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{schema}-relay') AS led,
       extract(epoch FROM clock_timestamp() - (SELECT t FROM {schema}.watermark)) AS watermark,
       (SELECT count(*) FROM {schema}.parked) AS parked, (SELECT count(*) FROM {schema}.routing) AS models
  FROM {schema}.store s, {schema}.relay r"""
_UNSENT = """
SELECT count(*), extract(epoch FROM clock_timestamp() - min(u.recorded_at)) FROM (
  SELECT e.recorded_at FROM {schema}.events e, {schema}.relay r WHERE (e.gen, e.xid, e.pos) > (r.gen, r.xid, r.pos) LIMIT $1) u"""
_UNREAD = """
SELECT count(*), extract(epoch FROM clock_timestamp() - min(u.recorded_at)) FROM (
  SELECT e.recorded_at FROM {schema}.events e JOIN unnest($1::int[], $2::smallint[], $3::xid8[], $4::bigint[]) p (part, gen, xid, pos)
      ON p.part = CASE WHEN e.type = ANY($6) THEN 0 ELSE e.part END
   WHERE (e.gen, e.xid, e.pos) > (p.gen, p.xid, p.pos) AND e.type = ANY($5) LIMIT $7) u"""
_POSITIONS = """
SELECT p.part, p.cursors::text FROM {schema}.positions p LEFT JOIN {schema}.routing r ON r.read_model = p.read_model
 WHERE p.read_model = $1 AND p.state = 'live' AND p.slot = coalesce(r.live, p.slot)"""


class Unread(NamedTuple):
    """What a reader has not folded yet: events, and how long ago the oldest of them was recorded."""

    events: int
    seconds: float


async def show_status(console: Console, endpoints: Mapping[str, Any]) -> None:
    """Print it. Raises OSError or asyncpg.PostgresError when the database cannot be asked."""
    up = await _answering(endpoints)
    conn = await asyncpg.connect(endpoints["postgres"]["admin"])
    try:
        lag = await Watch(conn, PARTS).lag()
        server = await conn.fetchval("SELECT current_setting('server_version')")
        console.print(
            f"Regulars {version('regulars')}, PostgreSQL {server}, feed: {endpoints['feed']}; parked keys: {lag.parked}",
            highlight=False,
        )
        console.print(await _services(conn, endpoints, up, lag))
        await _late(console, conn, lag)
    finally:
        await conn.close()
    due = await all_due(endpoints["postgres"]["admin"])
    say_due(console, due)
    if not lag and not due:
        console.print("  everything is up to date" if all(up.values()) else "  everything that was recorded is folded")


async def _answering(endpoints: Mapping[str, Any]) -> dict[tuple[str, str], bool]:
    places = {
        (service, verb): at[name]
        for service, at in endpoints["services"].items()
        for verb, name in (("api", "url"), ("work", "work"))
    }
    found = await asyncio.gather(*(answers(f"{address}/livez") for address in places.values()))
    return dict(zip(places, found, strict=True))


async def _services(conn: Connection, endpoints: Mapping[str, Any], up: Mapping[tuple[str, str], bool], lag: Lag) -> Table:
    table = Table(
        "service", "api", "work", "schema", "store", "relay", "not on Kafka", "watermark", "read models behind", "parked"
    )
    for service in SERVICES:
        row = await conn.fetchrow(within(service, _STORE))
        assert row is not None  # a migrated schema has both rows
        unsent = await _counted(conn, within(service, _UNSENT), MOST) if endpoints["feed"] == "kafka" else None
        behind = sum(name.startswith(f"{service} ") for name in lag.behind)
        head = head_revision(service)
        table.add_row(
            service,
            *("up" if up[service, verb] else "[red]down[/]" for verb in ("api", "work")),
            row["revision"] if row["revision"] == head else f"[red]{row['revision']}, not {head}[/]",
            f"generation {row['gen']}",
            f"term {row['epoch']}" if row["led"] else "[red]nobody leads[/]",
            "" if unsent is None else "nothing" if not unsent.events else f"{_many(unsent.events)}, {_long(unsent.seconds)}",
            "[red]none[/]" if row["watermark"] is None else _long(row["watermark"]),
            f"{behind} of {len(readers_of(service))}",
            str(row["parked"]),
        )
    return table


async def _late(console: Console, conn: Connection, lag: Lag) -> None:
    """What lags, the longest first."""
    found: dict[str, Unread] = {}
    for service in SERVICES:
        for reader in readers_of(service):
            if f"{service} {reader.name}" in lag.behind:
                topics = {topic: list(types) for topic, types in reader.topics.items()}
                found[f"{service} {reader.name}"] = await _unread(conn, service, follower_name(reader), topics)
    for name, unread in sorted(found.items(), key=lambda one: -one[1].seconds)[:LISTED]:
        console.print(f"  {name}: behind by {_many(unread.events)} events, {_long(unread.seconds)}", highlight=False)
    for name in lag.behind.keys() - found.keys():
        console.print(f"  {name}: behind ({lag.behind[name]})", highlight=False)


async def _unread(conn: Connection, service: str, name: str, topics: Mapping[str, Sequence[str]]) -> Unread:
    rows = await conn.fetch(within(service, _POSITIONS), name)
    reached = {row["part"]: cursors_from(row["cursors"]) for row in rows}
    events, seconds = 0, 0.0
    for topic, types in topics.items():
        places = {part: reached.get(part, {}).get(topic, START) for part in range(PARTS)}
        sql = within(topic.split(".", 2)[1], _UNREAD)
        found = await _counted(conn, sql, *_columns(places), types, list(CONTROL_TYPES), MOST)
        events, seconds = events + found.events, max(seconds, found.seconds)
    return Unread(events, seconds)


async def _counted(conn: Connection, sql: str, *arguments: object) -> Unread:
    row = await conn.fetchrow(sql, *arguments)
    return Unread(0, 0.0) if row is None else Unread(row[0], float(row[1] or 0))


def _columns(places: Mapping[int, Cursor]) -> tuple[list[int], list[int], list[int], list[int]]:
    return list(places), [c.gen for c in places.values()], [c.xid for c in places.values()], [c.pos for c in places.values()]


def _many(count: int) -> str:
    return f"more than {MOST}" if count >= MOST else str(count)


def _long(seconds: float) -> str:
    whole = round(float(seconds))
    return f"{float(seconds):.1f} s" if whole < 60 else f"{whole // 60} min" if whole < 7200 else f"{whole // 3600} h"
