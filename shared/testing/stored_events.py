"""Events for tests of the store and of what reads it: short to write, valid to read."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from shared.contracts.cards import ExternalId, SourceCompletedThrough, StubOpened, TradeReleased
from shared.contracts.cursor import part_of
from shared.contracts.event import Event, decode, encode
from shared.contracts.money import Money
from shared.contracts.transactions import PaymentReceived
from shared.event_store.events import Append, CommandRecord, Expected, Fact, Guard, NewEvent, Stub

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROUTE = "POST /v1/customers"


def releases(customer: UUID, expected: Expected = "any", count: int = 1) -> Append:
    """`count` events on the customer's card."""
    events = [NewEvent(uuid4(), TradeReleased(customer_id=customer), NOON) for _ in range(count)]
    return Append(f"card-{customer}", expected, customer, part_of(str(customer)), events)


def completed_through(source: str, day: date = date(2026, 5, 3)) -> Append:
    """The declaration that a source has delivered its sales through `day`."""
    event = SourceCompletedThrough(source=source, fact_kind="sales", day=day)
    return Append(f"source-{source}", "any", None, 0, [NewEvent(uuid4(), event, NOON)])


def payment(customer: UUID, number: str, amount: str = "10.00", source: str = "erp", stream: str = "ledger") -> Fact:
    """A payment of a customer, number `number` of its source; the same arguments have the same content."""
    event = PaymentReceived(
        customer_id=customer,
        source=source,
        source_event_id=number,
        received_on=date(2026, 5, 4),
        amount=Money(amount=Decimal(amount), currency="CNY"),
    )
    fingerprint = hashlib.sha256(f"{number} {amount}".encode()).digest()
    return Fact(
        stream=f"{stream}-{customer}",
        event_id=uuid4(),
        type=event.type,
        customer_id=customer,
        part=part_of(str(customer)),
        source=f"{source}/payment",
        source_event_id=number,
        fingerprint=fingerprint,
        occurred_at=NOON,
        body=encode(event),
    )


def event_of(fact: Fact) -> Event:
    return decode(fact.type, fact.body)


def stub(customer: UUID, value: str, system: str = "erp") -> Stub:
    """The card that is opened when facts come for an external id nobody has registered."""
    event = StubOpened(customer_id=customer, external_id=ExternalId(system, value))
    append = Append(f"card-{customer}", "new", customer, part_of(str(customer)), [NewEvent(uuid4(), event, NOON)])
    return Stub(Guard(system, value, customer), append)


def command(key: str, asked: str = "register", status: int = 201, principal: UUID = UUID(int=7), **answer: str) -> CommandRecord:
    """A request with an idempotency key, and its answer."""
    return CommandRecord(principal, ROUTE, key, hashlib.sha256(asked.encode()).digest(), status, answer)
