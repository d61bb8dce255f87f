"""Saying and verifying: what follows, what is refused, and which figures of a questionnaire have to wait."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from services.cards.domain.figures import LedgerFigures, is_far, year_before
from services.cards.domain.parts import Parts, parts_of
from services.cards.domain.refusals import NeedUnknown, NothingToVerify, TaskSettled, TaskUnknown, VerifierEnteredIt
from services.cards.domain.stating import ActOnNeed, Evidence, StatePart, VerifyField, acted, examined, said, verified
from shared.contracts.card_parts import (
    BusinessStatus,
    BusinessStatusRevised,
    Characteristics,
    CharacteristicsRevised,
    FieldVerified,
    TradeStatus,
    TradeStatusRevised,
    VerificationRequested,
    YearSales,
)
from shared.contracts.cards import Basics, BasicsRevised, CustomerRegistered, Provenance
from shared.contracts.event import Event
from tests.unit.cards.test_parts import ASKER, CUSTOMER, FORM, LOOKER, PAID, REQUESTED, SHANGHAI, TASK, on, power, purchases
from tests.unit.cards.test_parts import verified as looked

NOTHING = parts_of([], SHANGHAI)
BOUGHT = LedgerFigures({"CNY": Decimal(800)}, {})


def business(stated: BusinessStatus, provenance: Provenance = FORM) -> Event:
    return said(CUSTOMER, StatePart(stated, (), provenance, ASKER))


def held_against(event: Event, parts: Parts = NOTHING, ledger: LedgerFigures | None = None) -> list[Event]:
    return examined(event, Evidence(CUSTOMER, parts, ledger, date(2026, 3, 6), UUID(int=9)))


def test_what_contradicts_the_ledger_waits_and_the_rest_is_said() -> None:
    left, task = held_against(business(BusinessStatus(annual_purchases=purchases("1500"), share_with_us=35)), ledger=BOUGHT)
    assert isinstance(left, BusinessStatusRevised)
    assert left.stated == BusinessStatus(share_with_us=35)
    assert isinstance(task, VerificationRequested)
    assert (task.field, task.stated, task.known, task.known_from, task.currency) == (
        "business.annual_purchases",
        Decimal(1500),
        Decimal(800),
        "LEDGER",
        "CNY",
    )
    assert (task.provenance, task.decided_by) == (FORM, ASKER)


def test_nothing_is_said_where_every_figure_waits() -> None:
    events = held_against(business(BusinessStatus(annual_purchases=purchases("1500"))), ledger=BOUGHT)
    assert [type(event) for event in events] == [VerificationRequested]


def test_only_questionnaires_are_doubted() -> None:
    for source in (PAID, Provenance(source="SALESPERSON"), Provenance(source="OFFICE"), Provenance(source="SYSTEM")):
        event = business(BusinessStatus(annual_purchases=purchases("1500")), source)
        assert held_against(event, ledger=BOUGHT) == [event]


def test_other_currencies_say_nothing_about_a_figure() -> None:
    event = business(BusinessStatus(annual_purchases=purchases("1500")))
    assert held_against(event, ledger=LedgerFigures({"JPY": Decimal(800)}, {})) == [event]


def test_a_customer_who_stopped_buying_cannot_claim_to_buy() -> None:
    events = held_against(
        business(BusinessStatus(annual_purchases=purchases("1"))), ledger=LedgerFigures({"CNY": Decimal(0)}, {})
    )
    assert [type(event) for event in events] == [VerificationRequested]


def test_days_late_are_believed_where_one_currency_bears_them_out() -> None:
    event = said(CUSTOMER, StatePart(TradeStatus(days_late=5), (), FORM, ASKER))
    known = {"CNY": Decimal(40), "JPY": Decimal(7)}
    assert held_against(event, ledger=LedgerFigures({}, known)) == [event]
    [task] = held_against(event, ledger=LedgerFigures({}, {"CNY": Decimal(40), "JPY": Decimal(30)}))
    assert isinstance(task, VerificationRequested)
    assert task.known == Decimal(30)


def test_an_agency_is_the_witness_of_every_figure() -> None:
    reported = parts_of(on((1, power(2, PAID))), SHANGHAI)
    assert [type(one) for one in held_against(power(4, FORM), reported)] == [VerificationRequested]
    assert held_against(power(3, FORM), reported) == [power(3, FORM)]


def test_an_old_report_is_no_witness() -> None:
    old = Provenance(source="AGENCY", agency="Harbour Credit", observed_on=date(2024, 3, 3))
    older = Provenance(source="AGENCY", agency="Harbour Credit", observed_on=date(2024, 3, 2))
    asked = Provenance(source="QUESTIONNAIRE", observed_on=date(2026, 3, 4))
    assert [type(one) for one in held_against(power(5, asked), parts_of(on((1, power(1, old))), SHANGHAI))] == [
        VerificationRequested
    ]
    assert held_against(power(5, asked), parts_of(on((1, power(1, older))), SHANGHAI)) == [power(5, asked)]


def test_years_of_sales_are_held_against_reports_one_by_one() -> None:
    def results(*sales: tuple[int, str]) -> BusinessStatus:
        return BusinessStatus(sales_results=tuple(YearSales(year=year, sales=purchases(amount)) for year, amount in sales))

    reported = parts_of(on((1, business(results((2024, "9"), (2025, "10")), PAID))), SHANGHAI)
    left, task = held_against(business(results((2024, "9"), (2025, "20"), (2026, "1"))), reported)
    assert isinstance(left, BusinessStatusRevised)
    assert left.stated == results((2024, "9"), (2026, "1"))
    assert isinstance(task, VerificationRequested)
    assert task.field == "business.sales_results.2025"


def test_assets_of_basics_wait_and_what_stood_is_kept() -> None:
    first = CustomerRegistered(
        customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus", assets=purchases("100")), provenance=PAID
    )
    reported = parts_of(on((1, first)), SHANGHAI)
    told = Basics(kind="COMPANY", name="Lotus Group", assets=purchases("900"))
    left, task = held_against(BasicsRevised(customer_id=CUSTOMER, basics=told, provenance=FORM), reported)
    assert isinstance(left, BasicsRevised)
    assert (left.basics.name, left.basics.assets, left.kept) == ("Lotus Group", purchases("100"), ("assets",))
    assert isinstance(task, VerificationRequested)
    assert task.field == "basics.assets"


def test_a_withdrawal_is_said_also_where_the_figure_waits() -> None:
    saying = StatePart(BusinessStatus(annual_purchases=purchases("1500")), ("attitude",), FORM, ASKER)
    left, _ = held_against(said(CUSTOMER, saying), ledger=BOUGHT)
    assert isinstance(left, BusinessStatusRevised)
    assert (left.stated, left.withdrawn) == (BusinessStatus(), ("attitude",))


@pytest.mark.parametrize(
    "field, stated, known, far",
    [
        ("business.annual_purchases", "1000", "800", False),
        ("business.annual_purchases", "1000.01", "800", True),
        ("business.annual_purchases", "600", "800", False),
        ("business.annual_purchases", "599.99", "800", True),
        ("business.annual_purchases", "-600", "-800", False),
        ("characteristics.sales_power", "5", "4", False),
        ("characteristics.sales_power", "5", "3", True),
        ("trade.days_late", "8", "3", False),
        ("trade.days_late", "9", "3", True),
        ("trade.days_late", "50", "40", False),
        ("trade.days_late", "51", "40", True),
        ("business.share_with_us", "50", "40", False),
        ("business.share_with_us", "51", "40", True),
    ],
)
def test_how_far_is_far(field: str, stated: str, known: str, far: bool) -> None:
    assert is_far(field, Decimal(stated), Decimal(known)) is far


def look(field: str | None = None, task: UUID | None = None, person: UUID = LOOKER) -> VerifyField:
    return VerifyField(field, task, "CONFIRMED", date(2026, 3, 20), person)


def test_another_verifies_what_stands() -> None:
    parts = parts_of(on((1, power(4))), SHANGHAI)
    event = verified(parts, CUSTOMER, look("characteristics.sales_power"))
    assert isinstance(event, FieldVerified)
    assert (event.field, event.task_id, event.decided_by) == ("characteristics.sales_power", None, LOOKER)
    with pytest.raises(VerifierEnteredIt):
        verified(parts, CUSTOMER, look("characteristics.sales_power", person=ASKER))


def test_a_task_is_settled_once_by_another() -> None:
    waiting = on((5, REQUESTED), (5, looked("business.annual_purchases", "REFUTED", TASK)))
    event = verified(parts_of(waiting[:1], SHANGHAI), CUSTOMER, look(task=TASK))
    assert isinstance(event, FieldVerified)
    assert (event.field, event.task_id) == ("business.annual_purchases", TASK)
    with pytest.raises(VerifierEnteredIt):
        verified(parts_of(waiting[:1], SHANGHAI), CUSTOMER, look(task=TASK, person=ASKER))
    with pytest.raises(TaskSettled):
        verified(parts_of(waiting, SHANGHAI), CUSTOMER, look(task=TASK))
    with pytest.raises(TaskUnknown):
        verified(NOTHING, CUSTOMER, look(task=TASK))


def test_nothing_is_verified_where_nothing_stands() -> None:
    gone = CharacteristicsRevised(customer_id=CUSTOMER, provenance=FORM, withdrawn=("sales_power",))
    for history in (on(), on((1, power(4)), (2, gone))):
        with pytest.raises(NothingToVerify):
            verified(parts_of(history, SHANGHAI), CUSTOMER, look("characteristics.sales_power"))


def test_who_entered_before_that_was_kept_stands_in_nobodys_way() -> None:
    unsigned = CharacteristicsRevised(customer_id=CUSTOMER, provenance=FORM, stated=Characteristics(sales_power=4))
    assert verified(parts_of(on((1, unsigned)), SHANGHAI), CUSTOMER, look("characteristics.sales_power"))


def test_nothing_is_done_about_a_need_that_nobody_has() -> None:
    with pytest.raises(NeedUnknown):
        acted(NOTHING, CUSTOMER, ActOnNeed(TASK, "sealed:a", date(2026, 3, 9), True, ASKER))


def test_a_revision_of_each_part_is_an_event_of_its_own() -> None:
    stated = (Characteristics(staff=3), BusinessStatus(share_with_us=3), TradeStatus(reputation=3))
    events = [said(CUSTOMER, StatePart(one, (), FORM, ASKER)) for one in stated]
    assert [type(event) for event in events] == [CharacteristicsRevised, BusinessStatusRevised, TradeStatusRevised]


@pytest.mark.parametrize(
    ("day", "before"),
    [
        (date(2026, 3, 31), date(2025, 3, 31)),
        (date(2026, 3, 1), date(2025, 3, 1)),
        (date(2024, 2, 29), date(2023, 2, 28)),
        (date(2025, 2, 28), date(2024, 2, 28)),
    ],
)
def test_twelve_months_end_on_the_same_day_of_the_year_before(day: date, before: date) -> None:
    assert year_before(day) == before
