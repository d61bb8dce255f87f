"""Purchase intents: opened, graded, won, lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.domain.intent import GradeIntent, IntentStep, OpenIntent, decide, intent_id, intent_stream, state_of
from services.cards.domain.refusals import IntentUnknown
from services.cards.handlers.belongings import Deed, begin, go_on
from services.cards.handlers.deps import Deps
from shared.contracts.event import Event
from shared.contracts.intents import IntentLost, IntentOpened, IntentWon, OfIntent
from shared.event_store.events import Expected, Loaded
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem

Meta = Mapping[str, str]
_TRIES = 3


async def open_intent(deps: Deps, command: OpenIntent, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem: CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED. A refusal is remembered with its key."""
    of = intent_id(command.number)
    deed = _deed(of, command, "new", command.opened_on, f"/v1/intents/{of}")
    for _ in range(_TRIES):
        try:
            return await begin(deps, command.customer_id, deed, key, meta)
        except Problem as problem:
            # Somebody has just used the number: the next look finds the intent, and refuses.
            if problem.code != "VERSION_STALE":
                raise
    raise Problem("UNAVAILABLE", headers={"Retry-After": "1"})


async def take_step(deps: Deps, of: UUID, command: IntentStep, expected: int, key: CommandKey, meta: Meta) -> Answer:
    """Raises Problem: INTENT_UNKNOWN, VERSION_STALE, IDEMPOTENCY_KEY_REUSED. A refusal is remembered with its key."""
    day = deps.today() if isinstance(command, GradeIntent) else command.on
    return await go_on(deps, _deed(of, command, expected, day), IntentUnknown(), expected, key, meta)


def _deed(of: UUID, command: OpenIntent | IntentStep, expected: Expected, day: date, location: str | None = None) -> Deed:
    def decided(loaded: Loaded) -> list[Event]:
        return decide(state_of(envelope.event for envelope in loaded.events), command)

    return Deed(stream=intent_stream(of), expected=expected, on=day, decide=decided, body=_body, location=location)


def _body(events: Sequence[Event]) -> Mapping[str, Any]:
    [event] = events
    if not isinstance(event, OfIntent):
        raise AssertionError(f"an intent led to {event!r}")
    found = {"id": str(event.intent_id), "customer_id": str(event.customer_id)}
    match event:
        case IntentOpened():
            return {**found, "number": event.number, "state": "OPEN"}
        case IntentWon():
            return {**found, "state": "WON"}
        case IntentLost():
            return {**found, "state": "LOST"}
    return {**found, "state": "OPEN"}
