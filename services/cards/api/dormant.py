"""Who bought and buys no more, who never bought, and who is new: with the last purchase and what the customer was worth then."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import trade_answers
from services.cards.api.deps import Dependencies
from services.cards.api.trade_lists import Area, Salesperson, after, all_reached, customer, paged, reads
from services.cards.api.trade_views import net, text
from services.cards.domain.habits import SILENT_DAYS, purchasing, usual_gap
from services.cards.domain.spans import Books, between, joined, month_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.results import Listed, Scope, Wanted, matching
from services.cards.read_models.serving import books_of
from services.cards.read_models.trade import TRADE, first_and_last, purchase_days
from shared.web.pages import CursorParameter, Limit, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed

router = APIRouter(tags=["trade"])
Kind = Literal["dormant", "never_bought", "new"]
LONGEST_SILENCE = 3660


@router.get(
    "/v1/dormant",
    dependencies=[reads, listed],
    responses={200: trade_answers.DORMANT},
    summary="Customers who buy no more, who never bought, or who are new",
)
async def list_dormant(
    deps: Dependencies,
    request: Request,
    kind: Annotated[
        Kind, Query(description="Once bought and no longer; registered and never bought; first bought lately")
    ] = "dormant",
    days: Annotated[
        int, Query(ge=1, le=LONGEST_SILENCE, description="Days without a purchase, or since the first one")
    ] = SILENT_DAYS,
    salesperson_id: Salesperson = None,
    area_id: Area = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Who is used to buy seldom is dormant only after twice the own usual gap. `value_then`: net sales of the twelve months
    through that of the last purchase. A card that leads merged ones is judged by the purchases of all of them."""
    today = deps.today()
    of, since = Scope(area_id, salesperson_id), today - timedelta(days=days)
    bound = filter_hash(list="dormant", kind=kind, days=days, **of._asdict())
    wanted = {
        "dormant": Wanted(of, silent_since=since, with_merged=True),
        "never_bought": Wanted(of, bought=False, with_merged=True),
        "new": Wanted(of, first_since=since, with_merged=True),
    }[kind]
    await all_reached(deps, min_position, TRADE, DOSSIER)
    async with deps.pool.acquire() as c:
        begin = after(deps, bound, cursor)
        found = await matching(c, SCHEMA, wanted, begin, limit + 1, lambda row: _row(deps, row, kind, days, today))
    return page_response(paged(deps, bound, found, limit), request)


def _row(deps: Deps, row: Listed, kind: Kind, days: int, today: date) -> dict[str, Any] | None:
    trade, cards = row.trade, [row.trade, *row.merged]
    books = joined(map(books_of, cards)) if row.merged else books_of(trade)
    first_on, last_on = first_and_last(cards)
    gap = usual_gap(purchase_days(books))
    wanted = {
        "dormant": purchasing(first_on, last_on, gap, today, days) == "DORMANT",
        "never_bought": first_on is None,
        "new": first_on is not None and (today - first_on).days <= days,
    }[kind]
    if not wanted:
        return None
    found: dict[str, Any] = customer(row)
    if trade.registered_at is not None:
        found["registered_on"] = trade.registered_at.astimezone(deps.zone).date()
    if first_on is None or last_on is None:
        return found
    found |= {"first_on": first_on, "last_on": last_on, "days_silent": (today - last_on).days}
    if gap is not None:
        found["usual_gap_days"] = gap
    found["last_purchase"] = _net_in(books, "days", last_on.toordinal(), last_on.toordinal())
    month = month_of(last_on)
    found["value_then"] = _net_in(books, "months", month - 11, month)
    return found


def _net_in(books: Books, spans: Literal["days", "months"], first: int, last: int) -> list[dict[str, str]]:
    return [
        {"amount": text(net(sums), currency), "currency": currency}
        for currency, book in sorted(books.items())
        if (sums := between(getattr(book, spans), first, last)) is not None
    ]
