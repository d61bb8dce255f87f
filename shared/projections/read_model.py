"""What a read model is: a question, the rows that answer it, and the pure fold that makes them from events."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar

from shared.contracts.envelope import Envelope

Row = TypeVar("Row")

Totals = Mapping[str, Mapping[str, Decimal | int]]
"""Group key -> measure -> amount that one row adds to it."""

Gains = Mapping[tuple[str, str], Decimal | int]
"""(group key, measure) -> amount that the totals gain by a change of rows."""

COLUMN_TYPES = frozenset(
    {"uuid", "text", "numeric", "date", "timestamptz", "jsonb", "bytea", "integer", "bigint", "smallint", "boolean", "text[]"}
)


class Held(NamedTuple):
    """How what a field holds is written as the text of its column, the same for the same content, and read again."""

    write: Callable[[Any], str]
    read: Callable[[str], Any]


class Growing(NamedTuple):
    """A row that is changed in place: `begin` makes what grows of a row, which stays as it is, `add` adds an event, `end` gives
    the row that `evolve` would have given. `add` raises where `evolve` would; what grew is then thrown away."""

    begin: Callable[[Any], Any]
    add: Callable[[Any, Envelope], None]
    end: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ReadModel(Generic[Row]):
    """A read model.

    `row` is a frozen slotted dataclass; its fields, in order, are the keys of `columns` (field -> PostgreSQL type). jsonb
    columns hold JSON text (str), text[] columns tuples. Fields that are left out of comparisons, at the end, are no columns:
    a row may carry there what it has read of its columns. Fields in `held` hold something else than the text of their column:
    it is read and written once a batch instead of once an event; nobody changes it in place. `key_column` names the field that is the primary key (uuid or text).
    `topics` says which event types of which topics are folded. `key` names the row that an event concerns, None for none.
    `evolve` is pure: the same events give the same row, whatever the batches and however topics interleave; None deletes.
    `growing`, where given, does what `evolve` does, for many events of a row for less than each alone.
    `totals` gives what a row adds to figures over many rows, kept as slots (group, part, measure) that readers sum.
    `gained`, where given, says the same of one row that becomes another, for rows of which little changes.
    `split` is given instead where an event adds to several rows, and only adds: see `sums`, where such read models are declared.
    A changed meaning is a new `version`, filled by a rebuild. Raises ValueError when the declaration contradicts itself.
    """

    name: str
    version: int
    row: type[Row]
    columns: Mapping[str, str]
    key_column: str
    topics: Mapping[str, frozenset[str]]
    key: Callable[[Envelope], Hashable | None]
    evolve: Callable[[Row | None, Envelope], Row | None]
    growing: Growing | None = None
    totals: Callable[[Row], Totals] | None = None
    gained: Callable[[Row | None, Row | None], Gains] | None = None
    split: Callable[[Envelope], Sequence[tuple[Any, ...]]] | None = None
    added: tuple[str, ...] = ()
    held: Mapping[str, Held] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.split is not None:
            self._check_sums()
            return
        declared: Any = getattr(self.row, "__dataclass_fields__", {})
        fields = [name for name, one in declared.items() if one.compare]
        if fields != list(self.columns):
            raise ValueError(f"{self.name}: columns {list(self.columns)} are not the fields {fields} of the row")
        self._check_names()
        if self.columns.get(self.key_column) not in ("uuid", "text"):
            raise ValueError(f"{self.name}: the key column must be a uuid or text column")
        if any(self.columns.get(name) not in ("text", "jsonb") for name in self.held):
            raise ValueError(f"{self.name}: only texts hold something else")

    def _check_names(self) -> None:
        if unknown := set(self.columns.values()) - COLUMN_TYPES:
            raise ValueError(f"{self.name}: no such column types {sorted(unknown)}")
        if "part" in self.columns:
            raise ValueError(f"{self.name}: the column part is added by itself")
        if not self.name.isidentifier() or not self.name.islower():
            raise ValueError(f"{self.name!r} is no table name")

    def _check_sums(self) -> None:
        self._check_names()
        names = tuple(self.columns)
        if not self.added or names[-len(self.added) :] != self.added or {self.columns[one] for one in self.added} != {"numeric"}:
            raise ValueError(f"{self.name}: the last columns are the sums, all of them numeric")
        if self.columns.get(self.key_column) != "uuid" or names[0] != self.key_column or self.totals is not None:
            raise ValueError(f"{self.name}: the first column is whose sums they are, a uuid; there are no totals")
