"""Open items less what is disputed: only the undisputed part ages, escalates and counts in credit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid5

from services.alerts.domain.figures import amount_text
from services.alerts.domain.watched_customer import Seen, WatchedCustomer, invoice_key
from shared.contracts.alerts import Reason
from shared.contracts.open_items import Account, Claims, Item, disputed, items_of

ZERO = Decimal(0)
OPENING = UUID("4f6a2f0e-6d0b-5d0a-9a53-0d8f6a1f5c11")
"""Namespace of the stand-ins for the event of a debt from before the ledger's window, which is one balance."""


@dataclass(frozen=True, slots=True)
class Debt:
    """An open item, the part of it that nobody disputes, and the invoice's event."""

    item: Item
    undisputed: Decimal
    event_id: UUID


_Asked = tuple[Account, Claims, dict[str, Seen], str, date]
_last: tuple[_Asked, tuple[list[Debt], Decimal]] | None = None


def debts_of(customer: WatchedCustomer, currency: str, today: date) -> tuple[list[Debt], Decimal]:
    """Items with an undisputed open part, oldest due first, and the amount that is disputed in this currency.

    Not to be changed: four rules in a row ask for the same, so the latest answer is kept.
    """
    global _last
    kept = _last
    if kept is not None:
        (account, claims, invoices, of, on), found = kept
        same = account is customer.account and claims is customer.claims and invoices is customer.invoices
        if same and of == currency and on == today:
            return found
    found = _debts_of(customer, currency, today)
    _last = ((customer.account, customer.claims, customer.invoices, currency, today), found)
    return found


def _debts_of(customer: WatchedCustomer, currency: str, today: date) -> tuple[list[Debt], Decimal]:
    taken = disputed(customer.account, customer.claims, today).get(currency, {}) if customer.claims.claims else {}
    found = []
    for item in items_of(customer.account, today, currency):
        undisputed = item.open - taken.get(item, ZERO)
        if undisputed > 0:
            found.append(Debt(item, undisputed, _event_of(customer, item)))
    return found, sum(taken.values(), ZERO)


def currencies(customer: WatchedCustomer) -> list[str]:
    """Currencies in which the customer's ledger has ever moved."""
    return sorted({*customer.moved_by, *customer.account.opening})


def dispute_reason(amount: Decimal, currency: str) -> tuple[Reason, ...]:
    """Says that a part was left out because it is disputed; nothing where nothing is."""
    if not amount:
        return ()
    figures: dict[str, str | int] = {"disputed_amount": str(amount), "currency": currency}
    return (
        Reason(
            code="DISPUTED_PART", sentence=f"{amount_text(amount, currency)} more is disputed and not counted.", figures=figures
        ),
    )


def nothing_overdue(_customer: WatchedCustomer, on: date) -> Reason:
    """Why a warning about debts is over."""
    sentence = f"On {on} nothing undisputed is overdue any more."
    return Reason(code="NOTHING_OVERDUE", sentence=sentence, figures={"as_of": on.isoformat()})


def _event_of(customer: WatchedCustomer, item: Item) -> UUID:
    seen = customer.invoices.get(invoice_key(item.source, item.number))
    return seen.event_id if seen is not None else uuid5(OPENING, f"{customer.customer_id}/{item.source}/{item.number}")
