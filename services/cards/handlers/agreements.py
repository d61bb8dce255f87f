"""Commands on what was agreed about a customer's buying."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.domain.agreements import AgreementCommand, PlanClosure, decide
from services.cards.domain.as_of import card_at, card_on
from services.cards.domain.card import living
from services.cards.handlers.cards import Decision, Meta, carry_out
from services.cards.handlers.deps import Deps
from services.cards.handlers.facts import start_of_day
from services.cards.handlers.valid_time import valid_day
from shared.contracts.event import Event
from shared.event_store.events import Loaded
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def agree(
    deps: Deps,
    customer_id: UUID,
    command: AgreementCommand,
    valid_from: date | None,
    key: CommandKey,
    meta: Meta,
    expected: int | None,
) -> Answer:
    """Plan or cancel a closure, agree on the next order. Raises Problem: VALID_FROM_IN_FUTURE, and as `carry_out` does."""
    day = valid_day(deps, valid_from)

    def decided(loaded: Loaded) -> list[Event]:
        living(card_at(loaded.events, deps.zone))
        known = card_on(loaded.events, deps.zone, day).particulars.agreements
        return list(decide(known, customer_id, command, day))

    body: Mapping[str, Any] = {}
    if isinstance(command, PlanClosure):
        body = {"closure_id": str(command.closure.closure_id)}
    decision = Decision(decide=decided, valid_from=start_of_day(day, deps.zone), body=body)
    return await carry_out(deps, customer_id, decision, key, meta, expected)
