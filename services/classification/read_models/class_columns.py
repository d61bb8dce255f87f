"""What everybody bought in a period, and the class that each has: columns, without an object a customer."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from typing import NamedTuple
from uuid import UUID

import numpy as np

from services.classification.domain.ranking import NOTHING, Column, Ranked
from services.classification.read_models.findings import A_ROW
from services.classification.read_models.sold import sold_table
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.postgres.pool import Connection
from shared.projections.routing import live_table

# One value holds a column: a row a customer would take the client as long as all the rest.
_NET = """
SELECT string_agg(uuid_send(customer_id), ''::bytea) AS customers, string_agg(int8send((net * $4)::bigint), ''::bytea) AS value
  FROM (SELECT customer_id, sum(net) AS net FROM {sold} WHERE day BETWEEN $1 AND $2 AND currency = $3 GROUP BY customer_id
         ORDER BY customer_id) s"""
# NO_CLASS to RETURNS. Ordered here, which takes less than there.
_HELD = """
SELECT string_agg(uuid_send(customer_id), ''::bytea) AS customers,
       string_agg(int8send(CASE WHEN reason = 'RETURNS' THEN 4 WHEN value_class = 'A' THEN 1 WHEN value_class = 'B' THEN 2 ELSE 3 END), ''::bytea)
       AS value FROM {held} WHERE value_class IS NOT NULL"""
_HEAD, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_ROWS_AT_ONCE = 100
_FINDINGS = ("run_id", "first_rank", "customers", "net", "before", "classes", "by_margin", "to_next", "to_fall")
_RANKS = ("run_id", "first_customer", "customers", "ranks")
_UUID, _INT4, _INT8, _BOOL = 2950, 23, 20, 16
_LETTERS = np.frombuffer(b"-ABCC", "S1")


class ByCustomer(NamedTuple):
    """A number a customer; `high` and `low` are the halves of the ids."""

    customers: Column
    high: Column
    low: Column
    value: Column


class ClassColumns(NamedTuple):
    """One place a customer, those with sales by id. `net` is in minor units, NOTHING without sales and returns; `held`: NO_CLASS to RETURNS."""

    customers: Column
    net: Column
    held: Column


async def net_sales(
    c: Connection, schema: str, first: date, last: date, currency: str | None, unit: Decimal, timeout: float
) -> ByCustomer:
    """Of everybody with sales or returns from `first` through `last`, in minor units, by id. At most `timeout` seconds."""
    statement = _NET.format(sold=await sold_table(c, schema))
    return await _columns(c, statement, first, last, currency, 1 / unit, timeout=timeout)


async def held_classes(c: Connection, schema: str, timeout: float) -> ByCustomer:
    """Of everybody with a class, in no order. At most `timeout` seconds."""
    return await _columns(c, _HELD.format(held=await live_table(c, schema, VALUE_CLASSES)), timeout=timeout)


async def _columns(c: Connection, statement: str, *arguments: object, timeout: float) -> ByCustomer:
    row = await c.fetchrow(statement, *arguments, timeout=timeout)
    ids, value = (b"", b"") if row is None else (row["customers"] or b"", row["value"] or b"")
    halves = np.frombuffer(ids, ">u8").reshape(-1, 2).astype(np.uint64)
    return ByCustomer(
        np.frombuffer(ids, "V16"), halves[:, 0].copy(), halves[:, 1].copy(), np.frombuffer(value, ">i8").astype(np.int64)
    )


def joined(net: ByCustomer, held: ByCustomer) -> ClassColumns:
    """What everybody bought beside the class that each has; behind them those who have a class and bought nothing."""
    order = np.argsort(held.high)
    high, low = held.high[order], held.low[order]
    # One place more, at which nobody stands.
    bought_high, bought_low = np.append(net.high, 0), np.append(net.low, 0)
    place = np.searchsorted(net.high, high)
    while True:
        alike = (place < len(net.high)) & (bought_high[place] == high)
        further = alike & (bought_low[place] < low)
        if not further.any():
            break
        # Ids that begin alike: it may be the next one.
        place[further] += 1
    same = alike & (bought_low[place] == low)
    had = np.zeros(len(net.value), np.int16)
    had[place[same]] = held.value[order[same]]
    others = order[~same]
    return ClassColumns(
        np.concatenate((net.customers, held.customers[others])),
        np.concatenate((net.value, np.full(len(others), NOTHING))),
        np.concatenate((had, held.value[others].astype(np.int16))),
    )


async def keep_ranked(connections: Sequence[Connection], schema: str, run_id: UUID, customers: Column, found: Ranked) -> None:
    """Store the ranked customers, some rows at a time, each lot by itself, over several connections. `customers`: their ids, by place."""
    lots = chain(
        _lots("value_class_findings", _FINDINGS, _by_rank(run_id, customers, found)),
        _lots("value_class_ranks", _RANKS, _by_customer(run_id, customers, found)),
    )

    async def store(c: Connection) -> None:
        # Whoever is free takes the next one.
        for table, columns, rows in lots:
            await c.copy_to_table(table, source=_copied(rows), columns=columns, schema_name=schema, format="binary")

    await asyncio.gather(*map(store, connections))


def _lots(table: str, columns: Sequence[str], rows: Iterator[bytes]) -> Iterator[tuple[str, Sequence[str], Sequence[bytes]]]:
    while lot := list(islice(rows, _ROWS_AT_ONCE)):
        yield table, columns, lot


async def _copied(rows: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in chain((_HEAD,), rows, (_END,)):
        yield piece


def _by_rank(run_id: UUID, customers: Column, found: Ranked) -> Iterator[bytes]:
    ids, letters = _elements(customers[found.who], "V16"), _LETTERS[found.given].tobytes()
    net, before, to_next, to_fall = (_elements(one, ">i8") for one in (found.net, found.before, found.to_next, found.to_fall))
    by_margin = _elements(found.by_margin, "u1")
    for first in range(0, len(found.who), A_ROW):
        part = slice(first, first + A_ROW)
        amounts = (_array(_INT8, net[part]), _array(_INT8, before[part]), letters[part], _array(_BOOL, by_margin[part]))
        borders = (_array(_INT8, to_next[part]), _array(_INT8, to_fall[part]))
        yield _row(run_id.bytes, struct.pack(">i", first + 1), _array(_UUID, ids[part]), *amounts, *borders)


def _by_customer(run_id: UUID, customers: Column, found: Ranked) -> Iterator[bytes]:
    order = np.argsort(found.who)
    ids, ranks = _elements(customers[found.who[order]], "V16"), _elements(order + 1, ">i4")
    for first in range(0, len(order), A_ROW):
        part = slice(first, first + A_ROW)
        yield _row(run_id.bytes, ids[first]["value"].tobytes(), _array(_UUID, ids[part]), _array(_INT4, ranks[part]))


def _elements(values: Column, kind: str) -> Column:
    """Elements of an array as COPY writes them, each behind its length."""
    made = np.empty(len(values), [("length", ">i4"), ("value", kind)])
    made["length"], made["value"] = np.dtype(kind).itemsize, values
    return made


def _array(oid: int, elements: Column) -> bytes:
    return struct.pack(">iiiii", 1, 0, oid, len(elements), 1) + elements.tobytes()


def _row(*fields: bytes) -> bytes:
    return struct.pack(">h", len(fields)) + b"".join(struct.pack(">i", len(field)) + field for field in fields)
