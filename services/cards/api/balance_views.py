"""What a customer owes in one currency, as it is answered."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from services.cards.domain.statement import Balance, OpenLine, balances
from services.cards.read_models.receivables import Receivable, claims_of
from shared.contracts.account_columns import account_of
from shared.contracts.money import Money, decimals


def limit_of(row: Receivable) -> Money | None:
    """The agreed limit, where there is one."""
    if row.credit_limit is None or row.credit_currency is None:
        return None
    return Money(row.credit_limit, row.credit_currency)


def balances_of_row(row: Receivable, day: date) -> list[Balance]:
    """A customer's balances at the end of a day, by currency."""
    return balances(account_of(row.account), claims_of(row.claims), limit_of(row), day)


def balance_body(balance: Balance, *, lines: bool) -> dict[str, Any]:
    """One currency, its amounts with the decimals of that currency; with its open items where they are wanted."""
    places = Decimal(1).scaleb(-decimals(balance.currency))

    def scaled(amount: Decimal) -> str:
        return str(amount.quantize(places))

    aged = balance.ageing
    found: dict[str, Any] = {
        "currency": balance.currency,
        "outstanding": scaled(aged.outstanding),
        "ageing": {
            "not_due": scaled(aged.not_due),
            "days_1_30": scaled(aged.days_1_30),
            "days_31_60": scaled(aged.days_31_60),
            "days_61_90": scaled(aged.days_61_90),
            "over_90": scaled(aged.over_90),
        },
        "overdue": scaled(aged.overdue),
        "disputed": scaled(aged.disputed),
        "disputed_overdue": scaled(aged.disputed_overdue),
        "unallocated": scaled(balance.unallocated),
        "exposure": scaled(balance.exposure),
    }
    if balance.days_beyond_terms is not None:
        found["days_beyond_terms"] = str(balance.days_beyond_terms.quantize(Decimal("0.1")))
    if balance.credit_limit is not None and balance.available is not None:
        found |= {"credit_limit": scaled(balance.credit_limit), "available": scaled(balance.available)}
        found["over_limit"] = balance.available < 0
    if balance.flags:
        found["flags"] = list(balance.flags)
    if lines:
        found["items"] = [_line(line, scaled) for line in balance.lines]
    return found


def _line(line: OpenLine, scaled: Any) -> dict[str, Any]:
    item = line.item
    if item.opening:
        # What is older than the window of kept facts has no invoice of its own any more.
        found: dict[str, Any] = {"opening_balance": True}
    else:
        found = {"source": item.source, "number": item.number}
    return found | {
        "issued_on": item.issued_on,
        "due_on": item.due_on,
        "amount": scaled(item.amount),
        "open": scaled(item.open),
        "days_overdue": line.days_overdue,
        "disputed": scaled(line.disputed),
    }
