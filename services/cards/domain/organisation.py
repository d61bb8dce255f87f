"""The sales organisation: areas within areas, who leads each, who keeps its cards, who sells there. Pure.

It is one small whole, since no area may lie within itself. Persons are the company's own ids of them. Who is what holds from
a business day until the next statement about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from services.cards.domain.refusals import AreaCycle, AreaUnknown, NotInArea
from services.cards.domain.said import Said
from shared.contracts.event import Event
from shared.contracts.organisation import AreaDefined, CustodianAppointed, SalespersonJoined, SalespersonLeft, SuperiorNamed

STREAM = "organisation-company"
NEVER_SAID: Said[str] = Said()


@dataclass(frozen=True, slots=True)
class Membership:
    """Whether somebody sells in an area. `principal` acts for that person at the API."""

    there: bool
    principal: UUID | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """`salespeople` are all who have ever been there."""

    area_id: str
    name: str
    parent_id: str | None
    superior: Said[str] = NEVER_SAID
    custodian: Said[str] = NEVER_SAID
    salespeople: Mapping[str, Said[Membership]] = field(default_factory=dict)

    def selling_on(self, day: date) -> list[str]:
        """Who sells here on a day, by id."""
        found = {person: said.on(day) for person, said in self.salespeople.items()}
        return sorted(person for person, membership in found.items() if membership is not None and membership.there)


Organisation = Mapping[str, Area]
"""Areas by their ids."""


@dataclass(frozen=True, slots=True)
class DefineArea:
    area_id: str
    name: str
    parent_id: str | None
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class NameSuperior:
    area_id: str
    person: str
    on: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class AppointCustodian:
    area_id: str
    person: str
    on: date
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class JoinArea:
    area_id: str
    person: str
    on: date
    principal: UUID | None
    decided_by: UUID


@dataclass(frozen=True, slots=True)
class LeaveArea:
    area_id: str
    person: str
    on: date
    decided_by: UUID


OrganisationCommand = DefineArea | NameSuperior | AppointCustodian | JoinArea | LeaveArea


def decide(state: Organisation, command: OrganisationCommand) -> list[Event]:
    """What follows; nothing when it is no news. Raises a CardRefused."""
    if isinstance(command, DefineArea):
        return _defined(state, command)
    area = state.get(command.area_id)
    if area is None:
        raise AreaUnknown
    match command:
        case NameSuperior() if area.superior.on(command.on) != command.person:
            return [
                SuperiorNamed(area_id=area.area_id, superior_id=command.person, since=command.on, decided_by=command.decided_by)
            ]
        case AppointCustodian() if area.custodian.on(command.on) != command.person:
            return [
                CustodianAppointed(
                    area_id=area.area_id, custodian_id=command.person, since=command.on, decided_by=command.decided_by
                )
            ]
        case JoinArea():
            return _joined(area, command)
        case LeaveArea():
            if command.person not in area.selling_on(command.on):
                raise NotInArea
            return [
                SalespersonLeft(
                    area_id=area.area_id, salesperson_id=command.person, until=command.on, decided_by=command.decided_by
                )
            ]
    return []


def _defined(state: Organisation, command: DefineArea) -> list[Event]:
    above = command.parent_id
    while above is not None:
        if above == command.area_id:
            raise AreaCycle
        if above not in state:
            raise AreaUnknown
        above = state[above].parent_id
    known = state.get(command.area_id)
    if known is not None and (known.name, known.parent_id) == (command.name, command.parent_id):
        return []
    return [AreaDefined(area_id=command.area_id, name=command.name, parent_id=command.parent_id, decided_by=command.decided_by)]


def _joined(area: Area, command: JoinArea) -> list[Event]:
    now = area.salespeople.get(command.person, Said()).on(command.on)
    if now == Membership(True, command.principal):
        return []
    return [
        SalespersonJoined(
            area_id=area.area_id,
            salesperson_id=command.person,
            since=command.on,
            principal=command.principal,
            decided_by=command.decided_by,
        )
    ]


def evolve(state: Organisation, event: Event) -> Organisation:
    """The organisation after the event."""
    match event:
        case AreaDefined():
            known = state.get(event.area_id, Area(event.area_id, event.name, event.parent_id))
            return {**state, event.area_id: replace(known, name=event.name, parent_id=event.parent_id)}
        case SuperiorNamed():
            area = state[event.area_id]
            return {**state, area.area_id: replace(area, superior=area.superior.also(event.since, event.superior_id))}
        case CustodianAppointed():
            area = state[event.area_id]
            return {**state, area.area_id: replace(area, custodian=area.custodian.also(event.since, event.custodian_id))}
        case SalespersonJoined():
            return _with_member(state, event.area_id, event.salesperson_id, event.since, Membership(True, event.principal))
        case SalespersonLeft():
            return _with_member(state, event.area_id, event.salesperson_id, event.until, Membership(False))
    return state


def _with_member(state: Organisation, area_id: str, person: str, day: date, membership: Membership) -> Organisation:
    area = state[area_id]
    said = area.salespeople.get(person, Said()).also(day, membership)
    return {**state, area_id: replace(area, salespeople={**area.salespeople, person: said})}


def outer_first(state: Organisation) -> Iterator[Area]:
    """All areas by id, larger ones before those within them."""
    within: dict[str | None, list[str]] = {}
    for area_id in sorted(state, reverse=True):
        within.setdefault(state[area_id].parent_id, []).append(area_id)
    waiting = within.get(None, [])
    while waiting:
        area = state[waiting.pop()]
        yield area
        waiting += within.get(area.area_id, [])


def superior_over(state: Organisation, area_id: str | None, day: date) -> str | None:
    """Who leads an area on a day: its own superior, else that of the next larger area which has one."""
    return _upwards(state, area_id, lambda area: area.superior.on(day))


def custodian_over(state: Organisation, area_id: str | None, day: date) -> str | None:
    """Who keeps the cards of an area on a day: its own custodian, else that of the next larger area which has one."""
    return _upwards(state, area_id, lambda area: area.custodian.on(day))


def _upwards(state: Organisation, area_id: str | None, of: Callable[[Area], str | None]) -> str | None:
    while area_id is not None and area_id in state:
        found = of(state[area_id])
        if found is not None:
            return found
        area_id = state[area_id].parent_id
    return None
