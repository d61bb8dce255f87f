"""A customer on one page, over HTTP: the dossier, and the credit card as another view of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from services.cards.api import dossier_answers as said
from services.cards.api.answers import Responses
from services.cards.api.deps import Dependencies
from services.cards.api.dossier_reading import FOLDED, Known, balances_body, known_of, record_body
from services.cards.api.dossier_views import (
    alert_body,
    alerts_body,
    class_body,
    complaint_body,
    complaints_body,
    grade_body,
    invested_body,
    promises_body,
)
from services.cards.api.part_views import parts_body
from services.cards.api.promises import promise_body
from services.cards.api.trade import trade_body
from services.cards.api.trade_lists import all_reached
from services.cards.domain.as_of import standing
from services.cards.domain.card import Erased
from services.cards.domain.parts import BUSINESS, CHARACTERISTICS, NO_PARTS, TRADE, parts_of
from services.cards.handlers.cards import state_of
from services.cards.handlers.deps import Deps
from services.cards.read_models.dossier import alerts_of, complaints_of
from services.cards.read_models.promises import PromiseRow
from shared.auth.principal import Principal
from shared.web.positions import MinPosition
from shared.web.rendering import Json
from shared.web.scope import Caller, scope

router = APIRouter(tags=["dossier"])
reads = scope("cards.dossier.read")
_REPORTED = (CHARACTERISTICS, BUSINESS, TRADE)
"""Parts on which an agency reports."""
_UNKNOWN: Responses = {404: {"description": "No customer has this id"}}


@router.get(
    "/v1/customers/{customer_id}/dossier",
    dependencies=[reads],
    responses={200: said.DOSSIER, **_UNKNOWN},
    summary="All that is known of a customer on one page: the record, the statistics, what is open, what was invested",
)
async def get_dossier(customer_id: UUID, caller: Caller, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """Of a customer that leads merged cards the sums of all of them; the record and the class are those of the leading card. An erased
    customer's record is gone, its trade and its debts are not."""
    await all_reached(deps, min_position, *FOLDED)
    known = await known_of(deps, customer_id)
    today = deps.today()
    return Json(
        {
            **_head(known, today),
            "record": await record_body(deps, caller, known),
            "statistics": {
                "value_class": class_body(known.own),
                "credit_grade": grade_body(known.own),
                "trade": await trade_body(deps, customer_id),
                "receivables": balances_body(known, today, lines=True),
            },
            "complaints": complaints_body(known.rows),
            "alerts": alerts_body(known.rows),
            "promises": promises_body(known.promises, today),
            "invested": invested_body(known.rows),
        }
    )


def _head(known: Known, today: date) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": known.customer_id, "as_of": today}
    if known.lead_id is not None:
        found["merged_into"] = known.lead_id
    return found | ({"merged": known.merged} if known.merged else {})


@router.get(
    "/v1/customers/{customer_id}/credit-card",
    dependencies=[reads],
    responses={200: said.CREDIT_CARD, **_UNKNOWN},
    summary="A customer's credit: limit, terms, exposure, ageing, disputes, past problems, warnings, what an agency said",
)
async def get_credit_card(customer_id: UUID, caller: Caller, deps: Dependencies, min_position: MinPosition = None) -> Response:
    """Over all cards of the customer, as the dossier."""
    await all_reached(deps, min_position, *FOLDED)
    known = await known_of(deps, customer_id)
    today = deps.today()
    record = await record_body(deps, caller, known)
    kept = ("name", "person_name", "erased", "salesperson_id", "area_id", "terms", "restriction")
    alerts = [alerts_of(row) for row in known.rows]
    return Json(
        {
            **_head(known, today),
            **{name: record[name] for name in kept if name in record},
            "value_class": known.own.value_class,
            "credit_grade": grade_body(known.own),
            "balances": balances_body(known, today, lines=True),
            "disputes": [complaint_body(one) for row in known.rows for one in complaints_of(row).open if one.disputed],
            "alerts": [alert_body(one) for each in alerts for one in each.open if one.kind == "credit"],
            "promises": [promise_body(row, today) for row in known.promises if _to_pay(row) and row.state == "PENDING"],
            "past_problems": {
                "stated": _stated(record),
                "alerts": [msgspec.to_builtins(one) for each in alerts for one in each.past_credit],
                "promises_broken": [promise_body(row, today) for row in known.promises if _to_pay(row) and row.state == "BROKEN"],
            },
            "agency_report": await _agency_report(deps, caller, known, today),
        }
    )


def _to_pay(row: PromiseRow) -> bool:
    return row.made_by == "CUSTOMER" and row.kind == "PAY"


def _stated(record: dict[str, Any]) -> dict[str, Any]:
    """What the card says about credit, with who said it."""
    trade = record.get("parts", {}).get("trade", {})
    return {name: trade[name] for name in ("credit_status", "credit_problems", "reputation", "days_late") if name in trade}


async def _agency_report(deps: Deps, caller: Principal, known: Known, today: date) -> dict[str, Any]:
    """The latest that a paid agency said of each field, also where something else stands by now."""
    if isinstance(state_of(known.loaded), Erased):
        return {}
    found = parts_of(standing(known.loaded.events, deps.zone, None, None), deps.zone)
    said_by_agency = {field: one for field, one in found.agency.items() if field.partition(".")[0] in _REPORTED}
    body = await parts_body(deps, caller, known.customer_id, replace(NO_PARTS, statements=said_by_agency), today)
    parts: dict[str, Any] = body["parts"]
    return parts
