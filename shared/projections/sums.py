"""Read models that only add: an event is split into rows, and rows of one key are summed.

Where a customer has many rows, reading one's row to write it anew for each event costs more than the question is worth. Here nothing
is read: a batch is summed in memory and added by one statement, in the transaction that moves the position, so each event
counts once. What is folded and parked is a customer as a whole, so that an event is added with all its rows or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Context
from itertools import chain, repeat
from typing import Any

from shared.contracts.envelope import Envelope
from shared.projections.read_model import ReadModel

Sums = dict[tuple[Any, ...], tuple[Any, ...]]
"""The rows of one customer: the other columns of the key -> sums."""
EXACT = Context(prec=200)
"""Sums are exact, as PostgreSQL's are: whatever is added first, the same comes out."""


def summed(
    *,
    name: str,
    version: int,
    columns: Mapping[str, str],
    added: tuple[str, ...],
    topics: Mapping[str, frozenset[str]],
    split: Callable[[Envelope], Sequence[tuple[Any, ...]]],
) -> ReadModel[Any]:
    """A read model whose rows are sums over events. `columns` are those of the key, `customer_id` first, then `added`, the sums.

    `split` is pure and gives the rows that an event adds to its customer, as tuples of the columns behind `customer_id`, in order.
    A row whose sums have become zero stays. Raises ValueError when the declaration contradicts itself.
    """
    keys = len(columns) - len(added) - 1

    def evolve(row: Sums | None, envelope: Envelope) -> Sums | None:
        return add_rows({} if row is None else dict(row), split(envelope), keys) or None

    return ReadModel(
        name=name,
        version=version,
        row=dict,
        columns=columns,
        key_column="customer_id",
        topics=topics,
        key=lambda envelope: envelope.customer_id,
        evolve=evolve,
        split=split,
        added=added,
    )


def key_columns(model: ReadModel[Any]) -> tuple[str, ...]:
    """The columns of the primary key: all that are no sums, or the one of a read model that folds rows."""
    return tuple(model.columns)[: -len(model.added)] if model.added else (model.key_column,)


def add_rows(sums: Sums, rows: Iterable[tuple[Any, ...]], keys: int) -> Sums:
    """Add rows to sums, in place; `keys` is the number of columns of the key behind the customer."""
    for row in rows:
        key, amounts = row[:keys], row[keys:]
        before = sums.get(key)
        sums[key] = amounts if before is None else tuple(map(EXACT.add, before, amounts))
    return sums


def add_sums(sums: Sums, more: Sums) -> None:
    """Add sums to sums, in place."""
    for key, amounts in more.items():
        before = sums.get(key)
        sums[key] = amounts if before is None else tuple(map(EXACT.add, before, amounts))


def columns_of(states: Mapping[Hashable, Sums | None]) -> list[Sequence[Any]]:
    """The rows of several customers, as columns; nothing where there are none."""
    some = [(customer, sums) for customer, sums in states.items() if sums]
    if not some:
        return []
    customers = list(chain.from_iterable(repeat(customer, len(sums)) for customer, sums in some))
    keys = zip(*chain.from_iterable(sums for _, sums in some), strict=True)
    return [customers, *keys, *zip(*chain.from_iterable(sums.values() for _, sums in some), strict=True)]


def by_customer(rows: Iterable[tuple[Any, ...]], keys: int) -> dict[Hashable, Sums]:
    """Rows of a table, by the customer whose they are; `keys` as above."""
    found: dict[Hashable, Sums] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1 : keys + 1]] = row[keys + 1 :]
    return found
