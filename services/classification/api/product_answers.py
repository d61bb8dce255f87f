"""What answers have in common: figures as they travel, and what those about products rest on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models.articles import described_on
from services.classification.read_models.scoping import Question
from services.classification.read_models.served import SERVED
from services.classification.read_models.sold import SOLD
from shared.contracts.money import decimals
from shared.contracts.products import ProductStandardPublished
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.waiting import wait_for
from shared.web.amounts import money_body
from shared.web.positions import reached

Models = tuple[ReadModel[Any], ...]


def rests_on(asked: Question, *more: ReadModel[Any]) -> Models:
    """The read models that an answer rests on: sales, who is served by whom where that is asked, and others."""
    scoped = () if asked.scope.area_id is None and asked.scope.salesperson_id is None else (SERVED,)
    return (SOLD, *scoped, *more)


async def caught_up(deps: Deps, min_position: str | None, models: Models) -> None:
    """Wait until every one of them knows the position. Raises Problem as `reached` does."""
    for model in models:
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))


def standard_body(standard: ProductStandardPublished) -> dict[str, Any]:
    """The standard that an answer follows, by name and version."""
    return {"name": "products", "version": standard.version}


def fraction(part: Decimal | None, whole: Decimal | None = None) -> str | None:
    """A fraction as it travels; of a whole that is not positive there is none."""
    if part is None or (whole is not None and whole <= 0):
        return None
    return f"{part if whole is None else part / whole:.6f}"


def about(amount: Decimal | None, currency: str | None) -> dict[str, str] | None:
    """An amount that was divided, as it travels: rounded to the decimals of its currency; None where there is none."""
    if amount is None or currency is None:
        return None
    return money_body(amount.quantize(Decimal(1).scaleb(-decimals(currency))), currency)


def number(quantity: Decimal | None) -> str | None:
    """A quantity as it travels: without exponent, without idle zeros, six decimals at most."""
    if quantity is None:
        return None
    text = f"{quantity:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def stated(found: Mapping[str, Any]) -> dict[str, Any]:
    """What there is a figure for."""
    return {name: value for name, value in found.items() if value is not None}


async def names_of(c: Connection, day: date, articles: Collection[str]) -> dict[str, str | None]:
    """Names of articles as they are described on a day; those that nobody has described are left out."""
    return {one.article: one.name for one in await described_on(c, SCHEMA, day, articles)} if articles else {}
