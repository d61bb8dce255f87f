"""What the tables of a query are narrowed to while a request of a caller with limited rows is answered.

Every query gets the names of its tables from `routing`; there the table of a read model that has customers becomes the rows
of the customers whom the caller may know of. So a query cannot forget it: it would have no table. Row and right are read in one
statement, so a customer who moves to somebody else is in the one list or in the other, never in both.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from shared.projections.read_model import ReadModel

CUSTOMER = "customer_id"
THOSE_SERVED = "SELECT customer_id FROM {table} WHERE {whose}"
"""The usual way from who serves whom to customers: a read model with `customer_id`, `area_id` and `salesperson_id`."""

# Who served a merged card loses it to who serves the leading one: the two are one customer now.
THOSE_LED = """SELECT customer_id FROM {table} WHERE merged_into IS NULL AND {whose}
 UNION ALL SELECT merged.customer_id FROM {table} merged
 WHERE merged.merged_into IN (SELECT customer_id FROM {table} WHERE merged_into IS NULL AND {whose})"""
"""The same where the read model knows in `merged_into` by which card another one is led."""


class RowsLimited(Exception):
    """The question is about more customers than the caller may know of, and cannot be narrowed to those."""


@dataclass(frozen=True, slots=True)
class Served:
    """Where a service keeps who serves each customer.

    `those` is the query that gives `customer_id`, from `{table}`, the live table of `model`, and `{whose}`, a condition
    on `area_id` and `salesperson_id` there. `models` are all that the service folds, `of_nobody` the names of those without customers.
    Raises ValueError for one that neither has a customer in each row nor is said to have none.
    """

    schema: str
    model: ReadModel[Any]
    models: tuple[ReadModel[Any], ...]
    of_nobody: frozenset[str] = frozenset()
    those: str = THOSE_SERVED

    def __post_init__(self) -> None:
        without = {one.name for one in self.models if CUSTOMER not in one.columns}
        if without != self.of_nobody:
            raise ValueError(f"{self.schema}: {sorted(without ^ self.of_nobody)} have customers, or have none")

    def columns_of(self, name: str) -> tuple[str, ...]:
        """The columns of a read model. Raises KeyError for one that the service does not fold."""
        found = {one.name: tuple(one.columns) for one in self.models}
        return found[name]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One caller's customers: those whom `person` serves, or those in `areas` where nobody is named."""

    served: Served
    person: str | None = None
    areas: frozenset[str] = frozenset()

    @property
    def whose(self) -> str:
        """The condition, as SQL."""
        if self.person is not None:
            return f"salesperson_id = {_text(self.person)}"
        return f"area_id IN ({', '.join(map(_text, sorted(self.areas)))})" if self.areas else "false"

    def reaches(self, area_id: str | None, salesperson_id: str | None) -> bool:
        """Whether a customer who is served there, by that person, is one of them."""
        return salesperson_id == self.person if self.person is not None else area_id in self.areas


def _text(value: str) -> str:
    # A table has no numbered arguments of its own in a statement that counts them: so the value stands in the text, as digits,
    # in which nothing can be written but a value.
    return f"convert_from('\\x{value.encode().hex()}'::bytea, 'UTF8')"


_narrowing: ContextVar[Narrowing | None] = ContextVar("narrowing", default=None)


def narrowing() -> Narrowing | None:
    """What the tables of this request are narrowed to, None for whole tables."""
    return _narrowing.get()


@contextmanager
def narrowed(to: Narrowing | None) -> Iterator[None]:
    """Narrow every table that is asked for inside."""
    before = _narrowing.set(to)
    try:
        yield
    finally:
        _narrowing.reset(before)
