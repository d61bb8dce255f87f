"""The run that grades every customer's credit: wait for the day's events, decide on one snapshot, append what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classification.domain.credit_grade import Graded, graded
from services.classification.handlers.credit_customers import Cards, figures_of, standings_by_customer
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.grading import Grading, keep_decided
from services.classification.jobs.telling import Told
from services.classification.read_models.credit_grades import latest_grades
from services.classification.read_models.credit_standings import CREDIT_STANDINGS
from services.classification.read_models.grade_runs import GradeRun
from services.classification.read_models.run_changes import Change, event_in, text_of
from shared.contracts.credit_grades import CreditGraded, CreditStandardPublished


async def decide(deps: Deps, run: GradeRun) -> None:
    """Grade all customers on one snapshot and keep what has changed."""
    terms = _Terms(run, event_in(run.standard, CreditStandardPublished), deps.zone)
    changes: list[Change] = []
    customers = 0
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        before = dict(await latest_grades(c, SCHEMA))
        async for piece in standings_by_customer(c):
            found = await asyncio.to_thread(_graded, piece, terms, before)
            customers += found[0]
            changes += found[1]
    await keep_decided(deps, "credit_grade", run, customers, changes)


class _Terms(NamedTuple):
    run: GradeRun
    standard: CreditStandardPublished
    zone: ZoneInfo


Before = Mapping[UUID, tuple[int, CreditGraded]]


def _graded(piece: Sequence[Cards], terms: _Terms, before: Before) -> tuple[int, list[Change]]:
    """How many customers there are, and the grades that differ from the last ones."""
    changes: list[Change] = []
    customers = 0
    for customer_id, several in piece:
        result = graded(figures_of(customer_id, several, terms.run.graded_on, terms.standard, terms.zone), terms.standard)
        customers += result is not None
        changes += _changes(customer_id, result, terms, before)
        for merged in several:
            if merged.customer_id != customer_id:
                # What was graded by itself before has its grade with the leading card now.
                changes += _changes(merged.customer_id, None, terms, before)
    return customers, changes


def _changes(customer_id: UUID, result: Graded | None, terms: _Terms, before: Before) -> Iterator[Change]:
    version, last = before.get(customer_id, (0, None))
    grade = None if result is None else result.grade
    previous = None if last is None else last.grade
    if grade == previous:
        return
    event = CreditGraded(
        customer_id=customer_id,
        run_id=terms.run.run_id,
        standard_version=terms.standard.version,
        graded_on=terms.run.graded_on,
        grade=grade,
        previous=previous,
        points=0 if result is None else result.points,
        reasons=() if result is None else result.reasons,
        exposure=() if result is None else result.exposure,
        expected_change=() if result is None else result.expected_change,
    )
    yield Change(customer_id, version, text_of(event))


GRADING = Grading("credit_grade", Told("credit_grade", "credit-grade", CreditGraded), (CREDIT_STANDINGS,), decide)
