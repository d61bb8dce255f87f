"""What every analysis is asked with: a period or a day, a currency, and whose customers."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query

from services.classification.api.deps import Dependencies
from services.classification.handlers.problems import AS_OF_IN_FUTURE
from services.classification.read_models.scoping import Question
from services.classification.read_models.served import Scope
from shared.web.catalogue import describe
from shared.web.fields import BusinessDay, Currency, Reference
from shared.web.problem import Problem

USUAL_DAYS = 365
LONGEST_DAYS = 3660
ANALYSIS_PERIOD = describe(
    "ANALYSIS_PERIOD",
    422,
    "The period cannot be analysed",
    f"`from` is not after `to`, a period has at most {LONGEST_DAYS} days, and `as_of` is given instead of `to`, not beside another one.",
)
REFUSED: dict[str, Any] = {"description": f"{AS_OF_IN_FUTURE} or {ANALYSIS_PERIOD}"}
"""For `responses` of a route: {422: REFUSED}."""


async def question(
    deps: Dependencies,
    begins: Annotated[
        BusinessDay | None, Query(alias="from", description=f"First day; {USUAL_DAYS} days are looked at where it is left out")
    ] = None,
    to: Annotated[BusinessDay | None, Query(description="Last day; today where it is left out")] = None,
    as_of: Annotated[BusinessDay | None, Query(description="The same as `to`")] = None,
    currency: Annotated[Currency | None, Query(description="One currency; that with the most sales by default")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers of this area")] = None,
    salesperson_id: Annotated[Reference | None, Query(description="Only customers of this salesperson")] = None,
) -> Question:
    """Raises Problem (422)."""
    today = deps.today()
    last = to or as_of or today
    first = begins or last - timedelta(days=USUAL_DAYS - 1)
    if last > today:
        raise Problem(AS_OF_IN_FUTURE)
    if (as_of or last) != last or not 1 <= (last - first).days + 1 <= LONGEST_DAYS:
        raise Problem(ANALYSIS_PERIOD)
    return Question(first, last, currency, Scope(area_id, salesperson_id))


Asked = Annotated[Question, Depends(question)]


def heading(asked: Question, from_what: list[dict[str, str]]) -> dict[str, Any]:
    """How every answer begins: what was asked, and what it comes from."""
    found = {"from": asked.first, "to": asked.last, "currency": asked.currency, **asked.scope._asdict()}
    return {**{name: value for name, value in found.items() if value is not None}, "from_what": from_what}
