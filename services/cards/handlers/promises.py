"""Promises: made, and kept, broken or waived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.cards.domain.promise import EndPromise, MakePromise, decide, promise_stream, state_of
from services.cards.domain.refusals import PromiseUnknown
from services.cards.handlers.belongings import Deed, begin, go_on
from services.cards.handlers.deps import Deps
from services.cards.read_models.promises import STATES
from shared.contracts.event import Event
from shared.contracts.promises import OfPromise
from shared.event_store.events import Expected, Loaded
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def make_promise(deps: Deps, command: MakePromise, key: CommandKey, meta: Mapping[str, str]) -> Answer:
    """Raises Problem: CUSTOMER_UNKNOWN, IDEMPOTENCY_KEY_REUSED. A refusal is remembered with its key."""
    return await begin(deps, command.customer_id, _deed(command.promise_id, command, "new"), key, meta)


async def end_promise(
    deps: Deps, promise_id: UUID, command: EndPromise, expected: int, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Raises Problem: PROMISE_UNKNOWN, VERSION_STALE, IDEMPOTENCY_KEY_REUSED. A refusal is remembered with its key."""
    return await go_on(deps, _deed(promise_id, command, expected), PromiseUnknown(), expected, key, meta)


def _deed(promise_id: UUID, command: MakePromise | EndPromise, expected: Expected) -> Deed:
    def decided(loaded: Loaded) -> list[Event]:
        return decide(state_of(envelope.event for envelope in loaded.events), command)

    new = isinstance(command, MakePromise)
    return Deed(
        stream=promise_stream(promise_id),
        expected=expected,
        on=command.made_on if isinstance(command, MakePromise) else command.on,
        decide=decided,
        body=_body,
        location=f"/v1/promises/{promise_id}" if new else None,
    )


def _body(events: Sequence[Event]) -> Mapping[str, Any]:
    [event] = events
    if not isinstance(event, OfPromise):
        raise AssertionError(f"a promise led to {event!r}")
    return {"id": str(event.promise_id), "customer_id": str(event.customer_id), "state": STATES[type(event)]}
