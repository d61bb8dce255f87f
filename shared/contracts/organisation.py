"""Events of the service cards about the sales organisation. Persons are ids of the company's own; their names are nowhere."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event, registered


@registered
class AreaDefined(Event, frozen=True, kw_only=True, omit_defaults=True):
    """An area, first defined or defined anew. `parent_id`: the larger area that it belongs to."""

    type: ClassVar[str] = "regulars.cards.area-defined.v1"
    area_id: str
    name: str
    parent_id: str | None = None
    decided_by: UUID | None = None


@registered
class SuperiorNamed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who leads the salespeople of an area."""

    type: ClassVar[str] = "regulars.cards.superior-named.v1"
    area_id: str
    superior_id: str
    since: date
    decided_by: UUID | None = None


@registered
class CustodianAppointed(Event, frozen=True, kw_only=True, omit_defaults=True):
    """Who keeps the cards of an area and answers for them."""

    type: ClassVar[str] = "regulars.cards.custodian-appointed.v1"
    area_id: str
    custodian_id: str
    since: date
    decided_by: UUID | None = None


@registered
class SalespersonJoined(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A salesperson works in the area from this day on; `principal` is who acts for that person at the API."""

    type: ClassVar[str] = "regulars.cards.salesperson-joined.v1"
    area_id: str
    salesperson_id: str
    since: date
    principal: UUID | None = None
    decided_by: UUID | None = None


@registered
class SalespersonLeft(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.salesperson-left.v1"
    area_id: str
    salesperson_id: str
    until: date
    decided_by: UUID | None = None
