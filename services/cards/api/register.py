"""The summary register over HTTP: one line a customer with what it stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import dossier_answers as said
from services.cards.api.card_views import SEES_PERSONS, shown
from services.cards.api.deps import Dependencies
from services.cards.api.dossier_reading import FOLDED
from services.cards.api.list_query import SortParameter, WhereParameter, given, query_of
from services.cards.api.trade_lists import all_reached
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models.customer_pages import page, place_of
from services.cards.read_models.customer_row import MARKS, Customer, basics_in, external_ids_of
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.dossier import Dossier, dossiers
from services.cards.read_models.dossier_parts import LEVELS
from services.cards.read_models.promises import PromiseRow, of_customers
from services.cards.read_models.receivables import Receivable, balances_of, some
from services.cards.read_models.results import trades
from services.cards.read_models.trade import Trade
from shared.auth.principal import Principal
from shared.postgres.pool import Connection
from shared.web.amounts import money_body
from shared.web.fields import Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["dossier"])
ZERO = Decimal(0)
_SHOWN = (
    "kind",
    "name",
    "place",
    "area_id",
    "salesperson_id",
    "stage",
    "stage_since",
    "trading_since",
    "restriction",
    "payment_days",
)


@dataclass(frozen=True, slots=True)
class _Behind:
    """What stands behind a line: the rows of the customer and of the cards merged into it."""

    dossiers: Sequence[Dossier]
    owing: Sequence[Receivable]
    promises: Sequence[PromiseRow]
    trades: Sequence[Trade]


@router.get(
    "/v1/register",
    dependencies=[scope("cards.dossier.read"), listed],
    responses={200: said.REGISTER},
    summary="The summary register: one line a customer, by name unless another order is asked for",
)
async def list_register(
    caller: Caller,
    deps: Dependencies,
    request: Request,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    where: WhereParameter = (),
    sort: SortParameter = "name",
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """Merged cards are in the line of the card that leads. Stubs and erased customers are none of it. Names of persons need the
    scope `cards.pii.read`."""
    texts = [*given(area_id=area_id, salesperson_id=salesperson_id, stub=False), *where]
    query = query_of(texts, sort, "#/query", merged=False)
    bound = filter_hash(list="register", where=texts, sort=sort)
    after = None if cursor is None else deps.cursors.decode(bound, cursor, 2)

    await all_reached(deps, min_position, CUSTOMERS, *FOLDED)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, query, after, limit + 1)
        kept = rows[:limit]
        behind = await _behind(c, [row.customer_id for row in kept])
    names = await _names(deps, caller, kept)
    today = deps.today()
    lines = [_line(row, names.get(row.customer_id), behind[row.customer_id], today) for row in kept]
    next_cursor = deps.cursors.encode(bound, place_of(kept[-1], query)) if len(rows) > limit else None
    return page_response(Page(lines, next_cursor), request)


async def _behind(c: Connection, leads: Sequence[UUID]) -> Mapping[UUID, _Behind]:
    own = await dossiers(c, SCHEMA, leads)
    groups = {lead: [lead, *map(UUID, row.merged)] for lead, row in own.items()}
    everybody = [customer for group in groups.values() for customer in group]
    rows = own if len(everybody) == len(own) else await dossiers(c, SCHEMA, everybody)
    owing = await some(c, SCHEMA, everybody)
    promises: dict[UUID, list[PromiseRow]] = {}
    for one in await of_customers(c, SCHEMA, everybody):
        promises.setdefault(one.customer_id, []).append(one)
    bought = {row.customer_id: row for row in await trades(c, SCHEMA, everybody)}
    return {
        lead: _Behind(
            [rows[customer] for customer in group],
            [owing[customer] for customer in group if customer in owing],
            [one for customer in group for one in promises.get(customer, ())],
            [bought[customer] for customer in group if customer in bought],
        )
        for lead, group in groups.items()
    }


async def _names(deps: Deps, caller: Principal, rows: Sequence[Customer]) -> Mapping[UUID, str]:
    """The names of persons, for callers who may see them."""
    persons = [(row.customer_id, basics_in(row.basics)) for row in rows if row.kind == "PERSON" and row.basics is not None]
    if not persons or not caller.may(SEES_PERSONS):
        return {}
    opened = zip(persons, await shown(deps, caller, persons), strict=True)
    return {customer: basics.person_name for (customer, _), basics in opened if basics.person_name is not None}


def _line(row: Customer, person_name: str | None, behind: _Behind, today: date) -> dict[str, Any]:
    levels = [LEVELS.index(one.credit_level) for one in behind.dossiers if one.credit_level is not None]
    pending = [one for one in behind.promises if one.state == "PENDING"]
    found: dict[str, Any] = {
        "customer_id": row.customer_id,
        "external_ids": external_ids_of(row.external_ids),
        **{name: getattr(row, name) for name in _SHOWN},
        "person_name": person_name,
        "marks": {name: getattr(row, name) for name in MARKS if getattr(row, name) is not None} or None,
        "credit_limit": money_body(row.credit_limit, row.credit_currency),
        "value_class": behind.dossiers[0].value_class,
        "credit_level": LEVELS[max(levels)] if levels else None,
        "receivables": _receivables(behind.owing, today),
        "open_complaints": sum(one.open_complaints for one in behind.dossiers),
        "open_alerts": sum(one.open_alerts for one in behind.dossiers),
        "promises_pending": len(pending),
        "promises_late": sum(one.due_on < today for one in pending),
        "last_bought_on": max((one.last_on for one in behind.trades if one.last_on is not None), default=None),
        "merged": behind.dossiers[0].merged or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _receivables(rows: Sequence[Receivable], today: date) -> list[dict[str, Any]]:
    """By currency what is open, overdue of it, disputed of it, and the credit that is left."""
    sums: dict[str, list[Decimal]] = {}
    for row in rows:
        for currency, balance in balances_of(row.open_items).items():
            sums.setdefault(currency, [ZERO] * 4)
            amounts = (
                balance.outstanding,
                sum((item.open for item in balance.items if item.due_on < today), ZERO),
                sum((item.disputed for item in balance.items), ZERO),
                balance.unallocated,
            )
            sums[currency] = [before + amount for before, amount in zip(sums[currency], amounts, strict=True)]
    names = ("outstanding", "overdue", "disputed", "unallocated")
    return [
        {"currency": currency, **{name: _text(amount, currency) for name, amount in zip(names, amounts, strict=True)}}
        for currency, amounts in sorted(sums.items())
    ]


def _text(amount: Decimal, currency: str) -> str:
    shown = money_body(amount, currency)
    assert shown is not None
    return shown["amount"]
