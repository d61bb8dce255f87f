"""What an analysis by marks follows: the standards in force and the day as of which marks hold."""

from __future__ import annotations

from datetime import date

from services.classification.domain.value_class import Standard
from services.classification.handlers.deps import Deps
from services.classification.handlers.standards import MARKS, VALUE_CLASS, current
from services.classification.read_models.composition import Mark, Split
from services.classification.read_models.mark_columns import MarkDay
from shared.postgres.pool import Connection


async def mark_day(deps: Deps, c: Connection, day: date) -> MarkDay:
    """Marks as of the end of a business day, by the standard that is in force now."""
    standard = (await current(c, MARKS)).standard
    return MarkDay(day, deps.end_of(day), day >= deps.today(), standard)


async def split_by(deps: Deps, c: Connection, day: date, by: Mark, and_by: Mark | None) -> Split:
    abc: Standard = (await current(c, VALUE_CLASS)).standard
    return Split(by, and_by, abc, await mark_day(deps, c, day))
