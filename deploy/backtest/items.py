"""A customer of the files as the items that the engine takes, each recorded on its own day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from deploy.backtest.files import Bill, Trader
from services.alerts.engine.items import Item, item_of
from shared.contracts.complaints import ComplaintClosed, ComplaintReceived
from shared.contracts.cursor import Cursor
from shared.contracts.envelope import Record
from shared.contracts.event import Event, encode
from shared.contracts.money import Money
from shared.contracts.topics import main_topic
from shared.contracts.transactions import Allocation, GoodsReturned, InvoiceIssued, InvoiceRef, PaymentReceived, SaleRecorded

NAMES = UUID("a1b4a1c6-24a5-5a3d-9c63-0d5f4be2a7e0")
SOURCE = "file"
CURRENCY = "XTS"
"""ISO 4217: the code for trying out. The files name no currency."""
LEAST = Decimal("0.01")


class Dated(NamedTuple):
    """An item and its day; `bill` for the issue of an invoice."""

    on: date
    item: Item
    bill: Bill | None = None


def customer_id(name: str) -> UUID:
    return uuid5(NAMES, name)


def item(event: Event, who: UUID | None, on: date, number: int) -> Item:
    """Recorded at noon of its day, in the order of the numbers. `who` None: it concerns every customer."""
    at = datetime.combine(on, time(12), UTC) + timedelta(microseconds=number)
    return item_of(
        Record(
            topic=main_topic(event.type),
            part=0,
            offset=None,
            cursor=Cursor(1, on.toordinal(), number),
            prev=None,
            event_id=uuid5(NAMES if who is None else who, f"{event.type}/{on}/{number}"),
            type=event.type,
            stream=f"file-{who}",
            version=number,
            customer_id=who,
            occurred_at=at,
            recorded_at=at,
            body=encode(event),
        )
    )


def items_of(trader: Trader, until: date) -> list[Dated]:
    """Everything that was known by the end of the day `until`, in order: on one day purchases, money for earlier invoices,
    new invoices and disputes, money for these, and disputes that end."""
    who = customer_id(trader.name)
    facts: list[tuple[date, int, Event, Bill | None]] = []
    for i, purchase in enumerate(trader.purchases):
        if purchase.amount is not None and purchase.amount < 0:
            back = GoodsReturned(
                customer_id=who, source=SOURCE, source_event_id=f"t{i}", returned_on=purchase.on, net=_money(-purchase.amount)
            )
            facts.append((purchase.on, 0, back, None))
        else:
            # Without an amount it was a purchase all the same.
            net = _money(max(purchase.amount or LEAST, LEAST))
            sale = SaleRecorded(customer_id=who, source=SOURCE, source_event_id=f"t{i}", sold_on=purchase.on, net=net)
            facts.append((purchase.on, 0, sale, None))
    for bill in trader.bills:
        facts += _facts_of(bill, who)
    known = sorted((one for one in facts if one[0] <= until), key=lambda one: one[:2])
    return [Dated(on, item(event, who, on, number), bill) for number, (on, _, event, bill) in enumerate(known, 1)]


def _facts_of(bill: Bill, who: UUID) -> Sequence[tuple[date, int, Event, Bill | None]]:
    amount = _money(bill.amount)
    issued = InvoiceIssued(
        customer_id=who,
        source=SOURCE,
        source_event_id=f"i-{bill.number}",
        number=bill.number,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        amount=amount,
    )
    found: list[tuple[date, int, Event, Bill | None]] = [(bill.issued_on, 2, issued, bill)]
    if bill.settled_on is not None:
        paid = PaymentReceived(
            customer_id=who,
            source=SOURCE,
            source_event_id=f"p-{bill.number}",
            received_on=bill.settled_on,
            amount=amount,
            allocations=(Allocation(invoice=InvoiceRef(SOURCE, bill.number), amount=amount.amount),),
        )
        found.append((bill.settled_on, 1 if bill.issued_on < bill.settled_on else 3, paid, None))
    return [*found, *_dispute(bill, who)]


def _dispute(bill: Bill, who: UUID) -> Sequence[tuple[date, int, Event, Bill | None]]:
    """From the due day until the money has come."""
    if not bill.disputed or (bill.settled_on is not None and bill.settled_on <= bill.due_on):
        return ()
    complaint = uuid5(who, f"dispute/{bill.number}")
    received = ComplaintReceived(
        complaint_id=complaint,
        customer_id=who,
        kind="CONTRACT",
        channel="OTHER",
        received_on=bill.due_on,
        claimed=_money(bill.amount),
        invoices=(InvoiceRef(SOURCE, bill.number),),
    )
    if bill.settled_on is None:
        return ((bill.due_on, 2, received, None),)
    closed = ComplaintClosed(complaint_id=complaint, customer_id=who, closed_on=bill.settled_on)
    # Behind the money: in between the invoice would be undisputed and late.
    return ((bill.due_on, 2, received, None), (bill.settled_on, 4, closed, None))


def _money(amount: Decimal) -> Money:
    return Money(max(amount.quantize(LEAST, ROUND_HALF_EVEN), LEAST), CURRENCY)
