"""Lists that somebody keeps: who may see and change them."""

from __future__ import annotations

from functools import reduce
from uuid import UUID

import pytest

from services.cards.domain.refusals import ListOfAnother, ListUnknown
from services.cards.domain.saved_list import DropList, SavedList, SaveList, decide, evolve, readable
from shared.contracts.event import Event
from shared.contracts.lists import ListDropped, ListSaved

LIST, MINE, OTHER = UUID(int=1), UUID(int=8), UUID(int=9)


def saving(name: str = "East", by: UUID = MINE, shared: bool = False, new: bool = False) -> SaveList:
    return SaveList(LIST, name, ("area_id=EAST",), "name", shared, by, new)


def saved(name: str = "East", shared: bool = False) -> ListSaved:
    return ListSaved(list_id=LIST, name=name, where=("area_id=EAST",), owner=MINE, shared=shared)


def given(*events: Event) -> SavedList:
    start: SavedList = None
    return reduce(evolve, events, start)


def test_a_list_is_kept_and_changed_by_whoever_made_it() -> None:
    assert decide(given(), saving(new=True)) == [saved()]
    assert decide(given(saved()), saving("West")) == [saved("West")]
    assert decide(given(saved()), saving()) == []
    assert decide(given(saved()), DropList(LIST, MINE)) == [ListDropped(list_id=LIST, decided_by=MINE)]


def test_a_shared_list_is_seen_by_all_and_changed_by_one() -> None:
    assert readable(given(saved(shared=True)), OTHER) == saved(shared=True)
    for command in (saving("West", by=OTHER), DropList(LIST, OTHER)):
        with pytest.raises(ListOfAnother):
            decide(given(saved(shared=True)), command)


def test_what_is_not_shared_is_not_there_for_others() -> None:
    for command in (saving("West", by=OTHER), DropList(LIST, OTHER)):
        with pytest.raises(ListUnknown):
            decide(given(saved()), command)
    with pytest.raises(ListUnknown):
        readable(given(saved()), OTHER)


def test_a_dropped_list_is_gone() -> None:
    gone = given(saved(), ListDropped(list_id=LIST))
    with pytest.raises(ListUnknown):
        readable(gone, MINE)
    with pytest.raises(ListUnknown):
        decide(gone, saving("West"))
