"""Saving lists of customers, and reading one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import reduce
from uuid import UUID

from services.cards.domain.refusals import ListUnknown
from services.cards.domain.saved_list import DropList, SavedList, SaveList, decide, evolve, list_stream, readable
from services.cards.handlers.company import Act, carry_out
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from shared.contracts.envelope import Envelope
from shared.contracts.lists import ListSaved
from shared.contracts.topics import CARDS_EVENTS
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def saved_list(deps: Deps, list_id: UUID, reader: UUID) -> tuple[ListSaved, int]:
    """A list that the reader may see, always fresh, with its version. Raises Problem: LIST_UNKNOWN."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, list_stream(list_id))
    try:
        return readable(_state_of(loaded.events), reader), loaded.version
    except ListUnknown as refusal:
        raise refused(refusal) from None


async def keep(
    deps: Deps, command: SaveList | DropList, key: CommandKey, meta: Mapping[str, str], expected: int | None
) -> Answer:
    """Carry out a command. Raises Problem as `company.carry_out` does."""
    act = Act(
        list_stream(command.list_id),
        CARDS_EVENTS,
        lambda loaded: decide(_state_of(loaded.events), command),
        lambda _events: {"list_id": str(command.list_id)},
    )
    answer = await carry_out(deps, act, key, meta, expected)
    if isinstance(command, SaveList) and command.new and answer.status == 200:
        return replace(answer, status=201, location=f"/v1/lists/{command.list_id}")
    return answer


def _state_of(envelopes: Iterable[Envelope]) -> SavedList:
    start: SavedList = None
    return reduce(evolve, (envelope.event for envelope in envelopes), start)
