"""The sales organisation and the conditions of admission: what may follow, and who is what on which day."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from itertools import permutations
from uuid import UUID

import pytest

from services.cards.domain import admission, refusals
from services.cards.domain.organisation import (
    AppointCustodian,
    Area,
    DefineArea,
    JoinArea,
    LeaveArea,
    NameSuperior,
    Organisation,
    custodian_over,
    decide,
    evolve,
    outer_first,
    superior_over,
)
from services.cards.domain.said import Said
from shared.contracts.event import Event
from shared.contracts.organisation import AreaDefined, CustodianAppointed, SalespersonJoined, SalespersonLeft, SuperiorNamed
from shared.contracts.relations import AdmissionCondition, AdmissionStandardPublished

PERSON, AGENT = UUID(int=1), UUID(int=2)
MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
CHINA = AreaDefined(area_id="CHINA", name="China", decided_by=PERSON)
EAST = AreaDefined(area_id="EAST", name="East", parent_id="CHINA", decided_by=PERSON)


def given(*events: Event) -> Organisation:
    start: Organisation = {}
    return reduce(evolve, events, start)


def superior(area_id: str, who: str, since: date) -> SuperiorNamed:
    return SuperiorNamed(area_id=area_id, superior_id=who, since=since, decided_by=PERSON)


def custodian(area_id: str, who: str, since: date) -> CustodianAppointed:
    return CustodianAppointed(area_id=area_id, custodian_id=who, since=since, decided_by=PERSON)


def joined(area_id: str, since: date) -> SalespersonJoined:
    return SalespersonJoined(area_id=area_id, salesperson_id="E-44", since=since, principal=AGENT, decided_by=PERSON)


def left(area_id: str, until: date) -> SalespersonLeft:
    return SalespersonLeft(area_id=area_id, salesperson_id="E-44", until=until, decided_by=PERSON)


def test_areas_lie_within_areas_that_are_there() -> None:
    assert decide(given(CHINA), DefineArea("EAST", "East", "CHINA", PERSON)) == [EAST]
    with pytest.raises(refusals.AreaUnknown):
        decide(given(), DefineArea("EAST", "East", "CHINA", PERSON))


def test_no_area_lies_within_itself() -> None:
    for parent in ("CHINA", "EAST"):
        with pytest.raises(refusals.AreaCycle):
            decide(given(CHINA, EAST), DefineArea("CHINA", "China", parent, PERSON))


def test_what_is_so_already_is_no_news() -> None:
    state = given(CHINA, superior("CHINA", "E-01", MARCH), custodian("CHINA", "E-12", MARCH), joined("CHINA", MARCH))
    assert decide(state, DefineArea("CHINA", "China", None, PERSON)) == []
    assert decide(state, NameSuperior("CHINA", "E-01", APRIL, PERSON)) == []
    assert decide(state, AppointCustodian("CHINA", "E-12", APRIL, PERSON)) == []
    assert decide(state, JoinArea("CHINA", "E-44", APRIL, AGENT, PERSON)) == []


def test_a_new_name_keeps_who_leads_the_area() -> None:
    state = given(CHINA, superior("CHINA", "E-01", MARCH), AreaDefined(area_id="CHINA", name="PRC", decided_by=PERSON))
    assert (state["CHINA"].name, superior_over(state, "CHINA", MAY)) == ("PRC", "E-01")


def test_the_next_larger_area_answers_where_this_one_has_nobody() -> None:
    state = given(CHINA, EAST, superior("CHINA", "E-01", MARCH), custodian("CHINA", "E-12", MARCH), superior("EAST", "E-07", MAY))
    assert [superior_over(state, "EAST", day) for day in (MARCH - timedelta(days=1), APRIL, MAY)] == [None, "E-01", "E-07"]
    assert custodian_over(state, "EAST", MAY) == "E-12"
    assert superior_over(state, None, MAY) is None
    assert superior_over(state, "NEVER_DEFINED", MAY) is None


def test_who_leads_on_a_day_does_not_depend_on_the_order_of_telling() -> None:
    told = [superior("CHINA", "E-01", MARCH), superior("CHINA", "E-02", APRIL), joined("CHINA", MARCH), left("CHINA", MAY)]
    states = [given(CHINA, *order) for order in permutations(told)]
    assert {superior_over(state, "CHINA", APRIL) for state in states} == {"E-02"}
    assert {tuple(state["CHINA"].selling_on(day)) for state in states for day in (MARCH, APRIL)} == {("E-44",)}
    assert {tuple(state["CHINA"].selling_on(MAY)) for state in states} == {()}


def test_who_sells_there_may_leave_and_nobody_else() -> None:
    state = given(CHINA, joined("CHINA", MARCH))
    assert decide(state, LeaveArea("CHINA", "E-44", MAY, PERSON)) == [left("CHINA", MAY)]
    for person, day in (("E-45", MAY), ("E-44", MARCH - timedelta(days=1))):
        with pytest.raises(refusals.NotInArea):
            decide(state, LeaveArea("CHINA", person, day, PERSON))


@pytest.mark.parametrize(
    "command",
    [
        NameSuperior("WEST", "E-1", MARCH, PERSON),
        AppointCustodian("WEST", "E-1", MARCH, PERSON),
        JoinArea("WEST", "E-1", MARCH, None, PERSON),
        LeaveArea("WEST", "E-1", MARCH, PERSON),
    ],
)
def test_an_area_has_to_be_there(command: NameSuperior | AppointCustodian | JoinArea | LeaveArea) -> None:
    with pytest.raises(refusals.AreaUnknown):
        decide(given(CHINA), command)


def test_a_standard_is_published_in_versions() -> None:
    licence, shop = AdmissionCondition(code="LICENCE", text="A licence"), AdmissionCondition(code="SHOP", text="A shop")
    first = AdmissionStandardPublished(version=1, conditions=(licence,), decided_by=PERSON)
    assert admission.decide(None, admission.PublishStandard([licence], PERSON)) == [first]
    assert admission.decide(first, admission.PublishStandard([licence], PERSON)) == []
    [second] = admission.decide(first, admission.PublishStandard([licence, shop], PERSON))
    assert admission.newest([first, second]) == second
    with pytest.raises(refusals.ConditionTwice) as refused:
        admission.decide(None, admission.PublishStandard([licence, shop, licence], PERSON))
    assert refused.value.codes == ("LICENCE",)


def test_what_was_said_holds_until_something_else_is_said() -> None:
    said: Said[str] = Said()
    said = said.also(APRIL, "b").also(MARCH, "a").also(APRIL, "c")
    assert [said.on(day) for day in (MARCH - timedelta(days=1), MARCH, APRIL, MAY)] == [None, "a", "c", "c"]
    assert (said.newest, said.since(MAY), said.since(date(2026, 2, 1))) == ("c", APRIL, None)
    assert said.days_after(MARCH) == [APRIL]


def test_larger_areas_come_before_those_within_them_however_deep_they_lie() -> None:
    chain = {f"{n:04}": Area(f"{n:04}", "x", f"{n + 1:04}" if n < 2999 else None) for n in range(3000)}
    beside = {"B": Area("B", "x", None), "B1": Area("B1", "x", "B"), "B2": Area("B2", "x", "B")}
    found = [area.area_id for area in outer_first({**chain, **beside})]
    assert found == [*(f"{n:04}" for n in reversed(range(3000))), "B", "B1", "B2"]
