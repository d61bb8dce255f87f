"""The folds behind the lists: pure, and the same however the topics of a customer interleave."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.cards.read_models import receivables
from services.cards.read_models.customer_row import Customer, external_ids_of, sort_name
from services.cards.read_models.customers import evolve
from services.cards.read_models.receivables import Receivable, balances_of, claims_of
from shared.contracts import account_columns
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerErased,
    CustomerRegistered,
    ExternalId,
    ExternalIdLinked,
    Marks,
    MarksAssigned,
    SalespersonAssigned,
    StubOpened,
    TradeReleased,
    TradeRestricted,
    TradeTermsAgreed,
)
from shared.contracts.complaints import ComplaintReceived, ComplaintWithdrawn
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceIssued, PaymentReceived, PaymentReversed
from tests.unit.cards.telling import CUSTOMER, told

ERP = ExternalId("erp", "K-1")
STUB = StubOpened(customer_id=CUSTOMER, external_id=ERP)
REGISTERED = CustomerRegistered(
    customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus"), external_ids=(ERP,), salesperson_id="wang"
)
TERMS = TradeTermsAgreed(
    customer_id=CUSTOMER, payment_days=30, credit_limit=Money(Decimal("10.00"), "CNY"), agreed_on=date(2026, 1, 5)
)
ERASED = CustomerErased(customer_id=CUSTOMER, reason="REQUESTED")


def listed(*events: Event) -> Customer | None:
    row: Customer | None = None
    for envelope in told(events):
        row = evolve(row, envelope)
    return row


def the(row: Customer | None) -> Customer:
    assert row is not None
    return row


def test_a_stub_is_listed_with_its_number_until_it_is_filled() -> None:
    stub = the(listed(STUB))
    assert (stub.stub, stub.name, external_ids_of(stub.external_ids)) == (True, None, (ERP,))
    filled = the(listed(STUB, TERMS, REGISTERED))
    assert (filled.stub, filled.name, filled.salesperson_id, filled.payment_days) == (False, "Lotus", "wang", 30)


def test_every_change_of_the_card_reaches_the_list() -> None:
    shop = ExternalId("webshop", "c-1")
    row = the(
        listed(
            REGISTERED,
            TERMS,
            BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="LOTUS Ｇroup", email="sealed:x")),
            MarksAssigned(customer_id=CUSTOMER, marks=Marks(nature="GOVERNMENT", shop_kind="CHAIN", industry="FOOD")),
            SalespersonAssigned(customer_id=CUSTOMER, area_id="EAST", salesperson_id="li"),
            ExternalIdLinked(customer_id=CUSTOMER, external_id=shop),
            TradeRestricted(customer_id=CUSTOMER, measure="HOLD"),
        )
    )
    assert (row.sort_name, row.nature, row.shop_kind, row.industry) == ("lotus group", "GOVERNMENT", "CHAIN", "FOOD")
    assert (row.area_id, row.salesperson_id, row.restriction) == ("EAST", "li", "HOLD")
    assert external_ids_of(row.external_ids) == (ERP, shop)
    assert row.basics is not None
    assert "sealed:x" in row.basics
    assert (
        the(
            listed(REGISTERED, TradeRestricted(customer_id=CUSTOMER, measure="HOLD"), TradeReleased(customer_id=CUSTOMER))
        ).restriction
        is None
    )


def test_an_erased_customer_leaves_the_list_for_good() -> None:
    assert listed(REGISTERED, ERASED) is None
    assert listed(REGISTERED, ERASED, TradeRestricted(customer_id=CUSTOMER, measure="STOP")) is None


def test_a_measure_about_nobody_lists_nobody() -> None:
    assert listed(TradeRestricted(customer_id=CUSTOMER, measure="STOP")) is None


def test_names_are_sorted_without_case_and_width() -> None:
    assert sort_name("ＡＢＣ株式会社") == sort_name("abc株式会社")
    assert sort_name(None) == ""


def _invoice(number: str, due_on: date, amount: str, currency: str = "CNY") -> InvoiceIssued:
    return InvoiceIssued(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id=f"I-{number}",
        number=number,
        issued_on=date(2026, 1, 2),
        due_on=due_on,
        amount=Money(Decimal(amount), currency),
    )


LEDGER: tuple[Event, ...] = (
    _invoice("1", date(2026, 3, 1), "10.00"),
    _invoice("2", date(2026, 2, 1), "20.00"),
    PaymentReceived(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id="P-1",
        received_on=date(2026, 2, 3),
        amount=Money(Decimal("25.00"), "CNY"),
    ),
    PaymentReversed(customer_id=CUSTOMER, source="erp", source_event_id="R-1", payment="P-1", reversed_on=date(2026, 2, 5)),
    _invoice("3", date(2026, 4, 1), "7", "JPY"),
)
CARD: tuple[Event, ...] = (STUB, REGISTERED, TERMS, ERASED)
COMPLAINT = UUID(int=3)
COMPLAINTS: tuple[Event, ...] = (
    ComplaintReceived(
        complaint_id=COMPLAINT,
        customer_id=CUSTOMER,
        kind="QUALITY",
        channel="WEB",
        received_on=date(2026, 3, 3),
        claimed=Money(Decimal("5.00"), "CNY"),
    ),
    ComplaintWithdrawn(complaint_id=COMPLAINT, customer_id=CUSTOMER, withdrawn_on=date(2026, 3, 9)),
)


def owed(envelopes: Iterable[Envelope]) -> Receivable:
    row: Receivable | None = None
    for envelope in envelopes:
        row = receivables.evolve(row, envelope)
    assert row is not None
    return row


def test_what_is_open_is_kept_by_currency_oldest_due_first() -> None:
    row = owed(told(LEDGER[:3]))
    cny = balances_of(row.open_items)["CNY"]
    assert (cny.outstanding, [item.number for item in cny.items], row.oldest_due_on) == (Decimal("5.00"), ["1"], date(2026, 3, 1))
    row = owed(told(LEDGER))
    found = balances_of(row.open_items)
    assert {currency: balance.outstanding for currency, balance in found.items()} == {"CNY": Decimal("30.00"), "JPY": Decimal(7)}
    assert all(sum(item.open for item in balance.items) == balance.outstanding for balance in found.values())
    assert row.oldest_due_on == date(2026, 2, 1)


def test_an_erasure_leaves_the_debt_and_takes_the_name() -> None:
    row = owed(told([REGISTERED, *LEDGER, ERASED]))
    assert row.name is None
    assert row.oldest_due_on == date(2026, 2, 1)


@pytest.mark.parametrize("seed", range(30))
def test_any_interleaving_of_the_topics_gives_the_same_row(seed: int) -> None:
    """INVARIANT: a row fed by several topics keeps each topic's part apart; breaks when one topic's event reads another's part."""
    chance = random.Random(seed)
    topics = [iter(told(events)) for events in (LEDGER, CARD, COMPLAINTS)]
    expected = owed(itertools.chain(*(told(events) for events in (LEDGER, CARD, COMPLAINTS))))
    turns = [n for n, events in enumerate((LEDGER, CARD, COMPLAINTS)) for _ in events]
    chance.shuffle(turns)
    assert owed(next(topics[n]) for n in turns) == expected


def test_a_row_survives_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: the fold goes on from what is stored; breaks when state is kept beside the row, as after a restart."""
    before = owed(told(LEDGER[:3]))
    stored = Receivable(*(getattr(before, name) for name in receivables.RECEIVABLES.columns))
    rest = told(LEDGER)[3:]
    monkeypatch.setattr(account_columns, "_seen", {})
    row: Receivable | None = stored
    for envelope in rest:
        row = receivables.evolve(row, envelope)
    assert row == owed(told(LEDGER))


def test_claims_come_from_complaints_alone() -> None:
    row = owed(told(COMPLAINTS[:1]))
    assert [claim.open_at(date(2026, 3, 5)) for claim in claims_of(row.claims).claims] == [True]
    assert row.oldest_due_on is None
