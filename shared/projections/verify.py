"""The check that every read model is what the stores say, row by row. Topics are checked in `verify_topics`."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.contracts.cursor import PARTS
from shared.postgres.pool import Pool
from shared.projections.differences import NAMED, Difference, Named
from shared.projections.fold import gain, total_gain
from shared.projections.parking import read_parked
from shared.projections.positions import Position, read_positions
from shared.projections.read_model import ReadModel
from shared.projections.refold import Stores, refold_part
from shared.projections.rows import fetch_part, fetch_totals
from shared.projections.slots import routed


async def verify_read_models(
    pool: Pool, schema: str, models: Sequence[ReadModel[Any]], stores: Stores, parts: Collection[int] = range(PARTS)
) -> list[Difference]:
    """Fold every read model anew up to the position of its live slot and compare the rows and totals, part by part.

    Position and rows of a part are read in one snapshot, so the consumer may go on. Rows of parked keys are not compared.
    """
    found: list[Difference] = []
    for model in models:
        for part in parts:
            found += await _verify_part(pool, schema, model, stores, part)
    return found


async def _verify_part(pool: Pool, schema: str, model: ReadModel[Any], stores: Stores, part: int) -> list[Difference]:
    where = f"{schema}.{model.name}, part {part}"
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        live = await routed(conn, schema, model.name)
        if live.version != model.version:
            return [Difference(where, f"version {live.version} is live and version {model.version} is wanted: a rebuild is due")]
        slot = live.live
        positions = await read_positions(conn, schema, {model.name: model.version}, [part])
        position = next((one for one in positions if one.slot == slot), None)
        rows = await fetch_part(conn, schema, model, slot, part)
        totals = {} if model.totals is None else await fetch_totals(conn, schema, model, slot, part)
        parked = {p.parked.key for p in await read_parked(conn, schema, [part]) if (p.read_model, p.slot) == (model.name, slot)}
    if position is None:
        return [Difference(where, "has rows and no position")] if rows else []
    return [Difference(where, what) for what in await _compare(model, stores, position, rows, totals, parked)]


async def _compare(
    model: ReadModel[Any],
    stores: Stores,
    position: Position,
    rows: Mapping[Hashable, Any],
    totals: Mapping[tuple[str, str], Any],
    parked: Collection[str],
) -> list[str]:
    expected = await refold_part(model, stores, position, frozenset(parked))
    skipped = {key for keys in expected.keys_of.values() for key in keys}
    skipped |= {key for key in (*rows, *expected.rows) if str(key) in parked}
    found = Named()
    for key in sorted({*rows, *expected.rows} - skipped, key=str):
        if key not in rows:
            found.add(f"the row of {key} is missing")
        elif key not in expected.rows:
            found.add(f"the row of {key} should not be there")
        elif names := _unlike(model, rows[key], expected.rows[key]):
            found.add(f"the row of {key} differs in {', '.join(names)}")
    for key, one in expected.parked.items():
        if key not in parked:
            found.add(f"{key} cannot be folded from {one.topic} at {one.cursor} on ({one.cause}), yet it is not parked")
    if model.totals is not None:
        # What a parked row adds to the totals is what it added when it was parked.
        standing = {**expected.rows, **{key: rows.get(key) for key in skipped}}
        sums = total_gain(gain(model.totals, None, row) for row in standing.values())
        for slot in sorted({*sums, *totals}):
            if sums.get(slot, 0) != totals.get(slot, 0):
                found.add(f"the total {' / '.join(slot)} is {totals.get(slot, 0)} and should be {sums.get(slot, 0)}")
    return found.sentences()


def _unlike(model: ReadModel[Any], row: Any, expected: Any) -> list[str]:
    if row == expected:
        return []
    if model.split is not None:
        unlike = sorted(" ".join(map(str, key)) for key in {*row, *expected} if row.get(key) != expected.get(key))
        return [*unlike[:NAMED], *(["others"] if unlike[NAMED:] else [])]
    return [
        name for name in model.columns if _value(model, name, getattr(row, name)) != _value(model, name, getattr(expected, name))
    ]


def _value(model: ReadModel[Any], column: str, value: Any) -> Any:
    # PostgreSQL writes jsonb in its own order and spacing.
    return json.loads(value, parse_float=Decimal) if model.columns[column] == "jsonb" and value is not None else value
