"""Facts over HTTP: one by one, or up to a thousand in one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from services.cards.api import answers
from services.cards.api.deps import Dependencies
from services.cards.api.examples import FACT_EXAMPLES, bulk_example
from services.cards.api.fact_bodies import (
    AnyFactBody,
    CreditNoteBody,
    InvoiceBody,
    PaymentBody,
    PaymentReversalBody,
    RefundBody,
    ReturnBody,
    SaleBody,
    SubSaleBody,
    WriteOffBody,
    delivered,
    read_fact,
)
from services.cards.domain.ledger import Delivered, Written
from services.cards.handlers.deps import Deps
from services.cards.handlers.facts import FactAnswer, deliver
from services.cards.handlers.problems import FACT_CONFLICT, TOO_MANY_ITEMS
from services.cards.handlers.registrations import summary
from services.cards.handlers.relation_problems import DEALER_UNKNOWN
from services.cards.imports import plain_sales
from shared.web.answers import Answer
from shared.web.commands import Command, CommandKey, respond
from shared.web.correlation import event_meta
from shared.web.problem import Problem
from shared.web.scope import Plain, bulk, lean, lean_with, scope

router = APIRouter(tags=["transactions"])
writes = scope("cards.ledger.write")
BULK_ITEMS = 1000

_STATUS = {"recorded": 201, "duplicate": 200}
_RESPONSES: answers.Responses = {
    200: answers.DUPLICATE,
    201: answers.RECORDED,
    404: {"description": "The customer's id is not known; external ids always are, by a stub"},
    409: {"description": f"{FACT_CONFLICT}: recorded before with another content"},
}


async def _one(body: AnyFactBody, key: CommandKey, deps: Deps, request: Request) -> Response:
    return respond(await _recorded(delivered(body), key, deps, event_meta(request)), request)


async def _recorded(fact: Delivered | Written, key: CommandKey, deps: Deps, meta: Mapping[str, str]) -> Answer:
    answer = await deliver(deps, [fact], {}, key, meta)
    item = answer.items[0]
    if item.problem is not None:
        return Answer(item.problem["status"], item.problem, replayed=answer.replayed)
    found = {"id": item.fact_id, "status": item.status, "customer_id": item.customer_id}
    return Answer(_STATUS[item.status], found, position=answer.positions, replayed=answer.replayed)


def _plain_sale(body: bytes, deps: Deps) -> tuple[Written, bytes] | None:
    return plain_sales.read_body(body, deps.today())


@router.post(
    "/v1/sales",
    status_code=201,
    dependencies=[writes, lean_with(Plain(_plain_sale, _recorded))],
    responses=_RESPONSES,
    summary="Record a sale",
)
async def record_sale(
    body: Annotated[SaleBody, Body(openapi_examples=FACT_EXAMPLES["sale"])], key: Command, deps: Dependencies, request: Request
) -> Response:
    return await _one(body, key, deps, request)


@router.post("/v1/returns", status_code=201, dependencies=[writes], responses=_RESPONSES, summary="Record goods returned")
async def record_return(
    body: Annotated[ReturnBody, Body(openapi_examples=FACT_EXAMPLES["return"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post(
    "/v1/invoices", status_code=201, dependencies=[writes, lean], responses=_RESPONSES, summary="Record an invoice issued"
)
async def record_invoice(
    body: Annotated[InvoiceBody, Body(openapi_examples=FACT_EXAMPLES["invoice"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post(
    "/v1/payments", status_code=201, dependencies=[writes, lean], responses=_RESPONSES, summary="Record a payment received"
)
async def record_payment(
    body: Annotated[PaymentBody, Body(openapi_examples=FACT_EXAMPLES["payment"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post(
    "/v1/payment-reversals",
    status_code=201,
    dependencies=[writes],
    responses=_RESPONSES,
    summary="Record that a payment did not stand",
)
async def record_payment_reversal(
    body: Annotated[PaymentReversalBody, Body(openapi_examples=FACT_EXAMPLES["payment_reversal"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post("/v1/refunds", status_code=201, dependencies=[writes], responses=_RESPONSES, summary="Record money paid back")
async def record_refund(
    body: Annotated[RefundBody, Body(openapi_examples=FACT_EXAMPLES["refund"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post("/v1/credit-notes", status_code=201, dependencies=[writes], responses=_RESPONSES, summary="Record a credit note")
async def record_credit_note(
    body: Annotated[CreditNoteBody, Body(openapi_examples=FACT_EXAMPLES["credit_note"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post("/v1/write-offs", status_code=201, dependencies=[writes], responses=_RESPONSES, summary="Record an invoice given up")
async def record_write_off(
    body: Annotated[WriteOffBody, Body(openapi_examples=FACT_EXAMPLES["write_off"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post(
    "/v1/sub-sales",
    status_code=201,
    dependencies=[writes],
    responses={**_RESPONSES, 404: {"description": f"The customer's id is not known, or {DEALER_UNKNOWN}"}},
    summary="Record a dealer's sale to its sub-distributor",
)
async def record_sub_sale(
    body: Annotated[SubSaleBody, Body(openapi_examples=FACT_EXAMPLES["sub_sale"])],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    return await _one(body, key, deps, request)


@router.post(
    "/v1/transactions/bulk",
    status_code=207,
    dependencies=[writes, bulk],
    summary="Record up to 1000 facts",
    responses={207: answers.FACTS_BULK, 413: {"description": TOO_MANY_ITEMS}},
)
async def record_transactions(
    items: Annotated[list[Any], Body(openapi_examples=bulk_example, description="Facts, each with its `type`")],
    key: Command,
    deps: Dependencies,
    request: Request,
) -> Response:
    if len(items) > BULK_ITEMS:
        raise Problem(TOO_MANY_ITEMS)
    read = [read_fact(item) for item in items]
    refused = {place: one for place, one in enumerate(read) if isinstance(one, Problem)}
    facts = [None if isinstance(one, Problem) else one for one in read]
    answer = await deliver(deps, facts, refused, key, event_meta(request))
    body = {
        "summary": summary([item.status for item in answer.items]),
        "items": [_item(i, one) for i, one in enumerate(answer.items)],
    }
    return respond(Answer(207, body, position=answer.positions, replayed=answer.replayed), request)


def _item(index: int, one: FactAnswer) -> dict[str, Any]:
    found: dict[str, Any] = {"index": index, "status": one.status}
    if one.fact_id is not None:
        found |= {"id": one.fact_id, "customer_id": one.customer_id}
    if one.problem is not None:
        found["problem"] = one.problem
    return found
