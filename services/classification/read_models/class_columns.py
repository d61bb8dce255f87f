"""What everybody bought in a period, and the class that each has: columns as PostgreSQL sends them, without an object a customer."""

from __future__ import annotations

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

_NET = """
SELECT customer_id, (sum(net) * $4)::bigint AS value FROM {sold} WHERE day BETWEEN $1 AND $2 AND currency = $3 GROUP BY customer_id
 ORDER BY customer_id"""
# NO_CLASS to RETURNS. Ordered here, which takes less than there.
_HELD = """
SELECT customer_id, CASE WHEN reason = 'RETURNS' THEN 4 WHEN value_class = 'A' THEN 1 WHEN value_class = 'B' THEN 2 ELSE 3 END::bigint AS value
  FROM {held} WHERE value_class IS NOT NULL"""
# As COPY writes them: each row begins with its number of fields, each field with its length.
_ROW = np.dtype([("fields", ">i2"), ("l1", ">i4"), ("id", "V16"), ("l2", ">i4"), ("value", ">i8")])
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
    found = bytearray()

    async def take(piece: bytes) -> None:
        found.extend(piece)

    await c.copy_from_query(statement, *arguments, output=take, format="binary", timeout=timeout)
    rows = np.frombuffer(found, _ROW, count=(len(found) - len(_HEAD) - len(_END)) // _ROW.itemsize, offset=len(_HEAD))
    customers = rows["id"].copy()
    halves = customers.view(">u8").reshape(-1, 2).astype(np.uint64)
    return ByCustomer(customers, halves[:, 0].copy(), halves[:, 1].copy(), rows["value"].astype(np.int64))


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


async def keep_by_rank(c: Connection, schema: str, run_id: UUID, customers: Column, found: Ranked) -> None:
    """Store the ranked customers, some rows at a time, each lot by itself. `customers`: their ids, by place."""
    await _keep(c, schema, "value_class_findings", _FINDINGS, _by_rank(run_id, customers, found))


async def keep_by_customer(c: Connection, schema: str, run_id: UUID, customers: Column, found: Ranked) -> None:
    """The same for who has which rank."""
    await _keep(c, schema, "value_class_ranks", _RANKS, _by_customer(run_id, customers, found))


async def _keep(c: Connection, schema: str, table: str, columns: Sequence[str], rows: Iterator[bytes]) -> None:
    while lot := list(islice(rows, _ROWS_AT_ONCE)):
        await c.copy_to_table(table, source=_copied(lot), columns=columns, schema_name=schema, format="binary")


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
