"""A customer's story as the items that the engine takes: facts with the moments of their recording."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from services.alerts.engine.items import Item, item_of
from shared.contracts.alerts import RulePublished, WentLive
from shared.contracts.cards import Basics, CustomerRegistered, SourceCompletedThrough, SourceEnded, SourceOpened, TradeTermsAgreed
from shared.contracts.complaints import ClaimSettled, ComplaintClosed, ComplaintReceived
from shared.contracts.cursor import Cursor, part_of
from shared.contracts.envelope import Record
from shared.contracts.event import Event, encode
from shared.contracts.money import Money
from shared.contracts.topics import CONTROL_TYPES, main_topic
from shared.contracts.transactions import (
    Allocation,
    CreditNoted,
    GoodsReturned,
    InvoiceIssued,
    InvoiceRef,
    PaymentReceived,
    PaymentReversed,
    SaleRecorded,
)

NAMES = UUID("7d3c2c1e-0000-5000-8000-000000000001")
SHOP = uuid5(NAMES, "shop")
BAKER = uuid5(NAMES, "baker")


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def cny(amount: str | int) -> Money:
    return Money(Decimal(amount), "CNY")


class Trade:
    """Records events in the order of the calls; each is recorded at noon (UTC) of `on` unless told otherwise, and holds from then on."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.numbers: dict[str, int] = {}

    def record(self, event: Event, at: datetime, holds_from: datetime | None = None) -> UUID:
        number = len(self.items) + 1
        event_id = uuid5(NAMES, f"event {number}")
        topic = main_topic(event.type)
        customer_id = None if event.type in CONTROL_TYPES else event.customer_id
        record = Record(
            topic=topic,
            part=0 if customer_id is None else part_of(str(customer_id)),
            offset=None,
            cursor=Cursor(1, number, number),
            prev=None,
            event_id=event_id,
            type=event.type,
            stream=f"stream-{customer_id}",
            version=number,
            customer_id=customer_id,
            occurred_at=holds_from or at,
            recorded_at=at + timedelta(microseconds=number),
            body=encode(event),
        )
        self.items.append(item_of(record))
        return event_id

    def sorted(self) -> list[Item]:
        return sorted(self.items, key=lambda item: item.key)

    def name(self, kind: str) -> str:
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        return f"{kind}{self.numbers[kind]}"

    def sold(self, on: date, customer: UUID = SHOP, amount: str = "100.00", at: date | None = None, source: str = "erp") -> UUID:
        fact = SaleRecorded(customer_id=customer, source=source, source_event_id=self.name("s"), sold_on=on, net=cny(amount))
        return self.record(fact, noon(at or on))

    def sold_every(self, days: int, first: date, times: int, customer: UUID = SHOP) -> date:
        for i in range(times):
            self.sold(first + timedelta(days=days * i), customer)
        return first + timedelta(days=days * (times - 1))

    def returned(self, on: date, customer: UUID = SHOP, amount: str = "100.00") -> UUID:
        fact = GoodsReturned(customer_id=customer, source="erp", source_event_id=self.name("r"), returned_on=on, net=cny(amount))
        return self.record(fact, noon(on))

    def invoiced(
        self, on: date, number: str, due: date, amount: str = "100.00", customer: UUID = SHOP, at: date | None = None
    ) -> UUID:
        fact = InvoiceIssued(
            customer_id=customer,
            source="erp",
            source_event_id=f"i-{number}",
            number=number,
            issued_on=on,
            due_on=due,
            amount=cny(amount),
        )
        return self.record(fact, noon(at or on))

    def paid(
        self, on: date, amount: str = "100.00", number: str | None = None, customer: UUID = SHOP, id: str | None = None
    ) -> UUID:
        allocations = () if number is None else (Allocation(invoice=InvoiceRef("erp", number), amount=Decimal(amount)),)
        fact = PaymentReceived(
            customer_id=customer,
            source="erp",
            source_event_id=id or self.name("p"),
            received_on=on,
            amount=cny(amount),
            allocations=allocations,
        )
        return self.record(fact, noon(on))

    def reversed(self, on: date, payment: str, customer: UUID = SHOP) -> UUID:
        fact = PaymentReversed(
            customer_id=customer, source="erp", source_event_id=self.name("v"), payment=payment, reversed_on=on
        )
        return self.record(fact, noon(on))

    def claimed(self, on: date, amount: str, numbers: tuple[str, ...] = (), customer: UUID = SHOP) -> UUID:
        complaint = uuid5(NAMES, f"complaint {len(self.items)}")
        fact = ComplaintReceived(
            complaint_id=complaint,
            customer_id=customer,
            kind="QUALITY",
            channel="LETTER",
            received_on=on,
            claimed=cny(amount),
            invoices=tuple(InvoiceRef("erp", number) for number in numbers),
        )
        self.record(fact, noon(on))
        return complaint

    def complaint_closed(self, on: date, complaint: UUID, customer: UUID = SHOP) -> UUID:
        return self.record(ComplaintClosed(complaint_id=complaint, customer_id=customer, closed_on=on), noon(on))

    def claim_settled(self, on: date, complaint: UUID, agreed: str | None, customer: UUID = SHOP) -> UUID:
        amount = None if agreed is None else cny(agreed)
        return self.record(ClaimSettled(complaint_id=complaint, customer_id=customer, agreed=amount, settled_on=on), noon(on))

    def credited(self, on: date, amount: str, number: str, customer: UUID = SHOP) -> UUID:
        share = Allocation(invoice=InvoiceRef("erp", number), amount=Decimal(amount))
        fact = CreditNoted(
            customer_id=customer,
            source="erp",
            source_event_id=self.name("c"),
            number=self.name("C"),
            noted_on=on,
            amount=cny(amount),
            allocations=(share,),
        )
        return self.record(fact, noon(on))

    def agreed_limit(self, on: date, amount: str, customer: UUID = SHOP) -> UUID:
        terms = TradeTermsAgreed(customer_id=customer, payment_days=30, credit_limit=cny(amount), agreed_on=on)
        return self.record(terms, noon(on))

    def registered(self, on: date, name: str, customer: UUID = SHOP) -> UUID:
        return self.record(CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name=name)), noon(on))

    def went_live(self, on: date) -> UUID:
        return self.record(WentLive(live_on=on), noon(on))

    def published(self, on: date, rule_id: str, version: int, **parameters: str) -> UUID:
        values = {name: Decimal(value) for name, value in parameters.items()}
        return self.record(RulePublished(rule_id=rule_id, version=version, parameters=values), noon(on))

    def opened(self, on: date, kind: str = "sales", source: str = "erp") -> UUID:
        return self.record(SourceOpened(source=source, fact_kind=kind), noon(on))

    def delivered(self, on: date, through: date, kind: str = "sales", source: str = "erp") -> UUID:
        return self.record(SourceCompletedThrough(source=source, fact_kind=kind, day=through), noon(on))

    def ended(self, on: date, kind: str = "sales", source: str = "erp") -> UUID:
        return self.record(SourceEnded(source=source, fact_kind=kind), noon(on))
