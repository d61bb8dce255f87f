"""What is expected of a customer, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field
from starlette.responses import Response

from services.classification.api.bodies import Fraction, example
from services.classification.api.deps import Dependencies
from services.classification.domain.expectation import Expectation, Met, SetExpectation
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.expectations import known_expectations, performance, set_expectation
from services.classification.handlers.problems import EXPECTATION_OUT_OF_RANGE
from services.classification.read_models.customer_sales import one
from services.classification.read_models.expected_levels import customers_expected_of, levels_of
from services.classification.read_models.served import Scope
from shared.web import fields
from shared.web.amounts import money_body
from shared.web.commands import Command, IfMatchOptional, resource, respond
from shared.web.correlation import event_meta
from shared.web.fields import BusinessDay, Currency, MoneyIn, Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.problem import Problem
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["expectations"])


class ExpectationBody(fields.Body):
    """From the month of `from_on` on, in one currency: net sales a month, a share of the company's net sales, or both.

    Neither of them: nothing is expected any more from that month on.
    """

    currency: Currency
    from_on: BusinessDay
    monthly: MoneyIn | None = None
    share: Annotated[Fraction | None, Field(examples=["0.02"])] = None


EXPECTATION = example(
    {"currency": "CNY", "from_on": "2026-07-01", "monthly": {"amount": "50000.00", "currency": "CNY"}, "share": "0.02"}
)


@router.put(
    "/v1/customers/{customer_id}/expectation",
    dependencies=[scope("classification.class.write")],
    responses={404: {"description": "The customer is not known"}, 422: {"description": EXPECTATION_OUT_OF_RANGE}},
    summary="State what is expected of a customer",
)
async def put_expectation(
    customer_id: UUID,
    body: Annotated[ExpectationBody, Body(openapi_examples=EXPECTATION)],
    key: Command,
    version: IfMatchOptional,
    deps: Dependencies,
    request: Request,
) -> Response:
    """Of two statements about the same month and currency the later one stands. Warnings compare the amount, see alerts."""
    monthly = None if body.monthly is None else body.monthly.money
    share = None if body.share is None else Decimal(body.share)
    command = SetExpectation(customer_id, body.currency, body.from_on, monthly, share, key.principal)
    return respond(await set_expectation(deps, command, version, key, event_meta(request)), request)


@router.get(
    "/v1/customers/{customer_id}/expectation",
    dependencies=[scope("classification.class.read")],
    responses={404: {"description": "The customer is not known"}},
    summary="What is expected of a customer, and whether it was met in the last whole months",
)
async def get_expectation(customer_id: UUID, deps: Dependencies, request: Request) -> Response:
    """Statements are always fresh. `months` holds the last twelve whole months of which something was expected: net sales, their
    share of the company's net sales in that currency, and whether they were `below` what was expected."""
    async with deps.pool.acquire() as c:
        known, version = await known_expectations(c, customer_id)
        if not version and await one(c, SCHEMA, customer_id) is None:
            raise Problem("CUSTOMER_UNKNOWN")
        months = await performance(c, customer_id, known, deps.today())
    body = {
        "customer_id": customer_id,
        "expectations": [stated(each) for each in sorted(known.values())],
        "months": [_month(each) for each in months],
    }
    return resource(body, version, request, by_version=False)


@router.get(
    "/v1/expectations",
    dependencies=[scope("classification.class.read"), listed],
    summary="Customers of whom something is expected, and how they met it in the last whole month",
)
async def list_expectations(
    deps: Dependencies,
    request: Request,
    as_of: Annotated[
        BusinessDay | None, Query(description="The last whole month is the one that was over then; yesterday")
    ] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Only customers of this salesperson")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """By customer id. `last_month` is empty where nothing was expected of the last whole month; one entry a currency. What is expected
    is a share of the company, whoever is asked for."""
    whose = Scope(area_id, salesperson_id)
    following_day = deps.today() if as_of is None else min(as_of, deps.today()) + timedelta(days=1)
    bound = filter_hash(list="expectations", as_of=as_of, **whose._asdict())
    after = None if cursor is None else UUID(str(deps.cursors.decode(bound, cursor, 1)[0]))
    async with deps.pool.acquire() as c:
        customers = await customers_expected_of(c, SCHEMA, whose, after, limit + 1)
        levels = await levels_of(c, SCHEMA, customers[:limit])
        items = []
        for customer_id, known in sorted(levels.items()):
            months = [_month(each) for each in await performance(c, customer_id, known, following_day, months=1)]
            said = [stated(each) for each in sorted(known.values())]
            items.append({"customer_id": customer_id, "expectations": said, "last_month": months})
    following = deps.cursors.encode(bound, [str(customers[limit - 1])]) if len(customers) > limit else None
    return page_response(Page(items, following), request)


def stated(one: Expectation) -> dict[str, Any]:
    found: dict[str, Any] = {"currency": one.currency, "from_on": one.from_on}
    if one.monthly is not None:
        found["monthly"] = money_body(one.monthly, one.currency)
    if one.share is not None:
        found["share"] = str(one.share)
    return found


def _month(month: Met) -> dict[str, Any]:
    currency = month.expectation.currency
    found = {
        "month": month.month.isoformat()[:7],
        "expected": stated(month.expectation),
        "net": money_body(month.net, currency),
        "company_net": money_body(month.company, currency),
        "below": month.below,
    }
    return found if month.share is None else {**found, "share": f"{month.share:.6f}"}
