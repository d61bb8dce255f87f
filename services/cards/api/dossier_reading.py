"""What the pages of a customer are made of, read once: the card's stream, and the rows of it and of the cards that it leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from services.cards.api.balance_views import balance_body, balances_of_row, limit_of
from services.cards.api.card_body import card_body, particulars_body
from services.cards.domain.card import Erased
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.domain.refusals import CardUnknown
from services.cards.domain.statement import together
from services.cards.handlers.cards import state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models.dossier import DOSSIER, Dossier, dossiers
from services.cards.read_models.promises import PROMISES, PromiseRow, of_customers
from services.cards.read_models.receivables import RECEIVABLES, Receivable, some
from services.cards.read_models.trade import TRADE
from shared.auth.principal import Principal
from shared.contracts.account_columns import account_of
from shared.event_store.events import Loaded
from shared.event_store.load import load

FOLDED = (DOSSIER, RECEIVABLES, PROMISES, TRADE)
"""What the pages are made of, beside the card's stream."""


@dataclass(frozen=True, slots=True)
class Known:
    """`own` is the customer's row, `rows` are those of the customer and of the cards merged into it, in this order."""

    customer_id: UUID
    loaded: Loaded
    lead_id: UUID | None
    merged: Sequence[UUID]
    own: Dossier
    rows: Sequence[Dossier]
    owing: Mapping[UUID, Receivable]
    promises: Sequence[PromiseRow]


async def known_of(deps: Deps, customer_id: UUID) -> Known:
    """Raises Problem: CUSTOMER_UNKNOWN."""
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
        if not loaded.events:
            raise refused(CardUnknown())
        merging = merging_of(envelope.event for envelope in loaded.events)
        ids = [customer_id, *merging.merged]
        rows = await dossiers(c, SCHEMA, ids)
        owing = await some(c, SCHEMA, ids)
        promises = await of_customers(c, SCHEMA, ids)
    return Known(
        customer_id, loaded, merging.lead_id, merging.merged, rows[customer_id], [rows[one] for one in ids], owing, promises
    )


async def record_body(deps: Deps, caller: Principal, known: Known) -> dict[str, Any]:
    """The card. Of an erased customer what is not personal: its debts and complaints go on."""
    state = state_of(known.loaded)
    if isinstance(state, Erased):
        return {"customer_id": known.customer_id, "erased": True, **particulars_body(state.particulars)}
    return await card_body(deps, caller, known.customer_id, known.loaded.events)


def balances_body(known: Known, day: date, *, lines: bool) -> list[dict[str, Any]]:
    """What is owed over all cards of the customer, by currency. The limit is that of the customer's own card."""
    rows = list(known.owing.values())
    own = known.owing.get(known.customer_id)
    limit = None if own is None else limit_of(own)
    if len(rows) == 1 and own is not None:
        found = balances_of_row(own, day)
    else:
        found = together([account_of(row.account) for row in rows], [balances_of_row(row, day) for row in rows], limit, day)
    return [balance_body(balance, lines=lines) for balance in found]
