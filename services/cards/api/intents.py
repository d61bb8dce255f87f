"""Purchase intents over HTTP: what a customer thinks of buying, each under its own number, with its own class and grade."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api import standing_examples as examples
from services.cards.api.card_views import SEES_PERSONS
from services.cards.api.deps import Dependencies
from services.cards.domain.intent import GradeIntent, IntentStep, LoseIntent, OpenIntent, WinIntent, intent_stream
from services.cards.domain.refusals import IntentUnknown
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.intents import open_intent, take_step
from services.cards.handlers.problems import refused
from services.cards.handlers.relation_problems import (
    INTENT_ENDED,
    INTENT_NUMBER_TAKEN,
    INTENT_STEP_TOO_EARLY,
    INTENT_UNKNOWN,
)
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.intents import INTENTS, Filters, IntentRow, IntentState, Place, folded, page
from shared.contracts.intents import Grade, IntentOpened
from shared.event_store.load import load
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.commands import Command, CommandKey, IfMatch, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import Body as BodyModel
from shared.web.fields import BusinessDay, Code, FreeText, PositiveMoneyIn, Reference
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.reach import listed
from shared.web.scope import Caller, scope

router = APIRouter(tags=["purchase intents"])
reads = scope("cards.intent.read")
writes = scope("cards.intent.write")


class IntentBody(BodyModel):
    """`grade` A is nearest to buying. Without a number the intent gets one."""

    number: Reference | None = None
    intent_class: Code
    grade: Grade
    opened_on: BusinessDay | None = None
    expected_on: BusinessDay | None = None
    expected: PositiveMoneyIn | None = None
    text: FreeText | None = None

    def command(self, customer_id: UUID, key: CommandKey, today: date) -> OpenIntent:
        return OpenIntent(
            customer_id=customer_id,
            # A repeated request makes the same number.
            number=self.number or f"I-{key.new_id().hex[:12].upper()}",
            intent_class=self.intent_class,
            grade=self.grade,
            opened_on=self.opened_on or today,
            expected_on=self.expected_on,
            expected=None if self.expected is None else self.expected.money,
            text=self.text,
            today=today,
            decided_by=key.principal,
        )


class GradeBody(BodyModel):
    """Without a class it keeps its own. `reason` is a code of the company's."""

    grade: Grade
    intent_class: Code | None = None
    reason: Code | None = None


class WonBody(BodyModel):
    won_on: BusinessDay | None = None
    order_number: Reference | None = None


class LostBody(BodyModel):
    """`reason` is a code of the company's, such as PRICE, COMPETITOR, NO_NEED."""

    reason: Code
    lost_on: BusinessDay | None = None


_STEP: answers.Responses = {
    200: examples.INTENT_CHANGED,
    404: {"description": INTENT_UNKNOWN},
    409: {"description": f"{INTENT_ENDED} or {INTENT_STEP_TOO_EARLY}"},
}


@router.post(
    "/v1/customers/{customer_id}/intents",
    status_code=201,
    dependencies=[writes],
    summary="Open a purchase intent of a customer, beside those it has",
    responses={
        201: examples.INTENT_OPENED,
        404: {"description": "No customer has this id"},
        409: {"description": INTENT_NUMBER_TAKEN},
        410: {"description": "The customer's personal data were erased"},
    },
)
async def post_intent(
    customer_id: UUID,
    body: Annotated[IntentBody, Body(openapi_examples=examples.INTENT_BODY)],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = body.command(customer_id, key, deps.today())
    return respond(await open_intent(deps, command, key, event_meta(request)), request)


async def _step(intent_id: UUID, command: IntentStep, key: CommandKey, version: int, deps: Deps, request: Request) -> Response:
    return respond(await take_step(deps, intent_id, command, version, key, event_meta(request)), request)


@router.post("/v1/intents/{intent_id}/grade", dependencies=[writes], responses=_STEP, summary="Grade or class an intent anew")
async def grade_intent(
    intent_id: UUID,
    body: Annotated[GradeBody, Body(openapi_examples=examples.GRADE_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    command = GradeIntent(body.grade, body.intent_class, body.reason, key.principal)
    return await _step(intent_id, command, key, version, deps, request)


@router.post("/v1/intents/{intent_id}/won", dependencies=[writes], responses=_STEP, summary="The customer has bought")
async def win_intent(
    intent_id: UUID,
    body: Annotated[WonBody, Body(openapi_examples=examples.WON_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    today = deps.today()
    command = WinIntent(body.won_on or today, body.order_number, today, key.principal)
    return await _step(intent_id, command, key, version, deps, request)


@router.post("/v1/intents/{intent_id}/lost", dependencies=[writes], responses=_STEP, summary="The customer will not buy")
async def lose_intent(
    intent_id: UUID,
    body: Annotated[LostBody, Body(openapi_examples=examples.LOST_BODY)],
    key: Command,
    version: IfMatch,
    deps: Dependencies,
    request: Request,
) -> Response:
    today = deps.today()
    command = LoseIntent(body.lost_on or today, body.reason, today, key.principal)
    return await _step(intent_id, command, key, version, deps, request)


@router.get(
    "/v1/intents/{intent_id}",
    dependencies=[reads],
    responses={200: examples.INTENT, 404: {"description": INTENT_UNKNOWN}},
    summary="One intent, always fresh",
)
async def get_intent(intent_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    """The words of it need the scope `cards.pii.read`."""
    stream = intent_stream(intent_id)
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, stream)
    row = folded(loaded.events)
    if row is None:
        raise refused(IntentUnknown())
    shown = _shown(row)
    opened = loaded.events[0].event
    if isinstance(opened, IntentOpened) and opened.text is not None and caller.may(SEES_PERSONS):
        text = (await deps.sealer.unseal_struct(opened, stream)).text
        shown |= {} if text is None else {"text": text}
    return resource(shown, loaded.version, request)


@router.get(
    "/v1/intents",
    dependencies=[reads, listed],
    responses={200: examples.INTENTS},
    summary="Purchase intents by grade, the nearest first",
)
async def list_intents(
    deps: Dependencies,
    request: Request,
    customer_id: UUID | None = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    grade: Grade | None = None,
    intent_class: Annotated[Code | None, Query()] = None,
    state: IntentState | None = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(customer_id, salesperson_id, grade, intent_class, state)
    bound = filter_hash(list="intents", **filters._asdict())
    after = None if cursor is None else _after(deps, bound, cursor)
    for model in (INTENTS, CUSTOMERS):
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))
    async with deps.pool.acquire() as c:
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    items = [{**_shown(one.row), "name": one.name, "salesperson_id": one.salesperson_id} for one in rows[:limit]]
    next_cursor = None
    if len(rows) > limit:
        last = rows[limit - 1].row
        next_cursor = deps.cursors.encode(bound, (last.grade, last.opened_on.isoformat(), str(last.intent_id)))
    return page_response(Page(items, next_cursor), request)


def _after(deps: Deps, bound: bytes, cursor: str) -> Place:
    grade, opened, intent = deps.cursors.decode(bound, cursor, 3)
    return str(grade), date.fromisoformat(str(opened)), UUID(str(intent))


def _shown(row: IntentRow) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": row.intent_id,
        "customer_id": row.customer_id,
        "number": row.number,
        "intent_class": row.intent_class,
        "grade": row.grade,
        "state": row.state,
        "opened_on": row.opened_on,
        "expected_on": row.expected_on,
        "expected": money_body(row.expected, row.currency),
        "graded_at": row.graded_at,
        "ended_on": row.ended_on,
        "order_number": row.outcome if row.state == "WON" else None,
        "reason": row.outcome if row.state == "LOST" else None,
        "version": row.version,
    }
    return {name: value for name, value in found.items() if value is not None}
