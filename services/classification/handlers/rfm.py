"""RFM of the customers of a scope: computed from their sales when asked for, and good for a minute."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from services.classification.domain.rfm import Buyer, scored
from services.classification.domain.standard import LONGEST_PERIOD
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.problems import AS_OF_IN_FUTURE, PERIOD_OUT_OF_RANGE, PERIOD_TOO_OLD
from services.classification.handlers.rankings import Asked, Ranking
from services.classification.read_models.customer_sales import CUSTOMER_SALES, DAYS_KEPT_MONTHS, Net, busiest_currency
from services.classification.read_models.served import SERVED, sales_since
from shared.contracts.claims import months_before
from shared.contracts.topics import CARDS_EVENTS, CARDS_TRANSACTIONS
from shared.projections.narrowing import narrowing
from shared.projections.reached import reached
from shared.web.problem import Problem

GOOD_FOR = timedelta(minutes=1)


async def ranking_of(deps: Deps, asked: Asked, *, newest: bool) -> Ranking:
    """`newest`: with every sale that is folded now; else what was computed within a minute will do. Who asks of own customers gets the
    newest: a customer who was handed over meanwhile is not to be shown. Raises Problem (422)."""
    _check(asked, deps.today())
    if (to := narrowing()) is not None:
        asked, newest = replace(asked, whose=to.whose), True
    async with deps.rankings.one_at_a_time:
        found = deps.rankings.find(asked)
        if found is None or newest or deps.now() - found.computed_at >= GOOD_FOR:
            found = await _ranking(deps, asked, found)
            deps.rankings.remember(asked, found)
        return found


def _check(asked: Asked, today: date) -> None:
    if asked.as_of > today:
        raise Problem(AS_OF_IN_FUTURE)
    if not 1 <= asked.period_days <= LONGEST_PERIOD:
        raise Problem(PERIOD_OUT_OF_RANGE)
    if asked.first < months_before(today, DAYS_KEPT_MONTHS):
        raise Problem(PERIOD_TOO_OLD)


async def _ranking(deps: Deps, asked: Asked, before: Ranking | None) -> Ranking:
    buyers: list[Buyer] = []
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        known = (
            await reached(c, SCHEMA, CUSTOMER_SALES.name, CARDS_TRANSACTIONS),
            await reached(c, SCHEMA, SERVED.name, CARDS_EVENTS),
        )
        if before is not None and before.known == known:
            return before
        currency = asked.currency or await busiest_currency(c, SCHEMA, asked.first, asked.as_of)
        if currency is not None:
            async for piece in sales_since(c, SCHEMA, asked.first, asked.scope):
                found = (buyer_of(customer, spans.get(currency, {}), asked) for customer, spans in piece)
                buyers += [buyer for buyer in found if buyer is not None]
                # Other requests have their turn between two pieces.
                await asyncio.sleep(0)
    # Beside the event loop, which answers others meanwhile.
    ranked = await asyncio.to_thread(scored, buyers)
    return Ranking(currency, ranked, {one.buyer.customer_id: one for one in ranked}, known, deps.now())


def buyer_of(customer_id: UUID, spans: Mapping[str, Net], asked: Asked) -> Buyer | None:
    """What one customer bought in the period; None who bought nothing, whatever was returned."""
    low, high = asked.first.isoformat(), asked.as_of.isoformat()
    last, purchases, net = "", 0, Decimal(0)
    for day, one in spans.items():
        if low <= day <= high and len(day) == len(low):
            net += one.net
            if one.sales:
                purchases += 1
                last = max(last, day)
    return Buyer(customer_id, date.fromisoformat(last), purchases, net) if purchases else None
