"""Finding a person over HTTP: by keyed hashes of what is known exactly."""

from __future__ import annotations

from typing import Annotated, Self

from fastapi import APIRouter, Request
from fastapi import Body as FastBody
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from services.cards.api import answers, examples
from services.cards.api.card_views import SEES_PERSONS
from services.cards.api.deps import Dependencies
from services.cards.handlers.deps import SCHEMA
from services.cards.read_models.customer_search import find
from shared.privacy.search import SearchKind
from shared.web.fields import Body, Country, Email, Name, Telephone
from shared.web.pages import Page, page_response
from shared.web.reach import listed
from shared.web.scope import scope

router = APIRouter(tags=["customers"])
MOST_FOUND = 50
"""More persons of one name are told apart by telephone or e-mail."""


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
    dependencies=[scope(SEES_PERSONS), listed],
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
