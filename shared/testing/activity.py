"""A small read model for tests of the mechanism: one row a customer, fed by three topics of two services."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.contracts.cards import TradeReleased
from shared.contracts.complaints import ComplaintClosed, ComplaintReceived
from shared.contracts.cursor import part_of
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS, COMPLAINTS_EVENTS
from shared.contracts.transactions import PaymentReceived
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.postgres.pool import Pool
from shared.projections.ddl import create_read_model
from shared.projections.read_model import ReadModel, Totals
from shared.testing.databases import Database

SCHEMA = "complaints"
POISON = "POISON"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Activity:
    """What a customer did: one sub-row a topic, and figures computed from them."""

    customer_id: UUID
    releases: int
    paid: Decimal
    last_paid_on: date | None
    last_payment_recorded_at: datetime | None
    open_complaints: tuple[str, ...]
    articles: str | None
    busy: bool


NOTHING = Activity(UUID(int=0), 0, Decimal(0), None, None, (), None, False)


def key(event: Envelope) -> UUID | None:
    return event.customer_id


def evolve(row: Activity | None, event: Envelope) -> Activity | None:
    assert event.customer_id is not None
    row = row or replace(NOTHING, customer_id=event.customer_id)
    match event.event:
        case TradeReleased():
            row = replace(row, releases=row.releases + 1)
        case PaymentReceived() as payment:
            row = replace(
                row,
                paid=row.paid + payment.amount.amount,
                last_paid_on=payment.received_on,
                last_payment_recorded_at=event.recorded_at,
            )
        case ComplaintReceived() as complaint:
            articles = sorted({*(json.loads(row.articles) if row.articles else []), complaint.article or "none"})
            row = replace(row, open_complaints=(*row.open_complaints, str(complaint.complaint_id)), articles=json.dumps(articles))
        case ComplaintClosed() as closed:
            left = tuple(one for one in row.open_complaints if one != str(closed.complaint_id))
            row = replace(row, open_complaints=left, articles=row.articles if left else None)
    if not row.releases and not row.paid and not row.open_complaints:
        return None
    return replace(row, busy=row.releases > 2 and row.paid > 0)


def evolve_that_chokes(row: Activity | None, event: Envelope) -> Activity | None:
    """A fold with a fault: it cannot take complaints about a certain article."""
    if isinstance(event.event, ComplaintReceived) and event.event.article == POISON:
        raise ValueError(f"cannot take {event.event.article}")
    return evolve(row, event)


def totals(row: Activity) -> Totals:
    return {"all": {"customers": 1, "paid": row.paid}, f"complaints {len(row.open_complaints)}": {"customers": 1}}


ACTIVITY = ReadModel(
    name="activity",
    version=1,
    row=Activity,
    columns={
        "customer_id": "uuid",
        "releases": "integer",
        "paid": "numeric",
        "last_paid_on": "date",
        "last_payment_recorded_at": "timestamptz",
        "open_complaints": "text[]",
        "articles": "jsonb",
        "busy": "boolean",
    },
    key_column="customer_id",
    topics={
        CARDS_EVENTS: frozenset({TradeReleased.type}),
        CARDS_TRANSACTIONS: frozenset({PaymentReceived.type}),
        COMPLAINTS_EVENTS: frozenset({ComplaintReceived.type, ComplaintClosed.type}),
    },
    key=key,
    evolve=evolve,
    totals=totals,
)
CHOKING = replace(ACTIVITY, evolve=evolve_that_chokes)


async def create_activity(
    database: Database, model: ReadModel[Any] = ACTIVITY, indexes: Sequence[str] = ("paid, customer_id",)
) -> None:
    """Make the read model's tables as a migration would."""
    owner = await asyncpg.connect(database.dsn("regulars_owner"))
    try:
        for statement in create_read_model(SCHEMA, model, indexes):
            await owner.execute(statement)
    finally:
        await owner.close()


def received(customer: UUID, complaint: UUID, article: str = "A-1") -> ComplaintReceived:
    return ComplaintReceived(
        complaint_id=complaint, customer_id=customer, kind="QUALITY", channel="WEB", received_on=date(2026, 5, 4), article=article
    )


def paid(customer: UUID, amount: str) -> PaymentReceived:
    return PaymentReceived(
        customer_id=customer,
        source="erp",
        source_event_id=uuid4().hex,
        received_on=date(2026, 5, 4),
        amount=Money(amount=Decimal(amount), currency="CNY"),
    )


def append_of(stream: str, customer: UUID, *events: Event) -> Append:
    return Append(stream, "any", customer, part_of(str(customer)), [NewEvent(uuid4(), event, NOON) for event in events])


async def append(pool: Pool, schema: str, *appends: Append) -> None:
    """Append in a transaction of its own."""
    async with pool.acquire() as conn, conn.transaction():
        assert (await append_many(conn, schema, appends)).outcome == "appended"


class Trade:
    """Random events of some customers, the same for the same seed apart from their ids."""

    def __init__(self, cards: Pool, complaints: Pool, seed: int, customers: int = 40) -> None:
        self._cards, self._complaints = cards, complaints
        self._random = random.Random(seed)
        self.customers = [uuid4() for _ in range(customers)]
        self._open: list[tuple[UUID, UUID]] = []
        self.appended = 0

    async def go_on(self, transactions: int) -> None:
        """Append some transactions of one to five events."""
        for _ in range(transactions):
            customer = self._random.choice(self.customers)
            match self._random.randrange(5):
                case 0 | 1:
                    events: Sequence[Event] = [
                        paid(customer, f"{self._random.randrange(1, 99999)}.50") for _ in range(self._random.randint(1, 5))
                    ]
                    await append(self._cards, "cards", append_of(f"ledger-{customer}", customer, *events))
                case 2:
                    events = [TradeReleased(customer_id=customer)]
                    await append(self._cards, "cards", append_of(f"card-{customer}", customer, *events))
                case 3:
                    complaint = uuid4()
                    self._open.append((customer, complaint))
                    events = [received(customer, complaint, f"A-{self._random.randrange(9)}")]
                    await append(self._complaints, "complaints", append_of(f"complaint-{complaint}", customer, *events))
                case _ if self._open:
                    customer, complaint = self._open.pop(self._random.randrange(len(self._open)))
                    events = [ComplaintClosed(complaint_id=complaint, customer_id=customer, closed_on=date(2026, 5, 5))]
                    await append(self._complaints, "complaints", append_of(f"complaint-{complaint}", customer, *events))
                case _:
                    continue
            self.appended += len(events)
