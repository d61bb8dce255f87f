"""The list knows of a card's parts what the card knows, whatever was said in which order about which day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.cards.domain.parts import parts_of
from services.cards.read_models.customer_parts import FIGURES, plain
from services.cards.read_models.customer_row import Customer, figures_in
from services.cards.read_models.customers import evolve
from shared.contracts.card_parts import (
    BusinessStatus,
    BusinessStatusRevised,
    Characteristics,
    CharacteristicsRevised,
    FieldVerified,
    TradeStatus,
    TradeStatusRevised,
    VerificationRequested,
)
from shared.contracts.cards import (
    Basics,
    BasicsRevised,
    CustomerRegistered,
    Marks,
    MarksAssigned,
    Provenance,
    SalespersonAssigned,
)
from shared.contracts.event import Event
from shared.contracts.money import Money
from tests.unit.cards.telling import CUSTOMER, on_days

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 3, 1)
VISIT = Provenance(source="SALESPERSON")
Said = list[tuple[Event, date, date]]


def row_of(said: Said) -> Customer:
    row: Customer | None = None
    for envelope in on_days(said, ZONE):
        row = evolve(row, envelope)
    assert row is not None
    return row


def money(dice: Random) -> Money | None:
    return None if dice.random() < 0.3 else Money(Decimal(dice.randrange(1, 99)) * 1000, dice.choice(["CNY", "JPY"]))


def anything(dice: Random, tasks: list[UUID]) -> Event:
    """Something that may be said about a card."""
    grade = dice.choice([None, 1, 3, 5])
    match dice.randrange(7):
        case 0:
            stated = Characteristics(potential=grade, annual_sales=money(dice), service_area=dice.choice([None, "East"]))
            withdrawn = ("potential",) if grade is None and dice.random() < 0.5 else ()
            return CharacteristicsRevised(customer_id=CUSTOMER, stated=stated, withdrawn=withdrawn, provenance=VISIT)
        case 1:
            business = BusinessStatus(annual_purchases=money(dice), attitude=dice.choice([None, "NEUTRAL"]), staff_quality=grade)
            return BusinessStatusRevised(customer_id=CUSTOMER, stated=business, provenance=VISIT)
        case 2:
            trade = TradeStatus(reputation=grade, days_late=dice.choice([None, 4, 9]))
            return TradeStatusRevised(customer_id=CUSTOMER, stated=trade, withdrawn=("credit_status",), provenance=VISIT)
        case 3:
            basics = Basics(kind="COMPANY", name="Lotus", assets=money(dice))
            return BasicsRevised(customer_id=CUSTOMER, basics=basics, kept=("assets",) if dice.random() < 0.4 else ())
        case 4:
            tasks.append(UUID(int=dice.getrandbits(100)))
            field, currency = dice.choice([("business.annual_purchases", "CNY"), ("characteristics.potential", None)])
            return VerificationRequested(
                customer_id=CUSTOMER,
                task_id=tasks[-1],
                field=field,
                stated=Decimal(dice.randrange(1, 6)),
                known=Decimal(2),
                known_from="AGENCY",
                currency=currency,
                provenance=VISIT,
            )
        case 5 if tasks:
            outcome: Any = dice.choice(["CONFIRMED", "REFUTED"])
            task = tasks.pop(dice.randrange(len(tasks)))
            return FieldVerified(
                customer_id=CUSTOMER, field="characteristics.potential", outcome=outcome, verified_on=FIRST, task_id=task
            )
    return MarksAssigned(customer_id=CUSTOMER, marks=Marks(shop_kind="CHAIN"))


@pytest.mark.parametrize("seed", range(150))
def test_figures_are_those_of_the_card(seed: int) -> None:
    dice = Random(seed)
    today, tasks = FIRST, list[UUID]()
    registered = CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus", assets=money(dice)))
    said: Said = [(registered, today, today)]
    for _ in range(dice.randrange(1, 25)):
        today += timedelta(days=dice.randrange(3))
        event = anything(dice, tasks)
        holds_from = today if isinstance(event, FieldVerified) else today - timedelta(days=dice.randrange(6))
        said.append((event, holds_from, today))
    known = {name: statement.value for name, statement in parts_of(on_days(said, ZONE), ZONE).known()}
    wanted = {name: plain(value) for name, value in known.items() if name in FIGURES}
    assert figures_in(row_of(said).figures) == wanted


def test_what_holds_from_a_later_day_is_not_overwritten_by_what_is_said_later_of_an_earlier_one() -> None:
    march, april, may = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
    row = row_of(
        [
            (CustomerRegistered(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus")), march, march),
            (BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus Group", place="Wuxi")), may, may),
            (BasicsRevised(customer_id=CUSTOMER, basics=Basics(kind="COMPANY", name="Lotus Ltd")), april, may),
            (MarksAssigned(customer_id=CUSTOMER, marks=Marks(ownership="STATE", location="CENTRE")), may, may),
            (MarksAssigned(customer_id=CUSTOMER, marks=Marks(ownership="PRIVATE")), april, may),
            (SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="li"), april, april),
            (SalespersonAssigned(customer_id=CUSTOMER, salesperson_id="wang"), april, may),
        ]
    )
    assert (row.name, row.name_key, row.place) == ("Lotus Group", "lotus", "Wuxi")
    assert (row.ownership, row.location, row.salesperson_id) == ("STATE", "CENTRE", "wang")
