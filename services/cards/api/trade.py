"""How one customer trades: the situation by day, month and year with its share of the company's sales, and the habits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.cards.api import trade_answers
from services.cards.api.deps import Dependencies
from services.cards.api.trade_lists import all_reached, reads
from services.cards.api.trade_views import habits_body, result, terms_body
from services.cards.domain.habits import habits, purchasing, terms_kept, usual_gap
from services.cards.domain.identity import card_stream
from services.cards.domain.merging import merging_of
from services.cards.domain.refusals import CardUnknown
from services.cards.domain.spans import MONTHS_KEPT, Book, Sums, entries, joined, month_of, name_of, together
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models import receivables
from services.cards.read_models.purchases import latest_sales
from services.cards.read_models.receivables import RECEIVABLES, Receivable
from services.cards.read_models.results import company_trade, trades
from services.cards.read_models.serving import books_of
from services.cards.read_models.trade import TRADE, Trade, first_and_last, purchase_days
from shared.contracts.account_columns import account_of
from shared.contracts.open_items import settlements
from shared.contracts.transactions import SaleRecorded
from shared.event_store.load import load
from shared.web.positions import MinPosition
from shared.web.rendering import Json

router = APIRouter(tags=["trade"])


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a customer and of the cards that were merged into it. `company`: its trade by month or year, and currency."""

    lead_id: UUID | None
    merged: Sequence[UUID]
    rows: Sequence[Trade]
    sales: Sequence[SaleRecorded]
    owing: Sequence[Receivable]
    company: Mapping[tuple[str, str], Sums]


@router.get(
    "/v1/customers/{customer_id}/trade",
    dependencies=[reads],
    responses={200: trade_answers.TRADE, 404: {"description": "No customer has this id"}},
    summary="How a customer trades: days, months, years, share of the company's sales, habits, terms kept",
)
async def get_trade(customer_id: UUID, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """Of a customer that leads merged cards, the trade of all of them. Also who is erased has traded."""
    await all_reached(deps, min_position, TRADE, RECEIVABLES)
    return Json(await trade_body(deps, customer_id))


async def trade_body(deps: Deps, customer_id: UUID) -> dict[str, Any]:
    """How a customer trades, of all cards that it leads. Raises Problem: CUSTOMER_UNKNOWN."""
    today = deps.today()
    known = await _read(deps, customer_id)
    books = joined(books_of(row) for row in known.rows)
    own = next((row for row in known.rows if row.customer_id == customer_id), None)
    first_on, last_on = first_and_last(known.rows)
    gap = usual_gap(purchase_days(books))
    found: dict[str, Any] = {
        "customer_id": customer_id,
        "merged_into": known.lead_id,
        "merged": list(known.merged) or None,
        "area_id": None if own is None else own.area_id,
        "salesperson_id": None if own is None else own.salesperson_id,
        "as_of": today,
        "purchasing": purchasing(first_on, last_on, gap, today),
        "first_on": first_on,
        "last_on": last_on,
        "days_silent": None if last_on is None else (today - last_on).days,
        "usual_gap_days": gap,
    }
    settled = [one for row in known.owing for one in settlements(account_of(row.account), today)]
    agreed = next((row.payment_days for row in known.owing if row.customer_id == customer_id), None)
    return {
        **{name: value for name, value in found.items() if value is not None},
        "currencies": [_currency(one, book, known.company, today) for one, book in books.items()],
        "habits": habits_body(habits(known.sales)),
        "terms": terms_body(agreed, terms_kept(settled, today)),
    }


async def _read(deps: Deps, customer_id: UUID) -> _Known:
    today = deps.today()
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
        if not loaded.events:
            raise refused(CardUnknown())
        merging = merging_of(envelope.event for envelope in loaded.events)
        ids = [customer_id, *merging.merged]
        rows = await trades(c, SCHEMA, ids)
        owing = [row for one in ids if (row := await receivables.one(c, SCHEMA, one)) is not None]
        return _Known(
            merging.lead_id,
            merging.merged,
            rows,
            await latest_sales(c, SCHEMA, ids),
            owing,
            await company_trade(c, SCHEMA, _first_year(rows, today)),
        )


def _first_year(rows: Sequence[Trade], today: date) -> int:
    return min((row.first_on.year for row in rows if row.first_on is not None), default=today.year)


def _currency(currency: str, book: Book, company: Mapping[tuple[str, str], Sums], today: date) -> dict[str, Any]:
    # Before the months that are kept of everybody, the company's months would not be whole.
    since = month_of(today) - MONTHS_KEPT
    months = [
        {
            "month": (name := name_of("m", at)),
            **result(sums, currency, company.get((name, currency)) if at > since else None),
        }
        for at, sums in entries(book.months)
    ]
    years: dict[int, Sums] = {}
    for year, sums in [*entries(book.years), *((at // 12, sums) for at, sums in entries(book.months))]:
        years[year] = together([years.get(year, (0, 0, 0)), sums])
    return {
        "currency": currency,
        "days": [{"day": name_of("d", at), **result(sums, currency)} for at, sums in entries(book.days)],
        "months": months,
        "years": [
            {"year": name_of("y", year), **result(sums, currency, company.get((name_of("y", year), currency)))}
            for year, sums in sorted(years.items())
        ],
    }
