"""The read models fed by the worst feed are those that the stores give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.complaints.read_models import READ_MODELS
from shared.contracts.cards import Basics, CustomerErased, CustomerRegistered, ExternalId, ExternalIdLinked, StubOpened
from shared.contracts.complaints import ClaimSettled, ComplaintAssessed, ComplaintClosed, ComplaintReceived, ComplaintWithdrawn
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.postgres.pool import Pool
from shared.testing.databases import Database
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record
from tests.unit.contracts.ledgers import day

PoolOf = Callable[[Database, str], Awaitable[Pool]]
COMPANY = Basics(kind="COMPANY", name="Hua Xin")


def card(random: Random, customer: UUID) -> list[Event]:
    ids = [ExternalId("erp", f"K-{random.randrange(10**9)}") for _ in range(3)]
    events: list[Event] = [
        StubOpened(customer_id=customer, external_id=ids[0]),
        CustomerRegistered(customer_id=customer, basics=COMPANY, external_ids=(ids[0], ids[1])),
        ExternalIdLinked(customer_id=customer, external_id=ids[2]),
        CustomerErased(customer_id=customer, reason="REQUESTED_BY_CUSTOMER"),
    ]
    return events[: random.randint(1, 4)]


def story(random: Random, customer: UUID, complaint: UUID) -> list[Event]:
    whose = {"complaint_id": complaint, "customer_id": customer}
    received = ComplaintReceived(
        **whose,
        kind=random.choice(("QUALITY", "CONTRACT", "TRANSPORT", "SERVICE")),
        channel="WEB",
        received_on=day(random.randrange(300)),
        claimed=random.choice((None, Money(Decimal(random.randrange(1, 10**6)), random.choice(("CNY", "JPY"))))),
    )
    events: list[Event] = [
        received,
        ComplaintAssessed(**whose, founded=random.random() < 0.5, assessed_on=day(301)),
        ClaimSettled(**whose, settled_on=day(302)),
        random.choice((ComplaintClosed(**whose, closed_on=day(303)), ComplaintWithdrawn(**whose, withdrawn_on=day(303)))),
    ]
    return events[: random.randint(1, 4)]


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "complaints")
    customers = [uuid4() for _ in range(12)]
    for customer in customers:
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in card(random, customer)])
    for _ in range(30):
        customer, complaint = random.choice(customers), uuid4()
        await record(own, "complaints", [(f"complaint-{complaint}", customer, e) for e in story(random, customer, complaint)])
    stores = {"cards": own, "complaints": own}
    await follow_to_the_end(own, "complaints", stores, READ_MODELS, seed)
    assert await assert_as_the_stores_say(own, "complaints", stores, READ_MODELS) == 42
