"""How the columns of a file become the bodies of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Literal

from deploy.imports.files import Row

Kind = Literal["customers", "transactions", "invoices", "complaints"]

FIELDS: Mapping[Kind, tuple[str, ...]] = {
    "customers": (
        "customer", "name", "person_name", "kind", "place", "country", "address", "telephone", "email", "nature", "shop_kind", "industry",
        "area_id", "salesperson_id", "payment_days", "credit_limit", "agreed_on", "currency",
    ),
    "transactions": ("customer", "day", "amount", "currency", "id", "order", "salesperson_id", "article", "quantity", "unit_price"),
    "invoices": ("customer", "number", "issued_on", "due_on", "amount", "currency", "paid_on", "payment_days"),
    "complaints": ("customer", "received_on", "kind", "channel", "remedy_sought", "claimed", "currency", "invoice", "article", "batch", "id", "description"),
}  # fmt: skip
"""What a column may be mapped to."""

_NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "customers": ("customer",),
    "transactions": ("customer", "day"),
    "invoices": ("customer", "number", "issued_on", "amount"),
    "complaints": ("customer", "received_on"),
}


class UnknownMapping(Exception):
    """A field that there is not, or a needed one that is not mapped."""


@dataclass(frozen=True)
class Layout:
    """A file's columns by field, values that hold for every row, and how to read them.

    `system` names whose customer numbers these are, `source` the delivering system. `date_format` is of `strptime`; without
    one days are ISO dates, a time of day behind them is ignored. `words` translates values of a field. `move_days` shifts every day.
    """

    kind: Kind
    columns: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    source: str = "file"
    system: str = "file"
    date_format: str | None = None
    move_days: int = 0

    def __post_init__(self) -> None:
        given = {*self.columns, *self.fixed}
        if unknown := given - set(FIELDS[self.kind]):
            raise UnknownMapping(
                f"no such field of {self.kind}: {', '.join(sorted(unknown))}; there are {', '.join(FIELDS[self.kind])}"
            )
        if missing := set(_NEEDED[self.kind]) - given:
            raise UnknownMapping(f"{self.kind} need {', '.join(sorted(missing))}")

    def value(self, row: Row, name: str) -> str | None:
        """A field of a row as text, None when it is empty. Raises ValueError when the column is not in the file."""
        if name in self.columns:
            if self.columns[name] not in row.values:
                raise ValueError(f"no column {self.columns[name]!r}")
            raw = row.values[self.columns[name]]
            text = "" if raw is None else str(raw).strip()
            text = self.words.get(name, {}).get(text, text)
            if text:
                return text
        return self.fixed.get(name)

    def day(self, row: Row, name: str) -> date | None:
        """A day of a row, moved. Raises ValueError when it is none."""
        text = self.value(row, name)
        if text is None:
            return None
        try:
            read = (
                datetime.strptime(text, self.date_format).replace(tzinfo=UTC).date()
                if self.date_format
                else date.fromisoformat(text[:10])
            )
            return read + timedelta(days=self.move_days)
        except (ValueError, OverflowError):
            raise ValueError(f"{name} is no day") from None

    def amount(self, row: Row, name: str) -> Decimal | None:
        """A number of a row. Raises ValueError when it is none."""
        text = self.value(row, name)
        if text is None:
            return None
        try:
            found = Decimal(text)
        except InvalidOperation:
            raise ValueError(f"{name} is no number") from None
        if not found.is_finite():
            raise ValueError(f"{name} is no number")
        return found
