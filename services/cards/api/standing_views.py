"""Where a customer stands, as cards show it: its stage of trade, and whether it buys from us or from one of our dealers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Any

from services.cards.domain.card import Card
from services.cards.domain.dealer import evolve
from services.cards.domain.hierarchy import INDEPENDENT
from services.cards.handlers.stages import standing_of
from shared.contracts.envelope import Envelope


def standing_shown(envelopes: Sequence[Envelope], card: Card, day: date) -> dict[str, Any]:
    """What stood on a day. `envelopes` are those of the card that hold through the day, `card` is their fold."""
    stage = standing_of(envelopes, card)
    under = reduce(evolve, (envelope.event for envelope in envelopes), INDEPENDENT)
    dealer_id = under.on(day)
    found: dict[str, Any] = {"stage": stage.stage, "channel": "DIRECT" if dealer_id is None else "INDIRECT"}
    if stage.since is not None:
        found["stage_since"] = stage.since
    if dealer_id is not None:
        found |= {"dealer_id": dealer_id, "dealer_since": under.since(day)}
    return found
