"""How well cards are kept, over HTTP: one card, the list with the emptiest first, and the figures of each salesperson."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.deps import Dependencies
from services.cards.domain import completeness
from services.cards.domain.as_of import day_of
from services.cards.domain.freshness import Delay, delay_of, is_stale, limit_of, month_of, seen_on
from services.cards.domain.health import NOBODY, Entry, Keeping
from services.cards.domain.refusals import CardUnknown
from services.cards.domain.trade_stage import Stage
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models.card_health import (
    CARD_HEALTH,
    DELAY,
    SEEN,
    CardHealth,
    Filters,
    figures,
    keeping_of,
    one,
    page,
)
from shared.projections.waiting import wait_for
from shared.web.fields import Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import FieldError, Problem
from shared.web.reach import listed
from shared.web.rendering import Json
from shared.web.scope import scope

router = APIRouter(tags=["card health"])
reads = scope("cards.customer.read")
NEW_MONTHS = 12
"""A customer is new in the first year of trade."""
_SHARE, _DAYS = Decimal("0.001"), Decimal("0.1")


@router.get(
    "/v1/customers/{customer_id}/health",
    dependencies=[reads],
    responses={200: answers.HEALTH, 404: {"description": "No customer has this id, or the card is erased or merged"}},
    summary="What the card has and lacks for its stage, how old that is, and how soon it was entered",
)
async def get_health(customer_id: UUID, deps: Dependencies, min_position: MinPosition = None) -> Response:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CARD_HEALTH, position))
    async with deps.pool.acquire() as c:
        row = await one(c, SCHEMA, customer_id)
    if row is None:
        raise refused(CardUnknown())
    state, today = keeping_of(row), deps.today()
    body = _summary(row, state, today)
    body["to_fill"] = completeness.missing(completeness.wanted(state.kind, state.stage), state.has)
    body["fields"] = [_field(name, entry, deps, today) for name, entry in sorted(state.entries.items()) if entry.filled]
    body["waiting"] = sorted(one.field for one in state.waiting.values())
    counts: dict[int, int] = {}
    for several in state.delays.values():
        for days, count in several.items():
            counts[days] = counts.get(days, 0) + count
    if (delay := delay_of(counts)) is not None:
        body["delay"] = _delay(delay)
    return Json(body)


def _summary(row: CardHealth, state: Keeping, today: date) -> dict[str, Any]:
    asked = completeness.required(state.kind, state.stage)
    found: dict[str, Any] = {"customer_id": row.customer_id}
    for name in ("name", "area_id", "salesperson_id"):
        if getattr(row, name) is not None:
            found[name] = getattr(row, name)
    found |= {
        "stub": state.stub,
        "stage": state.stage,
        "time_series": _time_series(state.stage, [row.first_traded_on, state.trading_since], today),
        "complete": not row.missing,
        "required": len(asked),
        "filled": len(asked) - len(row.missing),
        "missing": row.missing,
    }
    if row.first_traded_at is not None:
        first: dict[str, Any] = {"recorded_at": row.first_traded_at, "missing": row.missing_then}
        if row.first_traded_on is not None:
            first["on"] = row.first_traded_on
        found["first_sale"] = first
    return found


def _time_series(stage: Stage, days: Sequence[date | None], today: date) -> str:
    """`days`: those from which the customer may have traded; where none is known it is an old one."""
    if stage in ("PROSPECT", "ABOUT_TO_TRADE"):
        return "FUTURE"
    since = min((day for day in days if day is not None), default=None)
    if since is None or stage == "PAST":
        return "OLD"
    return "NEW" if (today.year - since.year) * 12 + today.month - since.month < NEW_MONTHS else "OLD"


def _field(name: str, entry: Entry, deps: Deps, today: date) -> dict[str, Any]:
    holds_from = day_of(entry.holds_from, deps.zone)
    seen = seen_on(entry)
    found: dict[str, Any] = {
        "field": name,
        "holds_from": holds_from,
        "entered_at": entry.entered_at,
        "age_days": (today - (entry.observed_on or holds_from)).days,
        "stale": is_stale(limit_of(name), month_of(seen), today),
    }
    if entry.source is not None:
        found["source"] = entry.source
    if entry.observed_on is not None:
        found["observed_on"] = entry.observed_on
        found["delay_days"] = max((day_of(entry.entered_at, deps.zone) - entry.observed_on).days, 0)
    if entry.looked_at >= entry.version:
        found |= {"verified": entry.confirmed, "verified_on": entry.verified_on}
    return found


def _delay(delay: Delay) -> dict[str, Any]:
    return {"statements": delay.statements, "mean_days": str(delay.mean.quantize(_DAYS)), "median_days": delay.median}


@router.get(
    "/v1/card-health",
    dependencies=[reads, listed],
    responses={200: answers.HEALTHS},
    summary="Cards and what they lack, the emptiest first",
)
async def list_health(
    deps: Dependencies,
    request: Request,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    stage: Annotated[Stage | None, Query()] = None,
    missing: Annotated[
        Reference | None, Query(description="Only cards that lack this field", examples=["basics.legal_form"])
    ] = None,
    incomplete_at_first_sale: Annotated[
        bool | None, Query(description="Only cards that lacked something when the first sale was recorded, or only the others")
    ] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    if missing is not None and not completeness.asked(missing):
        raise Problem(
            "VALIDATION_FAILED", errors=[FieldError("#/query/missing", "FIELD_UNKNOWN", "no stage asks for this field")]
        )
    filters = Filters(salesperson_id, area_id, stage, missing, incomplete_at_first_sale)
    bound = filter_hash(list="card-health", **filters._asdict())
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CARD_HEALTH, position))
    after = None if cursor is None else _after(deps, bound, cursor)
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    shown, today = rows[:limit], deps.today()
    next_cursor = None
    if len(rows) > limit:
        next_cursor = deps.cursors.encode(bound, (shown[-1].missing_count, str(shown[-1].customer_id)))
    return page_response(Page([_summary(row, keeping_of(row), today) for row in shown], next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[int, UUID]:
    count, customer = deps.cursors.decode(bound, cursor, 2)
    return int(count or 0), UUID(str(customer))


@router.get(
    "/v1/card-health/salespeople",
    dependencies=[reads, listed],
    responses={200: answers.KEEPERS},
    summary="How well each salesperson keeps cards: complete, fresh, entered soon after the visit",
)
async def list_keepers(
    deps: Dependencies, salesperson_id: Annotated[Reference | None, Query()] = None, min_position: MinPosition = None
) -> Response:
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CARD_HEALTH, position))
    async with deps.pool.acquire() as c:
        found = await figures(c, SCHEMA, salesperson_id)
    today = deps.today()
    items = [_keeper(whose, measures, today) for whose, measures in sorted(found.items())]
    return Json({"as_of": today, "items": items})


def _keeper(whose: str, measures: Mapping[str, int], today: date) -> dict[str, Any]:
    """Delays count for the salesperson whose customer it was when they were entered, everything else for whose it is."""
    counts: dict[int, int] = {}
    seen = stale = 0
    for measure, value in measures.items():
        match measure.split("/"):
            case [kind, days] if kind == DELAY:
                counts[int(days)] = value
            case [kind, months, month] if kind == SEEN:
                seen += value
                stale += value if is_stale(int(months), month, today) else 0
    found: dict[str, Any] = {} if whose == NOBODY else {"salesperson_id": whose}
    for name in ("cards", "complete", "required", "filled"):
        found[name] = measures.get(name, 0)
    found["incomplete_at_first_sale"] = measures.get("incomplete_then", 0)
    shares = {
        "complete_share": (found["complete"], found["cards"]),
        "filled_share": (found["filled"], found["required"]),
        "stale_share": (stale, seen),
    }
    found |= {name: str((Decimal(part) / whole).quantize(_SHARE)) for name, (part, whole) in shares.items() if whole}
    if (delay := delay_of(counts)) is not None:
        found["delay"] = _delay(delay)
    return found
