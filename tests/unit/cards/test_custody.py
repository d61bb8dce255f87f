"""Custody: given visits and where the card is, when somebody wants it, then it goes out, comes back, or stays."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from services.cards.domain import refusals
from services.cards.domain.custody import (
    CancelVisit,
    CheckOut,
    CustodyCommand,
    PlanVisit,
    ReturnCard,
    TellOverdue,
    custody_of,
    decide,
)
from services.cards.read_models.visits import VISITS, VisitRow
from shared.contracts.event import Event
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue, VisitCancelled, VisitPlanned
from tests.unit.cards.telling import CUSTOMER, told

VISIT, OTHER, WHO = UUID(int=21), UUID(int=22), UUID(int=23)
TODAY = date(2026, 7, 1)
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)


def planned(day: date = TODAY, person: str = "wang", visit: UUID = VISIT) -> VisitPlanned:
    return VisitPlanned(visit_id=visit, customer_id=CUSTOMER, salesperson_id=person, planned_on=day, decided_by=WHO)


def out(day: date = TODAY) -> CardCheckedOut:
    return CardCheckedOut(visit_id=VISIT, customer_id=CUSTOMER, salesperson_id="wang", due_on=day, decided_by=WHO)


def back(due: date = TODAY, on: date = TODAY) -> CardReturned:
    return CardReturned(visit_id=VISIT, customer_id=CUSTOMER, salesperson_id="wang", due_on=due, returned_on=on, decided_by=WHO)


OVERDUE = CardReturnOverdue(visit_id=VISIT, customer_id=CUSTOMER, salesperson_id="wang", due_on=TODAY)
CANCELLED = VisitCancelled(visit_id=VISIT, customer_id=CUSTOMER, salesperson_id="wang", planned_on=TODAY, decided_by=WHO)
TAKE = CheckOut("wang", TODAY, WHO)


def then(command: CustodyCommand, *given: Event, served_by: str | None = "wang") -> list[Event]:
    return decide(custody_of(given), command, CUSTOMER, served_by)


def test_a_card_goes_out_for_a_visit_of_the_day_and_comes_back() -> None:
    assert then(PlanVisit(VISIT, "wang", TODAY, TODAY, WHO)) == [planned()]
    assert then(TAKE, planned()) == [out()]
    assert then(ReturnCard("wang", TODAY, WHO), planned(), out()) == [back()]
    # Once more on the same day.
    assert then(TAKE, planned(), out(), back()) == [out()]


@pytest.mark.parametrize(
    "given", [(), (planned(TOMORROW),), (planned(YESTERDAY),), (planned(person="li"),), (planned(), CANCELLED)]
)
def test_without_a_visit_of_that_person_today_it_stays(given: tuple[Event, ...]) -> None:
    with pytest.raises(refusals.NoVisitToday):
        then(TAKE, *given)


@pytest.mark.parametrize("served_by", ["li", None])
def test_it_goes_out_with_nobody_who_does_not_serve_the_customer(served_by: str | None) -> None:
    with pytest.raises(refusals.NotTheirCustomer):
        then(TAKE, planned(), served_by=served_by)


def test_it_is_with_one_person_at_a_time() -> None:
    with pytest.raises(refusals.CardIsOut):
        then(TAKE, planned(), out())
    with pytest.raises(refusals.CardIsIn):
        then(ReturnCard(None, TODAY, WHO), planned())
    with pytest.raises(refusals.CardHeldByAnother):
        then(ReturnCard("li", TODAY, WHO), planned(), out())
    assert then(ReturnCard(None, TODAY, WHO), planned(), out()) == [back()]


def test_visits_are_planned_once_and_not_for_the_past() -> None:
    with pytest.raises(refusals.VisitInPast):
        then(PlanVisit(OTHER, "wang", YESTERDAY, TODAY, WHO))
    with pytest.raises(refusals.VisitAlreadyPlanned):
        then(PlanVisit(OTHER, "wang", TODAY, TODAY, WHO), planned())
    assert then(PlanVisit(OTHER, "li", TODAY, TODAY, WHO), planned()) == [planned(person="li", visit=OTHER)]
    assert then(PlanVisit(OTHER, "wang", TODAY, TODAY, WHO), planned(), CANCELLED) == [planned(visit=OTHER)]
    assert then(CancelVisit(VISIT, WHO), planned()) == [CANCELLED]
    with pytest.raises(refusals.VisitUnknown):
        then(CancelVisit(OTHER, WHO), planned())
    with pytest.raises(refusals.CardIsOut):
        then(CancelVisit(VISIT, WHO), planned(), out())


def test_a_card_that_is_not_back_by_the_end_of_its_day_is_told_of_once() -> None:
    assert then(TellOverdue(TODAY), planned(), out()) == []
    assert then(TellOverdue(TOMORROW), planned(), out()) == [OVERDUE]
    assert then(TellOverdue(TOMORROW), planned(), out(), OVERDUE) == []
    assert then(TellOverdue(TOMORROW), planned(), out(), back()) == []
    assert then(ReturnCard("wang", TOMORROW, WHO), planned(), out(), OVERDUE) == [back(on=TOMORROW)]


def test_the_row_of_a_visit_says_where_its_card_is() -> None:
    def card(*events: Event) -> VisitRow:
        row = None
        for envelope in told(events):
            row = VISITS.evolve(row, envelope)
        assert row is not None
        return row

    assert (card(planned()).card, card(planned(), out()).card) == (None, "OUT")
    assert card(planned(), out(), OVERDUE).card == "OVERDUE"
    returned = card(planned(), out(), OVERDUE, back(on=TOMORROW))
    assert returned.card == "RETURNED" and returned.out_at is not None and returned.back_at is not None
    again = card(planned(), out(), back(), out())
    assert (again.card, again.back_at) == ("OUT", None)
    assert card(planned(), CANCELLED).cancelled
