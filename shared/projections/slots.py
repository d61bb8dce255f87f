"""The two slots of read models: emptied, looked at, swapped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from shared.contracts.cursor import Cursor
from shared.postgres.pool import Connection, Pool
from shared.projections.ddl import SLOTS, table_name, totals_name
from shared.projections.positions import cursors_from
from shared.projections.read_model import ReadModel


class RebuildRefused(Exception):
    """The rebuild cannot go on as asked; the live slot is untouched."""


class Routed(NamedTuple):
    """The live slot of a read model and its version."""

    live: str
    version: int

    @property
    def other(self) -> str:
        return next(slot for slot in SLOTS if slot != self.live)


@dataclass(frozen=True, slots=True)
class Live:
    """Live slots at one moment: by read model and part the place on each topic, and the keys parked."""

    places: Mapping[tuple[str, int], Mapping[str, Cursor]]
    parked: Mapping[tuple[str, int], Sequence[str]]

    def left_out(self, name: str) -> list[str]:
        """The keys whose rows say nothing."""
        return [key for (its, _), keys in self.parked.items() if its == name for key in keys]


class Contents(NamedTuple):
    """Rows and totals of one part of a slot, as counts and hashes."""

    rows: int = 0
    rows_hash: int = 0
    totals: int = 0
    totals_hash: int = 0


_ROUTED = "SELECT read_model, live, version FROM {schema}.routing WHERE read_model = ANY($1::text[])"
_BUILDING = (
    "SELECT read_model, slot, version, part FROM {schema}.positions WHERE read_model = ANY($1::text[]) AND state = 'building'"
)
_FORGET = "DELETE FROM {schema}.{table} WHERE (read_model, slot) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
_NOT_EMPTY = """
SELECT relnamespace::regnamespace || '.' || relname FROM pg_class
 WHERE relname = ANY($1::text[]) AND relnamespace = $2::text::regnamespace AND pg_relation_size(oid) > 0"""
_BEGIN = """
INSERT INTO {schema}.positions (read_model, slot, part, version, state)
SELECT n.read_model, n.slot, p.part, n.version, 'building'
  FROM unnest($1::text[], $2::text[], $3::int[]) AS n(read_model, slot, version) CROSS JOIN unnest($4::int[]) AS p(part)"""
_PLACES = """
SELECT read_model, part, cursors::text FROM {schema}.positions
 WHERE (read_model, slot) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND part = ANY($3::int[])"""
_PARKED = (
    "SELECT read_model, part, key FROM {schema}.parked WHERE (read_model, slot) IN (SELECT * FROM unnest($1::text[], $2::text[]))"
)
_HASH = "SELECT part, count(*), sum(hashtextextended(t::text, 0)) FROM {table} t GROUP BY part"
_HASH_OTHERS = """
SELECT part, count(*), sum(hashtextextended(t::text, 0)) FROM {table} t WHERE NOT {key}::text = ANY($1::text[]) GROUP BY part"""
# Whoever moves a position waits until the slots are swapped, holding nothing that the swap would want.
_ALONE = "LOCK TABLE {schema}.positions IN EXCLUSIVE MODE"
_ROUTE = """
UPDATE {schema}.routing AS r SET live = n.slot, version = n.version
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS n(read_model, slot, version, was)
 WHERE r.read_model = n.read_model AND r.live = n.was RETURNING 1"""
_GO_LIVE = """
UPDATE {schema}.positions AS p SET state = 'live', rev = rev + 1, offsets = n.offsets::jsonb
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS n(read_model, slot, part, offsets)
 WHERE p.read_model = n.read_model AND p.slot = n.slot AND p.part = n.part AND p.state = 'building' RETURNING 1"""
_RETIRE = """
UPDATE {schema}.positions SET state = 'old', rev = rev + 1
 WHERE (read_model, slot, version) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::int[])) AND state = 'live'"""


async def routed(conn: Connection, schema: str, name: str) -> Routed:
    """Raises RebuildRefused when no migration has made the read model."""
    return (await _routed(conn, schema, [name]))[name]


async def _routed(conn: Connection, schema: str, names: Sequence[str]) -> dict[str, Routed]:
    found = {name: Routed(live, version) for name, live, version in await conn.fetch(_ROUTED.format(schema=schema), names)}
    for name in names:
        if name not in found:
            raise RebuildRefused(f"{schema}.{name}: no such read model")
    return found


async def prepare(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], parts: Sequence[int], *, anew: bool
) -> dict[str, Routed]:
    """Empty the other slots and begin their positions; rebuilds of these versions that were interrupted are gone on with, unless `anew`."""
    async with pool.acquire() as conn, conn.transaction():
        names = [model.name for model in models]
        now = await _routed(conn, schema, names)
        building: dict[tuple[str, str, int], set[int]] = {}
        for name, slot, version, part in await conn.fetch(_BUILDING.format(schema=schema), names):
            building.setdefault((name, slot, version), set()).add(part)
        begun = {model.name for model in models if building.get((model.name, now[model.name].other, model.version)) == set(parts)}
        fresh = [model for model in models if anew or model.name not in begun]
        if not fresh:
            return now
        names, slots = [model.name for model in fresh], [now[model.name].other for model in fresh]
        for table in ("positions", "parked"):
            await conn.execute(_FORGET.format(schema=schema, table=table), names, slots)
        tables = [table for model, slot in zip(fresh, slots, strict=True) for table in tables_of(schema, model, slot)]
        if filled := sorted(await not_empty(conn, schema, tables)):
            await conn.execute(f"TRUNCATE {', '.join(filled)}")
        await conn.execute(_BEGIN.format(schema=schema), names, slots, [model.version for model in fresh], list(parts))
    return now


def tables_of(schema: str, model: ReadModel[Any], slot: str) -> list[str]:
    """The tables of a slot."""
    totals = [] if model.totals is None else [totals_name(schema, model.name, slot)]
    return [table_name(schema, model.name, slot), *totals]


async def not_empty(conn: Connection, schema: str, tables: Sequence[str]) -> set[str]:
    """Those of these tables that take any room: many read models have no row, and even to see that costs as much as a small query."""
    names = [table.partition(".")[2] for table in tables]
    return {name for (name,) in await conn.fetch(_NOT_EMPTY, names, schema)}


async def look_at(
    conn: Connection, schema: str, models: Sequence[ReadModel[Any]], was: Mapping[str, Routed], parts: Sequence[int]
) -> Live:
    """Where the live slots stand. Parts without a position are left out."""
    names = [model.name for model in models]
    slots = [was[name].live for name in names]
    places = await conn.fetch(_PLACES.format(schema=schema), names, slots, list(parts))
    parked: dict[tuple[str, int], list[str]] = {}
    for name, part, key in await conn.fetch(_PARKED.format(schema=schema), names, slots):
        parked.setdefault((name, part), []).append(key)
    return Live({(name, part): cursors_from(cursors) for name, part, cursors in places}, parked)


async def contents(
    conn: Connection, schema: str, model: ReadModel[Any], slot: str, left_out: Sequence[str] = ()
) -> dict[int, Contents]:
    """What a slot holds, by part; parts without rows and totals are left out. Rows of the keys `left_out` do not count."""
    table = table_name(schema, model.name, slot)
    if left_out:
        rows = await conn.fetch(_HASH_OTHERS.format(table=table, key=model.key_column), list(left_out))
    else:
        rows = await conn.fetch(_HASH.format(table=table))
    found = {part: Contents(count, int(hashed)) for part, count, hashed in rows}
    if model.totals is not None:
        for part, count, hashed in await conn.fetch(_HASH.format(table=totals_name(schema, model.name, slot))):
            found[part] = found.get(part, Contents())._replace(totals=count, totals_hash=int(hashed))
    return found


Offsets = Mapping[int, Mapping[str, int]]
"""By part, the next offset on each topic."""


async def swap(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], was: Mapping[str, Routed], offsets: Mapping[str, Offsets]
) -> None:
    """Show readers the other slots and hand them to the workers, in one transaction for all. `offsets` by read model.

    The slots left are kept as they are: of the same version they stand still, of an older one its own workers go on with it.
    Raises RebuildRefused when somebody else swapped one meanwhile.
    """
    names, versions = [model.name for model in models], [model.version for model in models]
    slots, left = [was[name].other for name in names], [was[name].live for name in names]
    to = [
        (name, slot, part, msgspec.json.encode(its).decode())
        for name, slot in zip(names, slots, strict=True)
        for part, its in offsets[name].items()
    ]
    async with pool.acquire() as conn, conn.transaction():
        await conn.execute(_ALONE.format(schema=schema))
        now = await conn.fetch(_ROUTE.format(schema=schema), names, slots, versions, left)
        live = await conn.fetch(_GO_LIVE.format(schema=schema), *(list(column) for column in zip(*to, strict=True)))
        if len(now) != len(models) or len(live) != len(to):
            raise RebuildRefused(f"{schema}: {', '.join(names)}: the slots were changed by somebody else")
        await conn.execute(_RETIRE.format(schema=schema), names, left, versions)
