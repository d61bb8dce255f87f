"""What is to be collected and what is to be paid, over HTTP, each in its order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import plan_answers as said
from services.cards.api.deps import Dependencies
from services.cards.api.trade_lists import all_reached
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.read_models import collection_plan, payment_plan
from services.cards.read_models.collection_plan import STEPS, PlanLine
from services.cards.read_models.dossier import DOSSIER, dossiers
from services.cards.read_models.payment_plan import NO_DAY, Owed
from services.cards.read_models.promises import PROMISES
from services.cards.read_models.receivables import RECEIVABLES, OpenItem, balances_of, some
from shared.postgres.pool import Connection
from shared.web.amounts import money_body
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["receivables"])
reads = scope("cards.ledger.read")


@router.get(
    "/v1/collection-plan",
    dependencies=[reads, listed],
    responses={200: said.COLLECTION},
    summary="What is to be collected through a day, in the order in which to collect it",
)
async def list_collection_plan(
    deps: Dependencies,
    request: Request,
    day: Annotated[BusinessDay | None, Query(description="Business day; today when left out")] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    """First those whose promise to pay is due or was broken lately, then what is overdue, then what is due on the day. Within each:
    the worse warnings about credit first, then by amount times days overdue, then by amount. What is disputed is not asked for,
    nor what is promised for a later day. Amounts of different currencies are never compared: a line is a customer and a currency.
    """
    day = day or deps.today()
    bound = filter_hash(list="collection-plan", day=day, salesperson_id=salesperson_id)
    after = None if cursor is None else _collecting_after(deps, bound, cursor)
    await all_reached(deps, min_position, RECEIVABLES, PROMISES, DOSSIER)
    async with deps.pool.acquire() as c:
        rows = await collection_plan.page(c, SCHEMA, day, salesperson_id, after, limit + 1)
        shown = rows[:limit]
        invoices = await _invoices(c, shown, day)
    items = [_line(line, invoices[line.customer_id, line.currency]) for line in shown]
    next_cursor = None
    if len(rows) > limit:
        last = shown[-1]
        keys = (last.step, last.grade, last.currency, str(last.amount_days), str(last.to_collect), str(last.customer_id))
        next_cursor = deps.cursors.encode(bound, keys)
    return page_response(Page(items, next_cursor), request)


def _collecting_after(deps: Deps, bound: bytes, cursor: str) -> collection_plan.After:
    step, grade, currency, amount_days, to_collect, customer = deps.cursors.decode(bound, cursor, 6)
    return collection_plan.After(
        int(step or 0),
        int(grade or 0),
        str(currency),
        Decimal(str(amount_days)),
        Decimal(str(to_collect)),
        UUID(str(customer)),
    )


async def _invoices(c: Connection, lines: Sequence[PlanLine], day: date) -> Mapping[tuple[UUID, str], list[dict[str, Any]]]:
    """The invoices behind each line, those of merged cards with them, oldest due first."""
    leads = [line.customer_id for line in lines]
    merged = {lead: [lead, *map(UUID, row.merged)] for lead, row in (await dossiers(c, SCHEMA, leads)).items()}
    rows = await some(c, SCHEMA, [customer for group in merged.values() for customer in group])
    balances = {customer: balances_of(row.open_items) for customer, row in rows.items()}
    found: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for line in lines:
        items: Iterable[OpenItem] = (
            item
            for customer in merged[line.customer_id]
            if line.currency in balances.get(customer, {})
            for item in balances[customer][line.currency].items
        )
        due = sorted((item for item in items if item.due_on <= day), key=lambda item: (item.due_on, item.source, item.number))
        found[line.customer_id, line.currency] = [_invoice(item, line.currency, day) for item in due]
    return found


def _invoice(item: OpenItem, currency: str, day: date) -> dict[str, Any]:
    # What is older than the window of kept facts has no invoice of its own any more.
    named: dict[str, Any] = {"source": item.source, "number": item.number} if item.source else {"opening_balance": True}
    return {
        **named,
        "due_on": item.due_on,
        "days_overdue": (day - item.due_on).days,
        "open": money_body(item.open, currency),
        "disputed": money_body(item.disputed, currency),
    }


def _line(line: PlanLine, invoices: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    def money(amount: Decimal) -> Mapping[str, str] | None:
        return money_body(amount, line.currency)

    found = {
        "customer_id": line.customer_id,
        "name": line.name,
        "area_id": line.area_id,
        "salesperson_id": line.salesperson_id,
        "why": STEPS[line.step - 1],
        "to_collect": money(line.to_collect),
        "overdue": money(line.overdue),
        "disputed": money(line.disputed),
        "promised": money(line.promised),
        "promised_on": line.promised_on,
        "oldest_due_on": line.oldest_due_on,
        "days_overdue": line.days_overdue,
        "promises_due": line.promises_due,
        "promises_broken": line.promises_broken,
        "credit_level": line.credit_level,
        "value_class": line.value_class,
        "invoices": invoices,
    }
    return {name: value for name, value in found.items() if value is not None}


@router.get(
    "/v1/payment-plan",
    dependencies=[reads, listed],
    responses={200: said.PAYMENTS},
    summary="What we owe to customers: promised rebates and refunds by their day, then credit that is left over",
)
async def list_payment_plan(
    deps: Dependencies,
    request: Request,
    day: Annotated[BusinessDay | None, Query(description="Due through this business day; all of it when left out")] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    bound = filter_hash(list="payment-plan", day=day, salesperson_id=salesperson_id)
    after = None if cursor is None else _paying_after(deps, bound, cursor)
    await all_reached(deps, min_position, RECEIVABLES, PROMISES, DOSSIER)
    async with deps.pool.acquire() as c:
        rows = await payment_plan.page(c, SCHEMA, day, salesperson_id, after, limit + 1)
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1]
        next_cursor = deps.cursors.encode(bound, ((last.due_on or NO_DAY).isoformat(), str(last.promise_id), last.currency))
    return page_response(Page([_owed(one) for one in rows[:limit]], next_cursor), request)


def _paying_after(deps: Deps, bound: bytes, cursor: str) -> payment_plan.After:
    due, promise, currency = deps.cursors.decode(bound, cursor, 3)
    return payment_plan.After(date.fromisoformat(str(due)), UUID(str(promise)), str(currency))


def _owed(one: Owed) -> dict[str, Any]:
    found = {
        "customer_id": one.customer_id,
        "name": one.name,
        "salesperson_id": one.salesperson_id,
        "why": one.reason,
        "amount": money_body(one.amount, one.currency),
        "due_on": one.due_on,
        "promise_id": one.promise_id if one.reason == "PROMISED" else None,
    }
    return {name: value for name, value in found.items() if value is not None}
