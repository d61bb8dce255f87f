"""What the lists about trade share: the period and the customers asked for, who is named, and how pages go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query

from services.cards.api import answers
from services.cards.domain.period import Period
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.period_problems import PERIOD_NOT_KEPT, PERIOD_REVERSED, asked_for
from services.cards.read_models.results import Listed, Side
from shared.projections.read_model import ReadModel
from shared.projections.waiting import wait_for
from shared.web.fields import BusinessDay, Reference
from shared.web.pages import Page
from shared.web.positions import reached
from shared.web.problem import FieldError, Problem
from shared.web.scope import scope

reads = scope("cards.ledger.read")
PERIODS: answers.Responses = {
    422: {"description": f"{PERIOD_REVERSED}, or {PERIOD_NOT_KEPT}: days of the last 62, then whole months, then years"}
}

By = Literal["customer", "salesperson", "area", "company"]
Day = Annotated[BusinessDay | None, Query(description="One business day, instead of from and to")]
First = Annotated[BusinessDay | None, Query(alias="from", description="First business day")]
Last = Annotated[BusinessDay | None, Query(alias="to", description="Last business day; today where it is left out")]
Salesperson = Annotated[Reference | None, Query(description="Only customers of this salesperson")]
Area = Annotated[Reference | None, Query(description="Only customers of this area")]


def period_of(day: date | None, first: date | None, last: date | None, today: date, otherwise: tuple[date, date]) -> Period:
    """The period asked for; `otherwise` where none is. Raises Problem."""
    if day is not None and (first is not None or last is not None):
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/day", "DAY_AND_PERIOD", "either day, or from and to")])
    if day is not None:
        return asked_for(day, day, today)
    if first is None and last is not None:
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/from", "MISSING", "where to is given, from is too")])
    if first is None:
        return asked_for(*otherwise, today)
    return asked_for(first, last or max(today, first), today)


async def all_reached(deps: Deps, min_position: str | None, *models: ReadModel[Any]) -> None:
    """Wait until every one of the lists knows the position. Raises Problem."""
    for model in models:
        await _reached(deps, min_position, model)


async def _reached(deps: Deps, min_position: str | None, model: ReadModel[Any]) -> None:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, model, position))


def customer(row: Listed) -> dict[str, Any]:
    """Who is meant, and who serves the customer."""
    found = {"customer_id": row.trade.customer_id, "name": row.name, "area_id": row.trade.area_id}
    found["salesperson_id"] = row.trade.salesperson_id
    return {name: value for name, value in found.items() if value is not None}


def served(side: Side, who: str) -> dict[str, Any]:
    """Who serves; customers whom nobody serves stand under null."""
    return {} if side == "company" else {f"{side}_id": who or None}


def everyone(*several: Mapping[tuple[str, str], Any]) -> list[str]:
    return sorted({who for sums in several for who, _ in sums})


def currencies(who: str, *several: Mapping[tuple[str, str], Any]) -> list[str]:
    """In which currencies there is anything of somebody."""
    return sorted({currency for sums in several for one, currency in sums if one == who})


def paged(deps: Deps, bound: bytes, found: list[dict[str, Any]], limit: int) -> Page[dict[str, Any]]:
    """A page of customers, of one more than it shows where there are more."""
    more = len(found) > limit
    return Page(found[:limit], deps.cursors.encode(bound, (str(found[limit - 1]["customer_id"]),)) if more else None)


def after(deps: Deps, bound: bytes, cursor: str | None) -> UUID | None:
    return None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
