"""Parts of cards as they are shown: what concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from services.cards.domain.identity import card_stream
from services.cards.handlers.deps import Deps
from shared.auth.principal import Principal
from shared.contracts.cards import Basics
from shared.contracts.money import Money
from shared.privacy.fields import change

SEES_PERSONS = "cards.pii.read"


async def shown(deps: Deps, caller: Principal, cards: list[tuple[UUID, Basics]]) -> list[Basics]:
    if not caller.may(SEES_PERSONS):
        return [change(basics, lambda _field, _text: None) for _, basics in cards]
    return await deps.sealer.unseal_structs([(basics, card_stream(customer)) for customer, basics in cards])


async def opened(deps: Deps, caller: Principal, customer_id: UUID, values: Sequence[msgspec.Struct]) -> list[msgspec.Struct]:
    """Structs of one card as this caller may see them: one question to the keystore."""
    if not caller.may(SEES_PERSONS):
        return [change(value, lambda _field, _text: None) for value in values]
    stream = card_stream(customer_id)
    return await deps.sealer.unseal_structs([(value, stream) for value in values])


def without_nothing(value: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def terms_shown(payment_days: int, limit: Money | None, agreed_on: str) -> dict[str, Any]:
    found: dict[str, Any] = {"payment_days": payment_days, "agreed_on": agreed_on}
    if limit is not None:
        found["credit_limit"] = limit
    return found
