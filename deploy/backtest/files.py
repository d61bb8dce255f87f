"""Purchases and invoices of a file, by customer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from deploy.imports.files import BadLine, rows_of

PURCHASES = ("customer", "date")
INVOICES = ("customer", "invoice", "invoice_date", "due_date", "settled_date", "amount")


class BadFile(Exception):
    """A file that cannot be used: which, where and why. Nothing is computed from a file that is wrong in one line."""


class Purchase(NamedTuple):
    """`amount` None: the file knows none; negative: goods came back."""

    on: date
    amount: Decimal | None


class Bill(NamedTuple):
    """An invoice; `settled_on` None: it is open. `disputed`: the customer withheld it over a complaint; the file does not say
    since when, and it is taken as known from the day on which the money was due."""

    number: str
    issued_on: date
    due_on: date
    settled_on: date | None
    amount: Decimal
    disputed: bool = False


@dataclass(slots=True)
class Trader:
    """What the files know of one customer."""

    name: str
    purchases: list[Purchase] = field(default_factory=list)
    bills: list[Bill] = field(default_factory=list)


def read(transactions: Path | None, invoices: Path | None) -> list[Trader]:
    """All customers of the files, by name; their purchases and invoices by day. Raises BadFile, UnknownFormat."""
    traders: dict[str, Trader] = {}
    for line, values in () if transactions is None else _rows(transactions, PURCHASES):
        with _Place(transactions, line):
            amount = values.get("amount") or None
            purchase = Purchase(_day(values["date"]), None if amount is None else _amount(amount))
            name = _name(values["customer"])
            traders.setdefault(name, Trader(name)).purchases.append(purchase)
    seen: set[tuple[str, str]] = set()
    for line, values in () if invoices is None else _rows(invoices, INVOICES):
        with _Place(invoices, line):
            name, number = _name(values["customer"]), _name(values["invoice"])
            if (name, number) in seen:
                raise ValueError("the invoice is there twice")
            seen.add((name, number))
            settled = values["settled_date"]
            bill = Bill(
                number,
                _day(values["invoice_date"]),
                _day(values["due_date"]),
                _day(settled) if settled else None,
                _amount(values["amount"]),
                _flag(values.get("disputed")),
            )
            if bill.amount <= 0:
                raise ValueError("the amount of an invoice is above nought")
            traders.setdefault(name, Trader(name)).bills.append(bill)
    for trader in traders.values():
        trader.purchases.sort(key=lambda one: one.on)
        trader.bills.sort(key=lambda one: (one.issued_on, one.due_on, one.number))
    return [traders[name] for name in sorted(traders)]


class _Place:
    """Names file and line of what is wrong; the value itself is not repeated."""

    def __init__(self, file: Path | None, line: int) -> None:
        self._where = f"{'' if file is None else file.name}, line {line}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ValueError):
            raise BadFile(f"{self._where}: {error}") from None


def _rows(path: Path, needed: tuple[str, ...]) -> list[tuple[int, dict[str, Any]]]:
    found = []
    for row in rows_of(path):
        if isinstance(row, BadLine):
            raise BadFile(f"{path.name}, line {row.line}: {row.reason}")
        missing = [name for name in needed if name not in row.values]
        if missing:
            raise BadFile(f"{path.name}: the column {missing[0]} is missing")
        found.append((row.line, row.values))
    return found


def _name(value: Any) -> str:
    text = str(value).strip()
    if not text:
        raise ValueError("a customer or an invoice has no name")
    return text


def _flag(value: Any) -> bool:
    text = "" if value is None else str(value).strip().lower()
    if text in ("1", "true", "yes"):
        return True
    if text in ("", "0", "false", "no"):
        return False
    raise ValueError("disputed is 1 or 0")


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise ValueError("a day is written as 2026-01-31") from None


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError("an amount is a decimal number") from None
    if not amount.is_finite() or abs(amount) >= 10**15:
        raise ValueError("an amount is a decimal number")
    return amount
