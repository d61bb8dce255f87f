"""Where the followers of the feed stand on the parts that a process has taken over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.postgres.pool import Connection, Pool
from shared.projections import metrics
from shared.projections.apply import Standing
from shared.projections.parking import read_parked
from shared.projections.positions import Position, State, make_positions, make_unrouted, read_positions
from shared.projections.reaction import Reaction
from shared.projections.read_model import ReadModel

REACTION_VERSION = 1


def follower_name(reader: ReadModel[Any] | Reaction) -> str:
    """Name under which the position is kept; a reaction can never be taken for a read model."""
    return f"reaction:{reader.name}" if isinstance(reader, Reaction) else reader.name


def versions_of(readers: Sequence[ReadModel[Any] | Reaction]) -> dict[str, int]:
    """Versions by the names under which positions are kept."""
    return {follower_name(r): REACTION_VERSION if isinstance(r, Reaction) else r.version for r in readers}


async def load_standings(
    pool: Pool, schema: str, readers: Sequence[ReadModel[Any] | Reaction], parts: Sequence[int]
) -> dict[int, list[Standing]]:
    """Live standings by part. What has no position yet begins before every event; a read model of which this version is
    not built is left out and shown by a metric."""
    versions = versions_of(readers)
    async with pool.acquire() as conn, conn.transaction():
        await make_positions(conn, schema, {r.name: r.version for r in readers if isinstance(r, ReadModel)}, parts)
        for reader in readers:
            if isinstance(reader, Reaction):
                await make_unrouted(conn, schema, follower_name(reader), parts)
        positions = await read_positions(conn, schema, versions, parts)
        standings = await join(conn, schema, readers, positions, parts)
    for reader in readers:
        built = any(one.reader is reader for found in standings.values() for one in found)
        metrics.NOT_BUILT.labels(schema, reader.name).set(0 if built else 1)
    return standings


async def read_standings(
    conn: Connection, schema: str, readers: Sequence[ReadModel[Any]], parts: Sequence[int], state: State
) -> dict[int, list[Standing]]:
    """Standings in the given state, as they are."""
    positions = await read_positions(conn, schema, {r.name: r.version for r in readers}, parts, state)
    return await join(conn, schema, readers, positions, parts)


async def join(
    conn: Connection,
    schema: str,
    readers: Sequence[ReadModel[Any] | Reaction],
    positions: Sequence[Position],
    parts: Sequence[int],
) -> dict[int, list[Standing]]:
    """Positions with their readers and parked keys, by part."""
    parked: dict[tuple[str, str, int], set[str]] = {}
    for one in await read_parked(conn, schema, parts):
        parked.setdefault((one.read_model, one.slot, one.part), set()).add(one.parked.key)
    by_name: Mapping[str, ReadModel[Any] | Reaction] = {follower_name(reader): reader for reader in readers}
    standings: dict[int, list[Standing]] = {}
    for p in positions:
        waiting = parked.get((p.read_model, p.slot, p.part), set())
        standings.setdefault(p.part, []).append(Standing(by_name[p.read_model], p, waiting))
    return standings
