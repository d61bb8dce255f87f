"""Commands on what is said about a customer: stating, naming, verifying, and what is done about needs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.domain.as_of import card_at, card_on
from services.cards.domain.card import AgreeTerms, AssignMarks, AssignSalesperson, ReviseBasics, decide, living
from services.cards.domain.parts import Parts, parts_of
from services.cards.domain.stating import (
    ActOnNeed,
    RecordNeed,
    Saying,
    VerifyField,
    acted,
    looked_into,
    said,
    verified,
)
from services.cards.handlers.cards import Decision, Meta, carry_out
from services.cards.handlers.deps import Deps
from services.cards.handlers.evidence import all_examined, known_to_ledger
from services.cards.handlers.facts import start_of_day
from services.cards.handlers.valid_time import valid_day
from shared.contracts.event import Event
from shared.event_store.events import Loaded
from shared.web.answers import Answer
from shared.web.commands import CommandKey


async def say(
    deps: Deps, customer_id: UUID, saying: Saying, valid_from: date | None, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """State fields of a part, name the decision-maker, record a need. Raises Problem: VALID_FROM_IN_FUTURE, and as `carry_out` does."""
    day = valid_day(deps, valid_from)
    ledger = await known_to_ledger(deps, customer_id, [saying], day)

    def decided(loaded: Loaded) -> list[Event]:
        living(card_at(loaded.events, deps.zone))
        return all_examined(deps, customer_id, [said(customer_id, saying)], loaded.events, ledger, day, key.new_id())

    body: Mapping[str, Any] = {"need_id": str(saying.need_id)} if isinstance(saying, RecordNeed) else {}
    decision = Decision(decide=decided, personal=True, valid_from=start_of_day(day, deps.zone), body=body)
    return await carry_out(deps, customer_id, decision, key, meta, expected)


async def revise(
    deps: Deps,
    customer_id: UUID,
    command: ReviseBasics | AssignMarks | AssignSalesperson | AgreeTerms,
    valid_from: date | None,
    key: CommandKey,
    meta: Meta,
    expected: int | None,
) -> Answer:
    """All basics or all marks anew, another salesperson, other terms. Raises as `say` does."""
    day = valid_day(deps, valid_from)

    def decided(loaded: Loaded) -> list[Event]:
        events = decide(card_on(loaded.events, deps.zone, day), command)
        return all_examined(deps, customer_id, events, loaded.events, None, day, key.new_id())

    decision = Decision(decide=decided, personal=isinstance(command, ReviseBasics), valid_from=start_of_day(day, deps.zone))
    return await carry_out(deps, customer_id, decision, key, meta, expected)


async def act_on_need(
    deps: Deps, customer_id: UUID, command: ActOnNeed, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """What was done about a need holds from the day of doing, and not before the need. Raises as `carry_out` does."""

    def decided(loaded: Loaded) -> list[Event]:
        return [acted(_parts(deps, loaded), customer_id, command)]

    def moment(loaded: Loaded) -> date:
        return max(_parts(deps, loaded).needs[command.need_id].valid_from, command.taken_on)

    decision = Decision(decide=decided, personal=True, valid_from=lambda loaded: start_of_day(moment(loaded), deps.zone))
    return await carry_out(deps, customer_id, decision, key, meta, expected)


async def verify(
    deps: Deps, customer_id: UUID, command: VerifyField, key: CommandKey, meta: Meta, expected: int | None
) -> Answer:
    """A verification holds from the day of what it is about: only our knowledge of it is younger. Raises as `carry_out` does."""

    def decided(loaded: Loaded) -> list[Event]:
        return [verified(_parts(deps, loaded), customer_id, command)]

    def day(loaded: Loaded) -> date:
        return looked_into(_parts(deps, loaded), command).valid_from

    decision = Decision(decide=decided, valid_from=lambda loaded: start_of_day(day(loaded), deps.zone))
    return await carry_out(deps, customer_id, decision, key, meta, expected)


def _parts(deps: Deps, loaded: Loaded) -> Parts:
    living(card_at(loaded.events, deps.zone))
    return parts_of(loaded.events, deps.zone)
