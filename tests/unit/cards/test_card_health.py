"""How well a card is kept: the fold, its figures, and what depends on the day."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from services.cards.domain.as_of import card_at
from services.cards.domain.completeness import missing_for_trade, required
from services.cards.domain.freshness import delay_of, is_stale, limit_of
from services.cards.domain.parts import parts_of
from services.cards.read_models import card_health
from services.cards.read_models.card_health import CardHealth, keeping_of, totals
from shared.contracts.card_parts import (
    BusinessStatus,
    BusinessStatusRevised,
    DecisionMakerNamed,
    FieldVerified,
    TradeStatus,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    KeyPerson,
    Marks,
    MarksAssigned,
    Provenance,
    SalespersonAssigned,
    StubOpened,
    TradeTermsAgreed,
)
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.relations import MergedInto, ProspectAdmitted, TradeEnded, TradeStarted
from shared.contracts.transactions import InvoiceIssued
from tests.unit.cards.telling import CUSTOMER, on_days, told

UTC = ZoneInfo("UTC")
TASK = UUID(int=5)
STUB = StubOpened(customer_id=CUSTOMER, external_id=ExternalId("erp", "K-1"))
REGISTERED = CustomerRegistered(
    customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus", telephone="sealed:t"), salesperson_id="wang"
)
TERMS = TradeTermsAgreed(customer_id=CUSTOMER, payment_days=30, agreed_on=date(2026, 1, 5))
ERASED = CustomerErased(customer_id=CUSTOMER, reason="REQUESTED")
ADMITTED = ProspectAdmitted(customer_id=CUSTOMER, standard_version=1, checks=(), admitted_on=date(2026, 5, 1))
STARTED = TradeStarted(customer_id=CUSTOMER, started_on=date(2026, 5, 3))
ENDED = TradeEnded(customer_id=CUSTOMER, ended_on=date(2026, 6, 3), reason="CLOSED_DOWN")


def day(number: int, month: int = 5) -> date:
    return date(2026, month, number)


def visited(observed: date, entered: date, source: str = "SALESPERSON") -> Provenance:
    assert source in ("SALESPERSON", "QUESTIONNAIRE")
    return Provenance(source=source, observed_on=observed, entered_on=entered)


def status(observed: date, entered: date, **stated: str) -> TradeStatusRevised:
    return TradeStatusRevised(customer_id=CUSTOMER, provenance=visited(observed, entered), stated=TradeStatus(**stated))


def invoice(number: str, on: date) -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=number,
        number=number,
        issued_on=on,
        due_on=date(2026, 12, 1),
        amount=Money(Decimal(1), "CNY"),
    )


def kept(envelopes: Iterable[Envelope]) -> CardHealth:
    row: CardHealth | None = None
    for envelope in envelopes:
        row = card_health.evolve(row, envelope)
    assert row is not None
    return row


def after(*events: Event) -> CardHealth:
    return kept(told(events))


@pytest.mark.parametrize(
    ("events", "stage", "first_missing"),
    [
        ((REGISTERED,), "PROSPECT", ("basics.address",)),
        ((REGISTERED, ADMITTED), "ABOUT_TO_TRADE", ("basics.address", "basics.legal_representative")),
        ((REGISTERED, ADMITTED, STARTED), "TRADING", ("basics.address", "basics.legal_representative")),
        ((REGISTERED, ADMITTED, STARTED, ENDED), "PAST", ()),
        ((STUB,), "TRADING", ("basics.name", "basics.telephone")),
    ],
)
def test_what_is_missing_follows_the_stage(events: tuple[Event, ...], stage: str, first_missing: tuple[str, ...]) -> None:
    row = after(*events)
    assert (row.stage, row.missing[: len(first_missing)]) == (stage, first_missing)
    assert row.missing_count == len(row.missing)


PROGRESS: tuple[Event, ...] = (
    STUB,
    REGISTERED,
    TERMS,
    MarksAssigned(customer_id=CUSTOMER, marks=Marks(nature="ORDINARY")),
    DecisionMakerNamed(customer_id=CUSTOMER, role="buyer", person=KeyPerson(name="sealed:b")),
    status(day(1), day(1), credit_status="GOOD"),
    FieldVerified(customer_id=CUSTOMER, field="trade.credit_status", outcome="REFUTED", verified_on=day(2)),
    BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus", address="sealed:a"), kept=("telephone",)),
    MarksAssigned(customer_id=CUSTOMER, marks=Marks(industry="FOOD")),
    SalespersonAssigned(customer_id=CUSTOMER),
    TradeStatusRevised(
        customer_id=CUSTOMER, provenance=visited(day(1), day(1)), stated=TradeStatus(), withdrawn=("credit_status",)
    ),
)


@pytest.mark.parametrize("length", range(1, len(PROGRESS) + 1))
def test_the_list_and_the_start_of_trade_call_the_same_fields_missing(length: int) -> None:
    """INVARIANT: completeness is one question; breaks when the fold of the list and that of the card part ways."""
    events = told([*PROGRESS[:length], *(() if length == 1 else (ADMITTED,))])
    assert kept(events).missing == missing_for_trade(card_at(events, UTC), parts_of(events, UTC))


@pytest.mark.parametrize("seed", range(20))
def test_days_decide_and_not_the_arrival(seed: int) -> None:
    steps = [
        (
            BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name=f"n{n}", telephone="t" if n % 2 else None)),
            day(n),
            day(28),
        )
        for n in range(2, 10)
    ]
    random.Random(seed).shuffle(steps)
    row = kept(on_days([(REGISTERED, day(1), day(28)), *steps], UTC))
    assert (row.name, "basics.telephone" in row.missing) == ("n9", False)


def test_what_lacked_when_the_first_sale_was_recorded_is_a_finding_for_ever() -> None:
    late = status(day(9), day(9), credit_status="GOOD")
    row = after(REGISTERED, TERMS, invoice("1", day(4)), late, invoice("2", day(3)))
    assert row.first_traded_at == told([REGISTERED] * 3)[-1].recorded_at
    assert row.first_traded_on == day(3)
    assert "trade.credit_status" in row.missing_then
    assert "terms" not in row.missing_then
    assert "trade.credit_status" not in after(REGISTERED, TERMS, late, invoice("1", day(4))).missing_then


def test_a_stub_was_empty_when_its_first_fact_came() -> None:
    assert after(STUB, REGISTERED, TERMS).missing_then == tuple(required("COMPANY", "ABOUT_TO_TRADE"))
    assert after(REGISTERED, TERMS).missing_then == ()
    assert after(REGISTERED, STARTED).missing_then[0] == "basics.address"


@pytest.mark.parametrize("seed", range(20))
def test_any_interleaving_of_the_topics_gives_the_same_row(seed: int) -> None:
    """INVARIANT: the finding is a function of what card and ledger said; breaks when one reads the other's state as it passes."""
    chance = random.Random(seed)
    card = told([REGISTERED, TERMS, status(day(1), day(4), credit_status="GOOD"), STARTED, ENDED])
    ledger = told([invoice(str(n), day(20 - n)) for n in range(5)])
    turns = [card] * len(card) + [ledger] * len(ledger)
    chance.shuffle(turns)
    pending = {id(card): iter(card), id(ledger): iter(ledger)}
    assert kept(next(pending[id(turn)]) for turn in turns) == kept([*card, *ledger])


def test_a_later_invoice_leaves_the_row_as_it_is() -> None:
    row = after(REGISTERED, invoice("1", day(4)))
    [*_, later] = told([REGISTERED, REGISTERED, REGISTERED, invoice("2", day(5))])
    assert card_health.evolve(row, later) is row


def test_erased_and_merged_cards_are_listed_no_more_and_stay_so() -> None:
    for end in (ERASED, MergedInto(customer_id=CUSTOMER, lead_id=UUID(int=8))):
        row = after(REGISTERED, TERMS, end, TERMS, invoice("1", day(4)))
        assert (row.listed, row.name, row.missing, row.missing_then, totals(row)) == (False, None, (), (), {})


def test_delays_count_for_whose_customer_it_was() -> None:
    row = after(
        REGISTERED,
        status(day(1), day(4), credit_status="GOOD"),
        SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="li"),
        status(day(6), day(6), credit_status="FAIR"),
        status(day(8), day(7), credit_status="POOR"),
        TradeStatusRevised(customer_id=CUSTOMER, provenance=Provenance(source="OFFICE"), stated=TradeStatus(reputation=3)),
        TradeStatusRevised(
            customer_id=CUSTOMER,
            provenance=visited(day(1), day(30), "QUESTIONNAIRE"),
            stated=TradeStatus(days_late=3),
        ),
    )
    assert keeping_of(row).delays == {"wang": {3: 1}, "li": {0: 2}}
    found = totals(row)
    assert found["wang"] == {"delay/3": 1}
    assert {name: found["li"][name] for name in ("delay/0", "cards", "complete", "required", "filled")} == {
        "delay/0": 2,
        "cards": 1,
        "complete": 0,
        "required": 4,
        "filled": 3,
    }
    assert sum(value for name, value in found["li"].items() if name.startswith("seen/")) == 4


def test_fields_are_fresh_from_when_somebody_last_looked() -> None:
    revised = status(day(1, 1), day(1, 1), credit_status="GOOD")
    look = FieldVerified(customer_id=CUSTOMER, field="trade.credit_status", outcome="CONFIRMED", verified_on=day(3, 4))
    assert "seen/6/2026-01" in totals(after(REGISTERED, revised))["wang"]
    assert "seen/6/2026-04" in totals(after(REGISTERED, revised, look))["wang"]
    assert (limit_of("trade.credit_status"), limit_of("basics.name")) == (6, 12)
    assert [is_stale(6, "2026-01", date(2026, month, 31)) for month in (7, 8)] == [False, True]


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Auckland", "Pacific/Honolulu"])
def test_what_holds_from_the_first_of_a_month_is_of_that_month_wherever_the_company_is(zone: str) -> None:
    begins = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    [registered] = told([REGISTERED])
    assert "seen/12/2026-01" in totals(kept([structs.replace(registered, occurred_at=begins)]))["wang"]


def test_a_figure_that_waits_fills_nothing_until_it_is_confirmed() -> None:
    asked = VerificationRequested(
        customer_id=CUSTOMER,
        task_id=TASK,
        field="business.annual_purchases",
        stated=Decimal(900),
        known=Decimal(100),
        known_from="LEDGER",
        currency="CNY",
        provenance=visited(day(1), day(2), "QUESTIONNAIRE"),
    )

    def look(outcome: str) -> FieldVerified:
        assert outcome in ("CONFIRMED", "REFUTED")
        return FieldVerified(
            customer_id=CUSTOMER, field="business.annual_purchases", task_id=TASK, outcome=outcome, verified_on=day(9)
        )

    def there(*events: Event) -> tuple[bool, int]:
        state = keeping_of(after(REGISTERED, STARTED, *events))
        return state.has("business.annual_purchases"), len(state.waiting)

    assert there(asked) == (False, 1)
    assert there(asked, look("REFUTED")) == (False, 0)
    assert there(asked, look("CONFIRMED")) == (True, 0)
    said = BusinessStatusRevised(
        customer_id=CUSTOMER,
        provenance=visited(day(1), day(1)),
        stated=BusinessStatus(annual_purchases=Money(Decimal(100), "CNY")),
    )
    assert there(said, asked, look("REFUTED")) == (True, 0)


def test_mean_and_median_of_delays() -> None:
    found = delay_of({0: 3, 1: 1, 14: 2})
    assert found is not None
    assert (found.statements, found.mean.quantize(Decimal("0.01")), found.median) == (6, Decimal("4.83"), 0)
    assert delay_of({}) is None


def test_a_row_survives_its_columns() -> None:
    row = after(REGISTERED, TERMS, status(day(1), day(4), credit_status="GOOD"), STARTED)
    assert card_health.evolve(row, told([REGISTERED] * 6)[-1]) == card_health.evolve(
        CardHealth(*(getattr(row, name) for name in card_health.CARD_HEALTH.columns)), told([REGISTERED] * 6)[-1]
    )


@pytest.mark.parametrize("kind", ["COMPANY", "PERSON"])
def test_the_kind_is_that_of_the_later_day(kind: str) -> None:
    """What is said for an earlier day changes nothing about today, in whatever order both come."""
    company = BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"))
    person = BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="PERSON", person_name="sealed:n"))
    earlier, later = (person, company) if kind == "COMPANY" else (company, person)
    told_late = on_days([(REGISTERED, day(1), day(25)), (later, day(20), day(25)), (earlier, day(10), day(25))], UTC)
    in_order = on_days([(REGISTERED, day(1), day(25)), (earlier, day(10), day(25)), (later, day(20), day(25))], UTC)
    assert [keeping_of(kept(envelopes)).kind for envelopes in (told_late, in_order)] == [kind, kind]
