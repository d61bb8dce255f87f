"""Commands that lead a customer into trade and out of it, and the conditions of admission that they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

from services.cards.domain import admission
from services.cards.domain.admission import PublishStandard, newest
from services.cards.domain.as_of import card_at
from services.cards.domain.card import Card, Registered, Stub, living
from services.cards.domain.completeness import missing_for_trade
from services.cards.domain.parts import parts_of
from services.cards.domain.refusals import CardIsStub
from services.cards.domain.trade_stage import (
    Admit,
    EndTrade,
    StageCommand,
    Standing,
    StartTrade,
    TradeStep,
    decide,
    evolve,
    standing,
)
from services.cards.handlers import company
from services.cards.handlers.cards import Decision, carry_out
from services.cards.handlers.company import Act
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.facts import start_of_day
from shared.contracts.envelope import Envelope
from shared.contracts.event import Event
from shared.contracts.relations import AdmissionStandardPublished, ConditionChecked
from shared.contracts.topics import CARDS_EVENTS
from shared.event_store.events import Loaded
from shared.event_store.load import load
from shared.web.answers import Answer
from shared.web.commands import CommandKey

Meta = Mapping[str, str]


async def publish_standard(deps: Deps, command: PublishStandard, key: CommandKey, meta: Meta, expected: int | None) -> Answer:
    """Publish the conditions of admission. Raises Problem as `company.carry_out` does."""

    def decided(loaded: Loaded) -> list[Event]:
        return admission.decide(_newest(loaded), command)

    def body(_events: Sequence[Event]) -> Mapping[str, Any]:
        return {}

    return await company.carry_out(deps, Act(admission.STREAM, CARDS_EVENTS, decided, body), key, meta, expected)


async def standard(deps: Deps) -> AdmissionStandardPublished | None:
    """The conditions that hold; None before the first were published. Always fresh."""
    async with deps.pool.acquire() as c:
        return _newest(await load(c, SCHEMA, admission.STREAM))


async def admit(
    deps: Deps, customer_id: UUID, checks: Sequence[ConditionChecked], day: date, key: CommandKey, meta: Meta, expected: int
) -> Answer:
    """Admit a customer who meets every condition. Raises Problem as `cards.carry_out` does."""
    command = Admit(await standard(deps), checks, day, key.principal)
    return await _step(deps, customer_id, lambda _loaded: command, day, key, meta, expected)


async def start_trade(deps: Deps, customer_id: UUID, day: date, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """Start trade with an admitted customer whose card is complete. Raises Problem as `cards.carry_out` does."""

    def command(loaded: Loaded) -> StartTrade:
        missing = missing_for_trade(card_at(loaded.events, deps.zone), parts_of(loaded.events, deps.zone))
        return StartTrade(missing, day, key.principal)

    return await _step(deps, customer_id, command, day, key, meta, expected)


async def end_trade(deps: Deps, customer_id: UUID, reason: str, day: date, key: CommandKey, meta: Meta, expected: int) -> Answer:
    """Trade is over; the card stays. Raises Problem as `cards.carry_out` does."""
    command = EndTrade(reason, day, key.principal)
    return await _step(deps, customer_id, lambda _loaded: command, day, key, meta, expected)


async def _step(
    deps: Deps,
    customer_id: UUID,
    command_of: Callable[[Loaded], StageCommand],
    day: date,
    key: CommandKey,
    meta: Meta,
    expected: int,
) -> Answer:
    def decided(loaded: Loaded) -> list[Event]:
        card = living(card_at(loaded.events, deps.zone))
        command = command_of(loaded)
        if isinstance(card, Stub) and not isinstance(command, EndTrade):
            raise CardIsStub
        return decide(customer_id, standing_of(loaded.events, card), command)

    return await carry_out(
        deps, customer_id, Decision(decide=decided, personal=True, valid_from=start_of_day(day, deps.zone)), key, meta, expected
    )


def standing_of(envelopes: Iterable[Envelope], card: Card) -> Standing:
    """The stage of a card: `card` is the fold of the same envelopes."""
    step = reduce(evolve, (envelope.event for envelope in envelopes), TradeStep())
    since = card.basics.trading_since if isinstance(card, Registered) else None
    return standing(step, since, stub=isinstance(card, Stub))


def _newest(loaded: Loaded) -> AdmissionStandardPublished | None:
    return newest(envelope.event for envelope in loaded.events)
