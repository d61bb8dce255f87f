"""Visits and the cards that go with them: planned, checked out, returned, and told of when they do not come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.cards.domain.as_of import card_at
from services.cards.domain.card import living
from services.cards.domain.custody import CheckOut, Custody, CustodyCommand, PlanVisit, TellOverdue, custody_of, decide
from services.cards.domain.identity import card_stream, overdue_id, visits_stream
from services.cards.domain.refusals import CardRefused, CardUnknown
from services.cards.handlers.belongings import Deed, begin
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import part_of_customer, start_of_day
from services.cards.handlers.problems import refused
from services.cards.read_models.visits import overdue
from shared.contracts.event import Event
from shared.contracts.visits import CardCheckedOut, CardReturned, CardReturnOverdue, OfVisit, VisitCancelled, VisitPlanned
from shared.event_store.append import append_many
from shared.event_store.events import Append, Loaded, NewEvent
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem

_TRIES = 5
_STATES: Mapping[type[Event], str] = {
    VisitPlanned: "PLANNED",
    VisitCancelled: "CANCELLED",
    CardCheckedOut: "OUT",
    CardReturned: "RETURNED",
}


async def carry_out(deps: Deps, customer_id: UUID, command: CustodyCommand, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem: CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED; UNAVAILABLE when others keep being faster. A refusal is remembered."""
    for _ in range(_TRIES):
        served = await _served(deps, customer_id) if isinstance(command, CheckOut) else None
        try:
            return await begin(deps, customer_id, _deed(deps, customer_id, command, served), key, meta)
        except Problem as problem:
            if problem.code != "VERSION_STALE":
                raise
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


class _Served(NamedTuple):
    """Who serves the customer, by the card as it was at this version."""

    by: str | None
    version: int


async def _served(deps: Deps, customer_id: UUID) -> _Served:
    async with deps.pool.acquire() as c:
        card = await load(c, SCHEMA, card_stream(customer_id))
    try:
        return _Served(living(card_at(card.events, deps.zone, deps.today())).particulars.salesperson_id, card.version)
    except CardUnknown:
        raise refused(CardUnknown()) from None
    except CardRefused:
        # What else is against it, `begin` says and remembers.
        return _Served(None, card.version)


def _deed(deps: Deps, customer_id: UUID, command: CustodyCommand, served: _Served | None) -> Deed:
    def decided(loaded: Loaded) -> list[Event]:
        return decide(_state_of(loaded), command, customer_id, None if served is None else served.by)

    location = f"/v1/customers/{customer_id}/custody" if isinstance(command, PlanVisit) else None
    # Who is handed over at this moment goes out with nobody: the card has another version then.
    card = None if served is None else served.version
    return Deed(visits_stream(customer_id), None, deps.today(), decided, _body, location, card)


def _body(events: Sequence[Event]) -> Mapping[str, Any]:
    [event] = events
    if not isinstance(event, OfVisit):
        raise AssertionError(f"a visit led to {event!r}")
    return {
        "visit_id": str(event.visit_id),
        "customer_id": str(event.customer_id),
        "salesperson_id": event.salesperson_id,
        "state": _STATES[type(event)],
    }


def _state_of(loaded: Loaded) -> Custody:
    return custody_of(envelope.event for envelope in loaded.events)


async def custody(deps: Deps, customer_id: UUID) -> tuple[Loaded, Custody]:
    """Always fresh. Raises Problem CUSTOMER_UNKNOWN."""
    async with deps.pool.acquire() as c:
        card = await load(c, SCHEMA, card_stream(customer_id))
        if not card.version:
            raise refused(CardUnknown())
        loaded = await load(c, SCHEMA, visits_stream(customer_id))
    return loaded, _state_of(loaded)


async def tell_overdue(deps: Deps) -> int:
    """Record of each card that should be back that it is not; once each. How many.

    Candidates come from a list that may lag; whether it is so is decided on the stream, so that a card that has come back is not told of.
    """
    today = deps.today()
    async with deps.pool.acquire() as c:
        customers = await overdue(c, SCHEMA, today)
    told = 0
    for customer_id in customers:
        told += await _tell(deps, customer_id, TellOverdue(today))
    return told


async def _tell(deps: Deps, customer_id: UUID, command: TellOverdue) -> int:
    stream = visits_stream(customer_id)
    async with deps.pool.acquire() as c, c.transaction():
        loaded = await load(c, SCHEMA, stream)
        events = decide(_state_of(loaded), command, customer_id, None)
        if not events:
            return 0
        new = [
            NewEvent(overdue_id(event.visit_id), event, start_of_day(event.due_on + timedelta(days=1), deps.zone))
            for event in events
            if isinstance(event, CardReturnOverdue)
        ]
        part = part_of_customer(customer_id, deps.parts)
        done = await append_many(c, SCHEMA, [Append(stream, loaded.version, customer_id, part, new)])
    # Somebody was faster: the next round looks again.
    return len(new) if done.outcome == "appended" else 0
