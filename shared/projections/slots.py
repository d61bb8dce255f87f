"""The two slots of a read model: emptied, filled, compared, swapped."""

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
class Contents:
    """Rows and totals of one part of a slot at one position, as counts and hashes, without some keys."""

    cursors: Mapping[str, Cursor]
    rows: int
    rows_hash: int
    totals: int
    totals_hash: int
    left_out: frozenset[str]


_ROUTED = "SELECT live, version FROM {schema}.routing WHERE read_model = $1"
_BUILDING = "SELECT part FROM {schema}.positions WHERE read_model = $1 AND slot = $2 AND version = $3 AND state = 'building'"
_FORGET = "DELETE FROM {schema}.{table} WHERE read_model = $1 AND slot = $2"
_EMPTY = "TRUNCATE {tables}"
_BEGIN = """
INSERT INTO {schema}.positions (read_model, slot, part, version, state)
SELECT $1, $2, part, $3, 'building' FROM unnest($4::int[]) AS p(part)"""
_STATE = "SELECT cursors::text FROM {schema}.positions WHERE read_model = $1 AND slot = $2 AND part = $3"
_HASH = """
SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {table} t
 WHERE part = $1 AND NOT {key}::text = ANY($2::text[])"""
_PARKED = "SELECT key FROM {schema}.parked WHERE read_model = $1 AND slot = $2 AND part = $3"
_ROUTE = "UPDATE {schema}.routing SET live = $2, version = $3 WHERE read_model = $1 AND live = $4 RETURNING 1"
_GO_LIVE = """
UPDATE {schema}.positions AS p SET state = 'live', rev = rev + 1, offsets = n.offsets::jsonb
  FROM unnest($3::int[], $4::text[]) AS n(part, offsets)
 WHERE p.read_model = $1 AND p.slot = $2 AND p.part = n.part AND p.state = 'building' RETURNING 1"""
_RETIRE = """
UPDATE {schema}.positions SET state = 'old', rev = rev + 1
 WHERE read_model = $1 AND slot = $2 AND version = $3 AND state = 'live'"""


async def routed(conn: Connection, schema: str, name: str) -> Routed:
    """Raises RebuildRefused when no migration has made the read model."""
    row = await conn.fetchrow(_ROUTED.format(schema=schema), name)
    if row is None:
        raise RebuildRefused(f"{schema}.{name}: no such read model")
    return Routed(row["live"], row["version"])


async def prepare(pool: Pool, schema: str, model: ReadModel[Any], parts: Sequence[int], *, anew: bool) -> Routed:
    """Empty the other slot and begin its positions; a rebuild of this version that was interrupted is gone on with, unless `anew`."""
    async with pool.acquire() as conn, conn.transaction():
        now = await routed(conn, schema, model.name)
        building = {
            row["part"] for row in await conn.fetch(_BUILDING.format(schema=schema), model.name, now.other, model.version)
        }
        if building == set(parts) and not anew:
            return now
        for table in ("positions", "parked"):
            await conn.execute(_FORGET.format(schema=schema, table=table), model.name, now.other)
        tables = [table_name(schema, model.name, now.other)]
        if model.totals is not None:
            tables.append(totals_name(schema, model.name, now.other))
        await conn.execute(_EMPTY.format(tables=", ".join(tables)))
        await conn.execute(_BEGIN.format(schema=schema), model.name, now.other, model.version, list(parts))
    return now


async def contents(
    pool: Pool, schema: str, model: ReadModel[Any], slot: str, part: int, leave_out: frozenset[str] | None = None
) -> Contents | None:
    """What a part of a slot holds, with the position that belongs to it, in one snapshot.

    `leave_out`: keys whose rows do not count; by default those parked in this slot. None when the slot has no position on this part.
    """
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        cursors = await conn.fetchval(_STATE.format(schema=schema), model.name, slot, part)
        if cursors is None:
            return None
        if leave_out is None:
            leave_out = frozenset(row["key"] for row in await conn.fetch(_PARKED.format(schema=schema), model.name, slot, part))
        table = table_name(schema, model.name, slot)
        rows = await conn.fetchrow(_HASH.format(table=table, key=model.key_column), part, list(leave_out))
        assert rows is not None
        totals: Any = (0, 0)
        # A parked key weighs on totals that other rows share.
        if model.totals is not None and not leave_out:
            totals = await conn.fetchrow(_HASH.format(table=totals_name(schema, model.name, slot), key="group_key"), part, [])
    return Contents(cursors_from(cursors), rows[0], int(rows[1]), totals[0], int(totals[1]), leave_out)


async def swap(pool: Pool, schema: str, model: ReadModel[Any], was: Routed, offsets: Mapping[int, Mapping[str, int]]) -> None:
    """Show readers the other slot and hand it to the workers, in one transaction.

    The slot left is kept as it is: of the same version it stands still, of an older one its own workers go on with it.
    Raises RebuildRefused when somebody else swapped meanwhile.
    """
    async with pool.acquire() as conn, conn.transaction():
        routed_now = await conn.fetch(_ROUTE.format(schema=schema), model.name, was.other, model.version, was.live)
        parts = sorted(offsets)
        texts = [msgspec.json.encode(offsets[part]).decode() for part in parts]
        live = await conn.fetch(_GO_LIVE.format(schema=schema), model.name, was.other, parts, texts)
        if not routed_now or len(live) != len(parts):
            raise RebuildRefused(f"{schema}.{model.name}: the slots were changed by somebody else")
        await conn.execute(_RETIRE.format(schema=schema), model.name, was.live, model.version)
