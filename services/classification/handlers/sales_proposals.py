"""A sales plan proposed from what an area sold, read when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.classification.domain.months import MONTHS, last_day, months_to
from services.classification.domain.sales_plan import Formula, spread
from services.classification.domain.sales_proposal import YEARS, Proposal, last_whole_month, proposed
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.plan_problems import NOTHING_TO_PLAN_FROM, PLAN_OUT_OF_RANGE
from services.classification.read_models.months_sold import months_sold
from services.classification.read_models.scoping import Question, basis, in_currency
from services.classification.read_models.served import Scope
from shared.contracts.plans import PlanMethod
from shared.web.days import EARLIEST
from shared.web.problem import Problem


@dataclass(frozen=True, slots=True)
class Proposed:
    """`asked` holds the sales that it rests on; no currency and no proposal where nothing was sold."""

    asked: Question
    proposal: Proposal | None
    from_what: list[dict[str, str]]


async def proposal_of(deps: Deps, year: int, currency: str | None, area_id: str | None) -> Proposed:
    """From the whole months before the year and before today, as they are known now."""
    last = last_whole_month(year, deps.today())
    first = months_to(last, YEARS * MONTHS)[0]
    asked = Question(first, last_day(last), currency, Scope(area_id=area_id))
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        asked = await in_currency(c, SCHEMA, asked)
        from_what = await basis(c, SCHEMA)
        if asked.currency is None:
            return Proposed(asked, None, from_what)
        # From the beginning: when trade began says which of the months that count are known.
        net = await months_sold(c, SCHEMA, asked._replace(first=EARLIEST))
    return Proposed(asked, proposed(net, min(net, default=None), last, asked.currency), from_what)


async def months_of(
    deps: Deps, year: int, currency: str, area_id: str | None, months: Sequence[Decimal] | None, formula: Formula | None
) -> tuple[Sequence[Decimal], PlanMethod]:
    """The months of a plan, and how they came about: as stated, the formula's amount by the season of before, or as proposed.

    Raises Problem: PLAN_OUT_OF_RANGE, or NOTHING_TO_PLAN_FROM when they are to be proposed and nothing was sold.
    """
    if months is not None:
        return months, "STATED" if formula is None else "FORMULA"
    if formula is not None and not formula.sound:
        raise Problem(PLAN_OUT_OF_RANGE)
    found = (await proposal_of(deps, year, currency, area_id)).proposal
    if formula is not None:
        even = [Decimal(1)] * MONTHS
        return spread(formula.net, even if found is None else found.season, currency), "FORMULA"
    if found is None or not found.months:
        raise Problem(NOTHING_TO_PLAN_FROM)
    return found.months, "PROPOSED"
