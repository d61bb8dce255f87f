"""Whom another standard of the company's own grades would move: nothing is published, and nobody's grade changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.customer_grade import GradeFound, check, grade_of, graded
from services.classification.domain.standard import StandardRefused
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.marks import mark_day
from services.classification.handlers.problems import AS_OF_IN_FUTURE, refused
from services.classification.handlers.standards import CUSTOMER_GRADE, current
from services.classification.read_models.grade_figures import Known, all_figures
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
        found = _Found(wanted, limit)
        if (in_force.period_days, in_force.currency) == (wanted.period_days, wanted.currency):
            async for piece in all_figures(c, SCHEMA, at, wanted):
                await asyncio.to_thread(lambda rows: found.add(rows, _grades(rows, in_force)), piece)
        else:
            now: dict[UUID, str | None] = {}
            async for piece in all_figures(c, SCHEMA, at, in_force):
                now |= await asyncio.to_thread(_grades, piece, in_force)
            async for piece in all_figures(c, SCHEMA, at, wanted):
                await asyncio.to_thread(found.add, piece, now)
    return Preview(sum(found.moves.values()), found.moves, found.first)


@dataclass(slots=True)
class _Found:
    """No more than what is shown is kept, whatever the number of customers."""

    wanted: CustomerGradeStandardPublished
    limit: int
    moves: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    first: list[Moved] = field(default_factory=list)

    def add(self, piece: Sequence[Known], now: Mapping[UUID, str | None]) -> None:
        for known in piece:
            grade, would_be = now.get(known.customer_id), grade_of(known.figures, self.wanted)
            self.moves[grade, would_be] += 1
            if grade != would_be and len(self.first) < self.limit:
                self.first.append(Moved(known.customer_id, grade, graded(known.figures, self.wanted)))


def _grades(piece: Sequence[Known], standard: CustomerGradeStandardPublished) -> dict[UUID, str | None]:
    return {known.customer_id: grade_of(known.figures, standard) for known in piece}
