"""What every figure over many complaints is asked with: days, an area, a kind. There is no scope of a person: nothing here is blame."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query

from services.complaints.api.deps import Dependencies
from services.complaints.handlers.deps import SCHEMA, Deps
from services.complaints.read_models.recurrence import Span
from shared.contracts.complaints import ComplaintKind
from shared.projections.reached import basis
from shared.projections.read_model import ReadModel
from shared.projections.waiting import wait_for
from shared.web.catalogue import describe
from shared.web.fields import BusinessDay, Reference
from shared.web.positions import reached
from shared.web.problem import Problem

USUAL_DAYS = 90
LONGEST_DAYS = 3660
SPAN_INVALID = describe(
    "SPAN_INVALID",
    422,
    "These days cannot be counted",
    f"`from` is not after `to`, `to` not in the future, and at most {LONGEST_DAYS} days.",
)
REFUSED: dict[int | str, dict[str, Any]] = {422: {"description": SPAN_INVALID}}


async def _span(
    deps: Dependencies,
    begins: Annotated[
        BusinessDay | None, Query(alias="from", description=f"First day; {USUAL_DAYS} days are counted where it is left out")
    ] = None,
    to: Annotated[BusinessDay | None, Query(description="Last day; today where it is left out")] = None,
    area_id: Annotated[Reference | None, Query(description="Only customers that are in this area now")] = None,
    kind: Annotated[ComplaintKind | None, Query(description="Only complaints of this kind")] = None,
) -> Span:
    today = deps.today()
    last = to or today
    first = begins or last - timedelta(days=USUAL_DAYS - 1)
    if last > today or not 1 <= (last - first).days + 1 <= LONGEST_DAYS:
        raise Problem(SPAN_INVALID)
    return Span(first, last, area_id, kind)


Asked = Annotated[Span, Depends(_span)]


async def caught_up(deps: Deps, min_position: str | None, *models: ReadModel[Any]) -> None:
    """Wait until all these read models know at least that much."""
    for model in models:
        await reached(min_position, partial(wait_for, deps.pool, SCHEMA, model))


async def heading(deps: Deps, span: Span, models: Sequence[ReadModel[Any]]) -> dict[str, Any]:
    """How every answer begins: what was asked, and what it comes from."""
    async with deps.pool.acquire() as c:
        from_what = await basis(c, SCHEMA, models)
    found = {"from": span.first, "to": span.last, "area_id": span.area_id, "kind": span.kind}
    return {**{name: value for name, value in found.items() if value is not None}, "from_what": from_what}
