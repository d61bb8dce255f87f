"""The trade check over HTTP: an ERP asks before it accepts or delivers an order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.cards.api.customer_list import external_id_of
from services.cards.api.deps import Dependencies
from services.cards.api.trade_check_answers import CHECKED
from services.cards.api.trade_lists import all_reached
from services.cards.domain.refusals import CardUnknown
from services.cards.domain.trade_check import ZERO, Checked, Owing, check, text
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.handlers.trade_check import CardsOf, cards_of
from services.cards.read_models.customer_lookup import owners
from services.cards.read_models.dossier import credit_known
from services.cards.read_models.dossier_parts import LEVELS
from services.cards.read_models.receivables import RECEIVABLES, OpenBalance, open_balances
from shared.contracts.money import Money, checked
from shared.web.amounts import money_body
from shared.web.fields import Currency, DecimalString
from shared.web.positions import MinPosition
from shared.web.problem import FieldError, Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["trade check"])
reads = scope("cards.credit.read")
Amount = Annotated[
    DecimalString | None,
    Query(description="What is ordered, taxes included; without it: may there be any order?", examples=["500.00"]),
]
InCurrency = Annotated[
    Currency | None, Query(description="Of the amount; that of the limit, or else the only one of the customer, when left out")
]


@router.get(
    "/v1/customers/{customer_id}/trade-check",
    dependencies=[reads],
    responses=CHECKED,
    summary="May an order of this customer be accepted or delivered?",
)
async def check_trade(
    customer_id: UUID, deps: Dependencies, amount: Amount = None, currency: InCurrency = None, min_position: MinPosition = None
) -> Response:
    """Limit, restriction and stage are those of the card at this moment; what is owed is folded a moment after it was recorded, or
    through `min_position`. Of a merged card that of the card which leads, and what is owed on all of them. `exposure` is without
    the order. Nothing is reserved: two orders that are checked at once are each checked alone."""
    await all_reached(deps, min_position, RECEIVABLES)
    return Json(await _checked(deps, customer_id, amount, currency))


@router.get(
    "/v1/trade-check",
    dependencies=[reads, listed],
    responses=CHECKED,
    summary="The same, by the customer's number in a system of the company",
)
async def check_trade_of_number(
    deps: Dependencies,
    external_id: Annotated[str, Query(max_length=300, description="`system:value`", examples=["erp:K-1077"])],
    amount: Amount = None,
    currency: InCurrency = None,
    min_position: MinPosition = None,
) -> Response:
    await all_reached(deps, min_position, RECEIVABLES)
    wanted = external_id_of(external_id)
    async with deps.pool.acquire() as c:
        found = await owners(c, SCHEMA, [wanted])
    if wanted not in found:
        raise refused(CardUnknown())
    return Json(await _checked(deps, found[wanted], amount, currency))


async def _checked(deps: Deps, customer_id: UUID, amount: Decimal | None, currency: str | None) -> dict[str, Any]:
    today = deps.today()
    async with deps.pool.acquire() as c:
        cards = await cards_of(c, customer_id, deps.zone)
        if cards is None:
            raise refused(CardUnknown())
        owing = _owing(await open_balances(c, SCHEMA, cards.ids), today)
        credit = await credit_known(c, SCHEMA, cards.ids)
    order = _order(amount, currency, cards, owing)
    decision, grounds = check(
        Checked(
            day=today,
            erased=cards.erased,
            registered=cards.registered,
            past=cards.past,
            limit=cards.limit,
            restriction=cards.restriction,
            owing=owing,
        ),
        order,
    )
    found: dict[str, Any] = {
        "customer_id": customer_id,
        "decision": decision,
        "as_of": today,
        "order": None if order is None else money_body(order.amount, order.currency),
        "merged_into": cards.lead_id if cards.lead_id != customer_id else None,
        "restriction": None if cards.restriction is None else cards.restriction.measure,
        "credit_limit": None if cards.limit is None else money_body(cards.limit.amount, cards.limit.currency),
        # For whom it concerns to read: by themselves warnings and grades decide nothing.
        "credit_level": max((one.level for one in credit.values() if one.level), key=LEVELS.index, default=None),
        "credit_grade": credit[cards.lead_id].grade if cards.lead_id in credit else None,
    }
    shown = {name: value for name, value in found.items() if value is not None}
    return {**shown, "owing": [_owing_body(one) for one in owing], "reasons": grounds}


def _order(amount: Decimal | None, currency: str | None, cards: CardsOf, owing: list[Owing]) -> Money | None:
    """Raises Problem: VALIDATION_FAILED."""
    if amount is None:
        return None
    if currency is None:
        several = {cards.limit.currency} if cards.limit is not None else {one.currency for one in owing}
        if len(several) != 1:
            flaw = FieldError(
                "#/query/currency", "CURRENCY_NEEDED", "has to be said: the customer has no limit, nor one currency"
            )
            raise Problem("VALIDATION_FAILED", errors=[flaw])
        [currency] = several
    try:
        order = checked(amount, currency)
    except ValueError as error:
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/amount", "MONEY", str(error))]) from None
    if order.amount < 0:
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/amount", "MONEY", "must not be below 0")])
    return order


def _owing(cards: Iterable[Mapping[str, OpenBalance]], today: date) -> list[Owing]:
    """What is open by currency over all cards, whatever its day: an invoice of tomorrow is owed too."""
    by_currency: dict[str, list[OpenBalance]] = {}
    for card in cards:
        for currency, balance in card.items():
            by_currency.setdefault(currency, []).append(balance)
    return [_in_currency(currency, several, today) for currency, several in sorted(by_currency.items())]


def _in_currency(currency: str, balances: list[OpenBalance], today: date) -> Owing:
    late = [item for one in balances for item in one.items if item.due_on < today and item.open > item.disputed]
    return Owing(
        currency=currency,
        # Credit on one card settles nothing on another.
        exposure=sum((max(one.outstanding - one.unallocated, ZERO) for one in balances), ZERO),
        disputed=sum((item.disputed for one in balances for item in one.items), ZERO),
        overdue=sum((item.open - item.disputed for item in late), ZERO),
        oldest_due_on=min((item.due_on for item in late), default=None),
    )


def _owing_body(one: Owing) -> dict[str, Any]:
    found: dict[str, Any] = {"currency": one.currency}
    found |= {name: text(getattr(one, name), one.currency) for name in ("exposure", "disputed", "overdue")}
    return found if one.oldest_due_on is None else {**found, "oldest_due_on": one.oldest_due_on}
