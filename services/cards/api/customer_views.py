"""Cards over HTTP: reading one, and the list. What concerns a person is opened for callers who may see it, else left out."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi import Body as FastBody
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.cards.api import answers, examples
from services.cards.api.deps import Dependencies
from services.cards.domain.card import Erased, Particulars, Registered, Stub, Unregistered
from services.cards.domain.identity import card_stream
from services.cards.domain.refusals import CardUnknown, CustomerIsErased
from services.cards.handlers.cards import state_of
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import refused
from services.cards.read_models.customer_lookup import owners
from services.cards.read_models.customer_search import find
from services.cards.read_models.customers import CUSTOMERS, Customer, Filters, external_ids_of, page
from shared.auth.keys import Principal
from shared.contracts.cards import Basics, ExternalId
from shared.contracts.money import Money
from shared.event_store.load import load
from shared.privacy.fields import change
from shared.privacy.search import SearchKind
from shared.projections.waiting import wait_for
from shared.web.commands import resource
from shared.web.fields import Body, Country, Email, Name, Reference, Telephone
from shared.web.pages import CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.positions import MinPosition, reached
from shared.web.problem import FieldError, Problem
from shared.web.scope import Caller, scope

router = APIRouter(tags=["customers"])
reads = scope("cards.customer.read")
SEES_PERSONS = "cards.pii.read"
MOST_FOUND = 50
"""More persons of one name are told apart by telephone or e-mail."""

_basics = msgspec.json.Decoder(Basics)


@router.get(
    "/v1/customers/{customer_id}",
    dependencies=[reads],
    summary="One card, always fresh",
    responses={
        200: answers.CARD,
        404: {"description": "No customer has this id"},
        410: {"description": "The personal data were erased"},
    },
)
async def get_customer(customer_id: UUID, caller: Caller, deps: Dependencies, request: Request) -> Response:
    async with deps.pool.acquire() as c:
        loaded = await load(c, SCHEMA, card_stream(customer_id))
    state = state_of(loaded)
    match state:
        case Unregistered():
            raise refused(CardUnknown())
        case Erased():
            raise refused(CustomerIsErased())
        case Stub():
            body = {"customer_id": customer_id, "stub": True, **_particulars(state.particulars)}
        case Registered():
            [basics] = await _shown(deps, caller, [(customer_id, state.basics)])
            body = {"customer_id": customer_id, "stub": False, **_without_nothing(basics), **_particulars(state.particulars)}
            if not caller.may(SEES_PERSONS):
                body["personal_data"] = "withheld"
    return resource(body, loaded.version, request)


async def _shown(deps: Deps, caller: Principal, cards: list[tuple[UUID, Basics]]) -> list[Basics]:
    if not caller.may(SEES_PERSONS):
        return [change(basics, lambda _field, _text: None) for _, basics in cards]
    return await deps.sealer.unseal_structs([(basics, card_stream(customer)) for customer, basics in cards])


def _without_nothing(value: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def _particulars(known: Particulars) -> dict[str, Any]:
    found: dict[str, Any] = {"external_ids": known.external_ids, "marks": known.marks}
    if known.area_id is not None:
        found["area_id"] = known.area_id
    if known.salesperson_id is not None:
        found["salesperson_id"] = known.salesperson_id
    if known.terms is not None:
        found["terms"] = _terms(known.terms.payment_days, known.terms.credit_limit, known.terms.agreed_on.isoformat())
    if known.restriction is not None:
        found["restriction"] = known.restriction
    return found


def _terms(payment_days: int, limit: Money | None, agreed_on: str) -> dict[str, Any]:
    found: dict[str, Any] = {"payment_days": payment_days, "agreed_on": agreed_on}
    if limit is not None:
        found["credit_limit"] = limit
    return found


@router.get(
    "/v1/customers",
    dependencies=[reads],
    responses={200: answers.CARDS},
    summary="Customers by name; stubs and persons come first",
)
async def list_customers(
    caller: Caller,
    deps: Dependencies,
    request: Request,
    name_prefix: Annotated[
        Name | None, Query(description="Beginning of a company's name; case and width make no difference")
    ] = None,
    area_id: Annotated[Reference | None, Query()] = None,
    salesperson_id: Annotated[Reference | None, Query()] = None,
    kind: Annotated[Literal["COMPANY", "PERSON"] | None, Query()] = None,
    stub: Annotated[bool | None, Query()] = None,
    nature: Annotated[Reference | None, Query()] = None,
    shop_kind: Annotated[Reference | None, Query()] = None,
    industry: Annotated[Reference | None, Query()] = None,
    external_id: Annotated[str | None, Query(max_length=300, description="`system:value`", examples=["erp:K-1077"])] = None,
    limit: Limit = 50,
    cursor: CursorParameter = None,
    min_position: MinPosition = None,
) -> Response:
    filters = Filters(name_prefix, area_id, salesperson_id, kind, stub, nature, shop_kind, industry)
    bound = filter_hash(list="customers", external_id=external_id, **filters._asdict())
    await reached(min_position, lambda position: wait_for(deps.pool, SCHEMA, CUSTOMERS, position))
    async with deps.pool.acquire() as c:
        if external_id is not None:
            owner = await owners(c, SCHEMA, [_external_id(external_id)])
            filters = filters._replace(customer_ids=list(owner.values()))
        after = None if cursor is None else _after(deps, bound, cursor)
        rows = await page(c, SCHEMA, filters, after, limit + 1)
    shown = rows[:limit]
    items = await _items(deps, caller, shown)
    more = len(rows) > limit
    next_cursor = deps.cursors.encode(bound, (shown[-1].sort_name, str(shown[-1].customer_id))) if more else None
    return page_response(Page(items, next_cursor), request)


class SearchBody(Body):
    """One of the three; compared as a whole, without regard to case, width and spacing."""

    name: Name | None = None
    telephone: Telephone | None = None
    email: Email | None = None
    country: Annotated[Country | None, Field(description="Where a telephone number without a country code belongs")] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(text is not None for text in (self.name, self.telephone, self.email)) != 1:
            raise PydanticCustomError("search_term", "give one of name, telephone and email")
        return self


@router.post(
    "/v1/customers/search",
    dependencies=[scope(SEES_PERSONS)],
    responses={200: answers.FOUND},
    summary="Find a person by name, telephone or e-mail, exactly",
)
async def search_customers(
    body: Annotated[SearchBody, FastBody(openapi_examples=examples.SEARCH)], deps: Dependencies, request: Request
) -> Response:
    """A POST, so that nothing personal stands in addresses and logs; it changes nothing and needs no Idempotency-Key."""
    terms: tuple[tuple[SearchKind, str | None], ...] = (("name", body.name), ("telephone", body.telephone), ("email", body.email))
    [wanted] = [deps.sealer.search_hash(kind, text, body.country) for kind, text in terms if text is not None]
    async with deps.pool.acquire() as c:
        found = await find(c, SCHEMA, wanted, MOST_FOUND)
    return page_response(Page([{"customer_id": customer} for customer in found], None), request)


def _external_id(text: str) -> ExternalId:
    system, colon, value = text.partition(":")
    if not (system and colon and value):
        raise Problem("VALIDATION_FAILED", errors=[FieldError("#/query/external_id", "EXTERNAL_ID_FORM", "must be system:value")])
    return ExternalId(system, value)


def _after(deps: Deps, bound: bytes, cursor: str) -> tuple[str, UUID]:
    name, customer = deps.cursors.decode(bound, cursor, 2)
    return str(name), UUID(str(customer))


async def _items(deps: Deps, caller: Principal, rows: list[Customer]) -> list[dict[str, Any]]:
    registered = [(row.customer_id, _basics.decode(row.basics)) for row in rows if row.basics is not None]
    shown = {customer: basics for (customer, _), basics in zip(registered, await _shown(deps, caller, registered), strict=True)}
    return [_item(row, shown.get(row.customer_id)) for row in rows]


def _item(row: Customer, basics: Basics | None) -> dict[str, Any]:
    found: dict[str, Any] = {"customer_id": row.customer_id, "stub": row.stub, "external_ids": external_ids_of(row.external_ids)}
    if basics is not None:
        found |= _without_nothing(basics)
    marks = {name: getattr(row, name) for name in ("nature", "shop_kind", "industry") if getattr(row, name) is not None}
    if marks:
        found["marks"] = marks
    for name in ("area_id", "salesperson_id", "restriction"):
        if getattr(row, name) is not None:
            found[name] = getattr(row, name)
    if row.payment_days is not None and row.agreed_on is not None:
        limit = None
        if row.credit_limit is not None and row.credit_currency is not None:
            limit = Money(row.credit_limit, row.credit_currency)
        found["terms"] = _terms(row.payment_days, limit, row.agreed_on.isoformat())
    return found
