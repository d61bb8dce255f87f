"""Whom another standard of the company's own grades would move: nothing is published, and nobody's grade changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.customer_grade import GradeFound, check, graded
from services.classification.domain.standard import StandardRefused
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.marks import mark_day
from services.classification.handlers.problems import AS_OF_IN_FUTURE, refused
from services.classification.handlers.standards import CUSTOMER_GRADE, current
from services.classification.read_models.grade_moves import grade_moves
from shared.contracts.customer_grades import CustomerGradeStandardPublished
from shared.web.problem import Problem


class Moved(NamedTuple):
    """A customer whose grade would be another one, with the reasons for it."""

    customer_id: UUID
    grade: str | None
    would_be: GradeFound


class Preview(NamedTuple):
    """On the same figures: how many customers go from which grade to which, those that stay among them; and the first that move, by id."""

    customers: int
    moves: Mapping[tuple[str | None, str | None], int]
    first: Sequence[Moved]


async def preview(deps: Deps, wanted: CustomerGradeStandardPublished, as_of: date | None, limit: int) -> Preview:
    """Both standards read the same figures of their own periods. Raises Problem (422)."""
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem(AS_OF_IN_FUTURE)
    try:
        check(wanted)
    except StandardRefused as refusal:
        raise refused(refusal) from None
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        in_force = (await current(c, CUSTOMER_GRADE)).standard
        at = await mark_day(deps, c, day)
        found = await grade_moves(c, SCHEMA, at, in_force, wanted, limit)
    # The reasons of the few that are shown are those that a run would give.
    first = [Moved(one.known.customer_id, one.grade, graded(one.known.figures, wanted)) for one in found.first]
    return Preview(sum(found.customers.values()), found.customers, first)
