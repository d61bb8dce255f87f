"""The read models fed by the worst feed are those that the stores give."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.classification.read_models import READ_MODELS
from shared.contracts.agreements import ExpectationSet
from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered
from shared.contracts.classification import ValueClassChanged
from shared.contracts.credit_grades import GRADES, LOWERED_RULE_ID, CreditGraded
from shared.contracts.event import Event
from shared.contracts.relations import AttachedToDealer, TradeStarted
from shared.contracts.transactions import SaleLine
from shared.testing.databases import Database
from tests.integration.classification.conftest import PoolOf, days_ago, line, returned, sale
from tests.integration.classification.on_credit import disputes, invoice, limit, paid, report, warned
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import record


def graded(customer: UUID, random: Random) -> CreditGraded:
    grade = random.choice((*GRADES, None))
    return CreditGraded(customer_id=customer, run_id=uuid4(), standard_version=1, graded_on=days_ago(1), grade=grade)


def lines(random: Random) -> tuple[SaleLine, ...]:
    """Of few articles, some of them twice in one sale, some of known cost, hardly ever what the sale comes to."""
    return tuple(
        line(random.choice("ABC"), random.randrange(1, 900), random.randrange(1, 9), random.choice((None, "1.25")))
        for _ in range(random.randrange(4))
    )


def on_credit(customer: UUID, random: Random) -> dict[str, list[tuple[str, UUID | None, Event]]]:
    """Invoices and payments in any order, terms, a report, a complaint that disputes one, warnings that end true or not."""
    ledger: list[Event] = [invoice(customer, str(n), random.randrange(400), random.randrange(1, 9)) for n in range(5)]
    ledger += [paid(customer, random.randrange(300), random.randrange(1, 9)) for _ in range(3)]
    random.shuffle(ledger)
    card = [limit(customer, random.randrange(1, 9)), report(customer, random.choice(("GOOD", "POOR"))), limit(customer, 5)]
    card += [
        TradeStarted(customer_id=customer, started_on=days_ago(random.randrange(400))),
        AttachedToDealer(customer_id=customer, dealer_id=uuid4(), since=days_ago(random.randrange(400))),
        BasicsRevised(customer_id=customer, basics=Basics(kind="COMPANY", legal_form=random.choice("AB"))),
    ]
    complaint = disputes(customer, "1")
    warnings = [event for rule in ("overdue_debt", LOWERED_RULE_ID) for event in warned(customer, rule, "TRUE")]
    return {
        "cards": [
            *((f"ledger-{customer}", customer, fact) for fact in ledger),
            *((f"card-{customer}", customer, event) for event in card),
        ],
        "complaints": [(f"complaint-{complaint.complaint_id}", customer, complaint)],
        "alerts": [(f"alert-{event.alert_id}", customer, event) for event in warnings],
    }


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    buyers = 0
    cards, own = await pool_of(database, "cards"), await pool_of(database, "classification")
    for _ in range(12):
        customer = uuid4()
        registered = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"))
        facts = [
            random.choice((sale, returned))(customer, random.randrange(1, 10**6), random.randrange(2000), lines=lines(random))
            for _ in range(random.randint(0, 12))
        ]
        buyers += bool(facts)
        entries = [(f"ledger-{customer}", customer, fact) for fact in facts]
        entries.insert(random.randint(0, len(entries)), (f"card-{customer}", customer, registered))
        await record(cards, "cards", entries)
        changes = [
            ValueClassChanged(
                customer_id=customer,
                run_id=uuid4(),
                standard="value-class",
                standard_version=1,
                period_from=days_ago(365 + n),
                period_to=days_ago(n),
                value_class=random.choice(("A", "B", "C", None)),
            )
            for n in range(random.randint(1, 3))
        ]
        await record(own, "classification", [(f"classification-{customer}", customer, change) for change in changes])
        await record(own, "classification", [(f"credit-grade-{customer}", customer, graded(customer, random)) for _ in range(2)])
        expected = [
            ExpectationSet(customer_id=customer, currency="CNY", from_on=days_ago(random.randrange(400)), share=Decimal("0.5"))
            for _ in range(2)
        ]
        await record(own, "classification", [(f"expectation-{customer}", customer, event) for event in expected])
        for service, entries in on_credit(customer, random).items():
            await record(await pool_of(database, service), service, entries)
    stores = dict.fromkeys(("cards", "classification", "complaints", "alerts"), own)
    await follow_to_the_end(own, "classification", stores, READ_MODELS, seed)
    assert await assert_as_the_stores_say(own, "classification", stores, READ_MODELS) >= 84 + buyers
