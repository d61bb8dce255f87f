"""What is invoiced, credited and collected: it is what the receivables of the same facts grow by."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations, product

from services.cards.domain.spans import Sums, amount_of, entries, together
from services.cards.read_models.collected import COLLECTED_MODEL, Collected, evolve
from services.cards.read_models.serving import books_of
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.open_items import Account, apply, open_items
from shared.contracts.transactions import (
    CreditNoted,
    InvoiceIssued,
    InvoiceRef,
    PaymentMade,
    PaymentReceived,
    PaymentReversed,
    WrittenOff,
)
from shared.projections.fold import gain, total_gain
from tests.unit.cards.telling import CUSTOMER, told

TODAY = date(2026, 6, 30)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def cny(amount: int) -> Money:
    return Money(Decimal(amount), "CNY")


def invoice(number: str, days: int, amount: int) -> InvoiceIssued:
    on = ago(days)
    return InvoiceIssued(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=number,
        number=number,
        issued_on=on,
        due_on=on + timedelta(days=30),
        amount=cny(amount),
    )


def payment(number: str, days: int, amount: int) -> PaymentReceived:
    return PaymentReceived(customer_id=CUSTOMER, source="erp", source_event_id=number, received_on=ago(days), amount=cny(amount))


def reversal(number: str, of: str, days: int) -> PaymentReversed:
    return PaymentReversed(customer_id=CUSTOMER, source="erp", source_event_id=number, payment=of, reversed_on=ago(days))


def row_of(events: Sequence[Event]) -> Collected:
    row: Collected | None = None
    for envelope in told(events):
        row = evolve(row, envelope)
    assert row is not None
    return row


def sums_of(row: Collected) -> Sums:
    book = books_of(row)["CNY"]
    return together(sums for spans in (book.months, book.years) for _, sums in entries(spans))


def test_receivables_grow_by_what_is_invoiced_less_what_is_credited_and_collected() -> None:
    chance = random.Random(8)
    for _ in range(40):
        facts: list[Event] = [invoice(f"I-{n}", chance.randrange(300), chance.randrange(1, 900)) for n in range(8)]
        facts += [payment(f"P-{n}", chance.randrange(150), chance.randrange(1, 900)) for n in range(6)]
        facts += [reversal("R-1", "P-1", 3), reversal("R-2", "P-2", 0)]
        note = {"customer_id": CUSTOMER, "source": "erp", "amount": cny(chance.randrange(1, 90))}
        facts.append(CreditNoted(source_event_id="C-1", number="C-1", noted_on=ago(20), **note))
        facts.append(PaymentMade(source_event_id="M-1", paid_on=ago(10), **note))
        facts.append(WrittenOff(source_event_id="W-1", invoice=InvoiceRef("erp", "I-3"), written_off_on=ago(1), **note))
        chance.shuffle(facts)
        account = Account()
        for fact in facts:
            account = apply(account, fact, TODAY)
        standing = open_items(account, TODAY)["CNY"]
        owed = standing.outstanding - standing.unallocated - standing.waiting + standing.owed
        invoiced, credited, collected = sums_of(row_of(facts))
        assert amount_of(invoiced - credited - collected, "CNY") == owed


def test_a_reversal_may_come_before_its_payment() -> None:
    facts = [payment("P-1", 40, 500), payment("P-2", 30, 70), reversal("R-1", "P-1", 10)]
    rows = {row_of(order) for order in permutations(facts)}
    assert len(rows) == 1
    assert sums_of(rows.pop()) == (0, 0, 7000)
    assert sums_of(row_of([payment("P-1", 40, 500), reversal("R-1", "other", 10)])) == (0, 0, 50000)


def test_totals_say_what_is_gained() -> None:
    facts: list[Event] = [payment("P-1", 90, 500), invoice("1", 80, 40), reversal("R-1", "P-1", 10), payment("P-2", 1, 5)]
    rows: list[Collected | None] = [None]
    for envelope in told(facts):
        rows.append(evolve(rows[-1], envelope))
    assert COLLECTED_MODEL.totals is not None
    assert COLLECTED_MODEL.gained is not None
    for old, new in product(rows, rows):
        assert total_gain([COLLECTED_MODEL.gained(old, new)]) == total_gain([gain(COLLECTED_MODEL.totals, old, new)])
    last = rows[-1]
    assert last is not None
    assert COLLECTED_MODEL.totals(last)["d/2026-06-29/CNY/\n"] == {"collected": 500}
