"""The sales organisation: what it is, and what is changed about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any

from services.cards.domain.organisation import STREAM, DefineArea, Organisation, OrganisationCommand, decide, evolve
from services.cards.handlers.company import Act, carry_out
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import start_of_day
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.topics import CARDS_EVENTS
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def organisation(deps: Deps) -> tuple[Organisation, int]:
    """The whole of it, always fresh, with its version."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, STREAM)
    return _state_of(loaded.events), loaded.version


async def change(
    deps: Deps, command: OrganisationCommand, key: CommandKey, meta: Mapping[str, str], expected: int | None
) -> Answer:
    """Carry out a command. Raises Problem as `company.carry_out` does."""

    def body(_events: Sequence[Event]) -> Mapping[str, Any]:
        return {"area_id": command.area_id}

    day: date | None = None if isinstance(command, DefineArea) else command.on
    act = Act(
        STREAM,
        CARDS_EVENTS,
        lambda loaded: decide(_state_of(loaded.events), command),
        body,
        None if day is None else start_of_day(day, deps.zone),
    )
    return await carry_out(deps, act, key, meta, expected)


def _state_of(envelopes: Iterable[Envelope]) -> Organisation:
    start: Organisation = {}
    return reduce(evolve, (envelope.event for envelope in envelopes), start)
