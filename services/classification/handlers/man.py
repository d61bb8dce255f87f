"""What is found out about money, authority and need for a purchase intent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.classification.domain import man
from services.classification.domain.man import AnswerMan, Man
from services.classification.domain.prospect_refusals import IntentEnded
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.entering import Entry, enter
from services.classification.handlers.prospect_problems import INTENT_UNKNOWN
from services.classification.read_models.purchase_intents import IntentRow, intent_of
from shared.contracts.event import Event
from shared.contracts.prospects import Has, Need
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey
from shared.web.problem import Problem


@dataclass(frozen=True, slots=True)
class Said:
    """What is said; None: nothing. `by` is the company's number of who found out."""

    money: Has | None
    authority: Has | None
    need: Need | None
    by: str
    on: date | None


async def known_intent(deps: Deps, intent_id: UUID) -> IntentRow:
    """Raises Problem: INTENT_UNKNOWN."""
    async with deps.pool.acquire() as c:
        row = await intent_of(c, SCHEMA, intent_id)
    if row is None:
        raise Problem(INTENT_UNKNOWN)
    return row


async def answer_man(
    deps: Deps, intent_id: UUID, said: Said, expected: int | None, key: CommandKey, meta: Mapping[str, str]
) -> Answer:
    """Raises Problem: INTENT_UNKNOWN, and as `entering.enter` does."""
    row = await known_intent(deps, intent_id)
    today = deps.today()
    command = AnswerMan(
        intent_id=intent_id,
        customer_id=row.customer_id,
        money=said.money,
        authority=said.authority,
        need=said.need,
        by=said.by,
        on=said.on or today,
        today=today,
        decided_by=key.principal,
    )

    def decided(events: Sequence[Event]) -> Sequence[Event]:
        if row.state != "OPEN":
            raise IntentEnded
        return man.decide(man.known_on(events, date.max), command)

    entry = Entry(
        man.stream_of(intent_id),
        CLASSIFICATION_EVENTS,
        row.customer_id,
        decided,
        lambda _: {"intent_id": str(intent_id), "customer_id": str(row.customer_id)},
        on=min(command.on, today),
    )
    return await enter(deps, entry, key, meta, expected)


async def known_man(deps: Deps, intent_id: UUID, day: date) -> tuple[Man, int]:
    """What was known of a day, always fresh, and the version of the stream."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, man.stream_of(intent_id))
    return man.known_on((envelope.event for envelope in loaded.events), day), loaded.version
