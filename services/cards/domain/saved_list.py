"""Lists of customers that somebody keeps: what is asked for, under a name. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.cards.domain.refusals import ListOfAnother, ListUnknown
from shared.contracts.event import Event
from shared.contracts.lists import ListDropped, ListSaved

SavedList = ListSaved | None
"""The list as it was saved last; None where there is none, or none any more."""


@dataclass(frozen=True, slots=True)
class SaveList:
    """`new`: the list is made; else it is there."""

    list_id: UUID
    name: str
    where: tuple[str, ...]
    sort: str
    shared: bool
    saved_by: UUID
    new: bool


@dataclass(frozen=True, slots=True)
class DropList:
    list_id: UUID
    dropped_by: UUID


def list_stream(list_id: UUID) -> str:
    return f"list-{list_id}"


def evolve(state: SavedList, event: Event) -> SavedList:
    match event:
        case ListSaved():
            return event
        case ListDropped():
            return None
    return state


def readable(state: SavedList, reader: UUID) -> ListSaved:
    """The list, if this principal may see it. Raises ListUnknown."""
    if state is None or not (state.shared or state.owner == reader):
        raise ListUnknown
    return state


def decide(state: SavedList, command: SaveList | DropList) -> list[Event]:
    """What follows; nothing when it is no news. Raises ListUnknown, ListOfAnother."""
    match command:
        case SaveList(new=True):
            return [_saved(command)]
        case SaveList():
            _check_owner(readable(state, command.saved_by), command.saved_by)
            return [] if state == _saved(command) else [_saved(command)]
        case DropList():
            _check_owner(readable(state, command.dropped_by), command.dropped_by)
            return [ListDropped(list_id=command.list_id, decided_by=command.dropped_by)]


def _saved(command: SaveList) -> ListSaved:
    return ListSaved(
        list_id=command.list_id,
        name=command.name,
        where=command.where,
        sort=command.sort,
        shared=command.shared,
        owner=command.saved_by,
    )


def _check_owner(found: ListSaved, caller: UUID) -> None:
    if found.owner != caller:
        raise ListOfAnother
