"""What an analysis by marks follows: the standards in force and the day as of which marks hold."""

from __future__ import annotations

from datetime import date, timedelta

from services.classification.domain.value_class import Standard
from services.classification.handlers.averages import Asked, Average
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.standards import MARKS, VALUE_CLASS, current
from services.classification.read_models.composition import Mark, Split
from services.classification.read_models.mark_columns import MarkDay
from services.classification.read_models.marks import average_bought
from services.classification.read_models.sold import SOLD
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.postgres.pool import Connection
from shared.projections.reached import reached

GOOD_FOR = timedelta(minutes=10)
"""The average of all buyers moves slowly, and summing everybody's sales for one customer's page would take long."""


async def mark_day(deps: Deps, c: Connection, day: date) -> MarkDay:
    """Marks as of the end of a business day, by the standard that is in force now."""
    standard = (await current(c, MARKS)).standard
    return MarkDay(day, deps.end_of(day), day >= deps.today(), standard)


async def split_by(deps: Deps, c: Connection, day: date, by: Mark, and_by: Mark | None) -> Split:
    abc: Standard = (await current(c, VALUE_CLASS)).standard
    return Split(by, and_by, abc, await mark_day(deps, c, day))


async def beside_average(deps: Deps, c: Connection, at: MarkDay, currency: str | None) -> MarkDay:
    """The same day with the average that positions compare with: that of now, or one that is not older than `GOOD_FOR`."""
    asked = Asked(currency, at.day, at.standard.period_days)
    known = await reached(c, SCHEMA, SOLD.name, CARDS_TRANSACTIONS)
    async with deps.averages.one_at_a_time:
        found = deps.averages.find(asked)
        if found is None or (found.known != known and deps.now() - found.computed_at >= GOOD_FOR):
            net = await average_bought(c, SCHEMA, currency, at.day - timedelta(days=asked.period_days - 1), at.day)
            found = Average(net, known, deps.now())
            deps.averages.remember(asked, found)
    # Nobody bought: then there is nothing to compare with, and little to sum.
    return at._replace(average=found.net)
