"""The read models fed by the worst feed are those that the stores give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random
from uuid import UUID, uuid4

import pytest

from services.complaints.read_models import READ_MODELS
from shared.contracts.cards import (
    Basics,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    SalespersonAssigned,
    StubOpened,
)
from shared.contracts.complaint_facts import (
    BrokenCommitmentNamed,
    CaseAnswered,
    CaseBecameComplaint,
    CaseClosed,
    CaseReceived,
    CaseSummaryConfirmed,
    CauseFound,
    EvidenceAdded,
    PreventionCarriedOut,
    PreventionChecked,
    PreventionDecided,
    PreventionDropped,
    ResponsibilityFixed,
    Responsible,
    SatisfactionGiven,
)
from shared.contracts.complaint_steps import ComplaintAcknowledged, CustomerDissatisfied, SolutionProposed
from shared.contracts.complaints import (
    ClaimSettled,
    ComplaintAssessed,
    ComplaintClosed,
    ComplaintReceived,
    ComplaintWithdrawn,
    CreditNoteRef,
    SolutionCarriedOut,
)
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.organisation import AreaDefined
from shared.contracts.promises import PromiseBroken, PromiseKept, PromiseMade, PromiseWaived
from shared.contracts.transactions import ComplaintCredited
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
        CustomerRegistered(customer_id=customer, basics=COMPANY, external_ids=(ids[0], ids[1]), area_id="EAST"),
        SalespersonAssigned(customer_id=customer, area_id=random.choice(("WEST", None))),
        ExternalIdLinked(customer_id=customer, external_id=ids[2]),
        CustomerErased(customer_id=customer, reason="REQUESTED_BY_CUSTOMER"),
    ]
    return events[: random.randint(1, 5)]


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
        ComplaintAcknowledged(**whose, on=day(300)),
        ComplaintAssessed(**whose, founded=random.random() < 0.5, assessed_on=day(301)),
        SolutionProposed(**whose, on=day(302), remedies=("REPLACE",), decides="SALESPERSON", rule_version=0),
        SolutionCarriedOut(
            **whose, solution="REPLACED", carried_out_on=day(302), credit_note=random.choice((None, CreditNoteRef("erp", "CN-1")))
        ),
        CustomerDissatisfied(**whose, on=day(302), round=2),
        ClaimSettled(**whose, settled_on=day(302)),
        random.choice((ComplaintClosed(**whose, closed_on=day(303)), ComplaintWithdrawn(**whose, withdrawn_on=day(303)))),
    ]
    return events[: random.randint(1, 8)]


def matter(random: Random, customer: UUID, complaint: UUID) -> list[Event]:
    """A complaint with facts in whatever order, also after its end."""
    whose = {"complaint_id": complaint, "customer_id": customer}
    received = ComplaintReceived(
        **whose, kind="QUALITY", channel="QUESTIONNAIRE", received_on=day(random.randrange(300)), batch="B-1", article="A-1"
    )
    told: list[Event] = [
        ComplaintAssessed(**whose, founded=random.random() < 0.5, assessed_on=day(301)),
        SolutionCarriedOut(**whose, solution="REPLACED", carried_out_on=day(302)),
        EvidenceAdded(**whose, evidence_id=uuid4(), side="CUSTOMER", kind="PHOTO", given_on=day(300)),
        CauseFound(**whose, cause=random.choice(("MATERIAL", "PACKING")), list_version=0, found_on=day(301)),
        ResponsibilityFixed(**whose, parties=(Responsible(party="CARRIER", share=Decimal(100), name="YTO"),), fixed_on=day(302)),
        BrokenCommitmentNamed(**whose, commitment="GUARANTEE", commitment_version=1, named_on=day(301)),
        ComplaintClosed(**whose, closed_on=day(303)),
        SatisfactionGiven(**whose, score=random.randint(1, 5), given_on=day(304), how="HOTLINE"),
    ]
    return [received, *random.sample(told, random.randint(0, len(told)))]


def credited(customer: UUID, complaint: UUID, number: int) -> ComplaintCredited:
    return ComplaintCredited(
        complaint_id=complaint,
        customer_id=customer,
        source="erp",
        source_event_id=f"CN-{number}",
        number=f"CN-{number}",
        noted_on=day(302),
        amount=Money(Decimal(5), "CNY"),
    )


def case(random: Random, customer: UUID) -> list[Event]:
    whose = {"case_id": uuid4(), "customer_id": customer}
    events: list[Event] = [
        CaseReceived(**whose, kind="HELP", channel="HOTLINE", received_on=day(random.randrange(300))),
        CaseSummaryConfirmed(**whose, summary="s", confirmed_by="s", confirmed_on=day(300), how="HOTLINE"),
        CaseAnswered(**whose, answered_on=day(301), how="EMAIL"),
        CaseAnswered(**whose, answered_on=day(302), how="EMAIL"),
        random.choice(
            (
                CaseClosed(**whose, closed_on=day(303), solved=True),
                CaseBecameComplaint(**whose, complaint_id=uuid4(), on=day(303)),
            )
        ),
    ]
    return events[: random.randint(1, 5)]


def measure(random: Random, measure_id: UUID) -> list[Event]:
    events: list[Event] = [
        PreventionDecided(
            measure_id=measure_id,
            against="batch",
            value="B-1",
            action="CHECK",
            owner="E-1",
            decided_on=day(300),
            due_on=day(310),
            check_days=30,
        ),
        PreventionCarriedOut(measure_id=measure_id, carried_out_on=day(309)),
        random.choice(
            (
                PreventionChecked(measure_id=measure_id, checked_on=day(340), before=5, after=1, effective=True),
                PreventionDropped(measure_id=measure_id, dropped_on=day(320), reason="RECALLED"),
            )
        ),
    ]
    return events[: random.randint(1, 3)]


def promise(random: Random, customer: UUID, promise_id: UUID) -> list[Event]:
    whose = {"promise_id": promise_id, "customer_id": customer}
    made = PromiseMade(**whose, made_by=random.choice(("COMPANY", "CUSTOMER")), kind="REPAIR", made_on=day(1), due_on=day(9))
    ended: list[Event] = [
        PromiseKept(**whose, kept_on=day(8)),
        PromiseBroken(**whose, broken_on=day(10)),
        PromiseWaived(**whose, waived_on=day(5)),
    ]
    return [made, *random.sample(ended, random.randint(0, 1))]


@pytest.mark.parametrize("seed", [1, 2])
async def test_facts_cases_measures_and_promises(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "complaints")
    customers = [uuid4() for _ in range(8)]
    promises = 0
    for customer in customers:
        served = [
            SalespersonAssigned(customer_id=customer, area_id=random.choice(("N", "S")), salesperson_id="E-1") for _ in range(2)
        ]
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in served])
        for _ in range(3):
            promise_id = uuid4()
            events = promise(random, customer, promise_id)
            promises += events[0].made_by == "COMPANY" if isinstance(events[0], PromiseMade) else 0
            await record(cards, "cards", [(f"promise-{promise_id}", customer, event) for event in events])
    for _ in range(20):
        customer, complaint, measure_id = random.choice(customers), uuid4(), uuid4()
        await record(own, "complaints", [(f"complaint-{complaint}", customer, e) for e in matter(random, customer, complaint)])
        await record(own, "complaints", [(f"case-{complaint}", customer, e) for e in case(random, customer)])
        notes = [credited(customer, complaint, number) for number in range(random.randrange(3))]
        await record(cards, "cards", [(f"complaint-credits-{complaint}", customer, event) for event in notes])
        await record(own, "complaints", [(f"prevention-{measure_id}", None, e) for e in measure(random, measure_id)])
    stores = {"cards": own, "complaints": own}
    await follow_to_the_end(own, "complaints", stores, READ_MODELS, seed)
    # Complaints, matters and what is credited for them, cases and measures; customers served; promises of ours.
    assert await assert_as_the_stores_say(own, "complaints", stores, READ_MODELS) == 5 * 20 + 8 + promises


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_split_and_interleaved(database: Database, pool_of: PoolOf, seed: int) -> None:
    random = Random(seed)
    cards, own = await pool_of(database, "cards"), await pool_of(database, "complaints")
    customers = [uuid4() for _ in range(12)]
    known = {customer: card(random, customer) for customer in customers}
    for customer, events in known.items():
        await record(cards, "cards", [(f"card-{customer}", customer, event) for event in events])
    for area, parent in (("CHINA", None), ("EAST", "CHINA"), ("EAST", None)):
        defined = AreaDefined(area_id=area, name=area.title(), parent_id=parent)
        await record(cards, "cards", [(f"area-{area}", None, defined)])
    for _ in range(30):
        customer, complaint = random.choice(customers), uuid4()
        await record(own, "complaints", [(f"complaint-{complaint}", customer, e) for e in story(random, customer, complaint)])
    stores = {"cards": own, "complaints": own}
    await follow_to_the_end(own, "complaints", stores, READ_MODELS, seed)
    registered = sum(isinstance(event, CustomerRegistered) for events in known.values() for event in events)
    # Twelve customers, those of them that are registered, thirty complaints, their matters and what is credited for them, two areas.
    assert await assert_as_the_stores_say(own, "complaints", stores, READ_MODELS) == 12 + registered + 3 * 30 + 2
