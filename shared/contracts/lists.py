"""Events of the service cards about lists of customers that somebody keeps: what is asked for, not who is on them."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from shared.contracts.event import Event, registered


@registered
class ListSaved(Event, frozen=True, kw_only=True, omit_defaults=True):
    """A list, first kept or changed. `where` are conditions such as `area_id=EAST`, `owner` a principal; others see it if `shared`."""

    type: ClassVar[str] = "regulars.cards.list-saved.v1"
    list_id: UUID
    name: str
    where: tuple[str, ...] = ()
    sort: str = "name"
    shared: bool = False
    owner: UUID


@registered
class ListDropped(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = "regulars.cards.list-dropped.v1"
    list_id: UUID
    decided_by: UUID | None = None
