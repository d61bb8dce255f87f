"""Whom another standard of credit grades would move: nothing is published, and nobody's grade changes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classification.domain import credit_standard
from services.classification.domain.credit_grade import Graded, graded
from services.classification.domain.standard import StandardRefused
from services.classification.handlers.credit_customers import Cards, customers_behind, figures_of
from services.classification.handlers.deps import Deps
from services.classification.handlers.problems import AS_OF_IN_FUTURE, refused
from services.classification.handlers.standards import CREDIT_GRADE, current
from shared.contracts.credit_grades import CreditGrade, CreditStandardPublished
from shared.web.problem import Problem

AT_ONCE = 1000


class Regraded(NamedTuple):
    """A customer's grade by the standard in force, and what the other one would say."""

    customer_id: UUID
    grade: CreditGrade | None
    would_be: Graded | None


class Preview(NamedTuple):
    """How many customers go from which grade to which, those that stay among them; and the first that move, by id."""

    moves: Mapping[tuple[CreditGrade | None, CreditGrade | None], int]
    first: Sequence[Regraded]


async def preview(deps: Deps, wanted: CreditStandardPublished, as_of: date | None, limit: int) -> Preview:
    """Both standards judge every customer as it is known at the moment, at the end of a day. Raises Problem (422)."""
    day = as_of or deps.today()
    if day > deps.today():
        raise Problem(AS_OF_IN_FUTURE)
    moves: Counter[tuple[CreditGrade | None, CreditGrade | None]] = Counter()
    first: list[Regraded] = []
    async with deps.analyses.acquire() as c:
        in_force = (await current(c, CREDIT_GRADE)).standard
        try:
            credit_standard.decide(in_force, wanted)
        except StandardRefused as refusal:
            raise refused(refusal) from None
    last: UUID | None = None
    while True:
        # Piece by piece: no snapshot is held while a million customers are judged, and others get the connection in between.
        async with deps.analyses.acquire() as c:
            piece = await customers_behind(c, last, AT_ONCE)
        if not piece:
            return Preview(moves, first)
        last = piece[-1][0]
        # Beside the event loop, which answers others meanwhile.
        for one in await asyncio.to_thread(_regraded, piece, day, in_force, wanted, deps.zone):
            would_be = None if one.would_be is None else one.would_be.grade
            if one.grade is not None or would_be is not None:
                moves[one.grade, would_be] += 1
            if one.grade != would_be and len(first) < limit:
                first.append(one)


def _regraded(
    piece: Sequence[Cards], day: date, in_force: CreditStandardPublished, wanted: CreditStandardPublished, zone: ZoneInfo
) -> list[Regraded]:
    found = []
    for customer_id, cards in piece:
        now = graded(figures_of(customer_id, cards, day, in_force, zone), in_force)
        would_be = graded(figures_of(customer_id, cards, day, wanted, zone), wanted)
        found.append(Regraded(customer_id, None if now is None else now.grade, would_be))
    return found
