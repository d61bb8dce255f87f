"""The run that gives every customer the company's own grade."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.classification.domain.customer_grade import GradeFound, graded
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.handlers.marks import mark_day
from services.classification.jobs.grading import Grading, keep_decided
from services.classification.jobs.telling import Told
from services.classification.read_models.credit_grades import CREDIT_GRADES
from services.classification.read_models.customer_grades import latest_grades
from services.classification.read_models.customer_sales import CUSTOMER_SALES
from services.classification.read_models.grade_figures import Known, all_figures
from services.classification.read_models.grade_runs import GradeRun
from services.classification.read_models.mark_statements import MARK_STATEMENTS
from services.classification.read_models.profiles import PROFILES
from services.classification.read_models.run_changes import Change, event_in, text_of
from services.classification.read_models.sold import SOLD
from services.classification.read_models.value_classes import VALUE_CLASSES
from shared.contracts.customer_grades import CustomerGraded, CustomerGradeStandardPublished

NO_GRADE = GradeFound(None, ())


class _Terms(NamedTuple):
    """`before`: by customer the version of its stream and the grade that it has."""

    run: GradeRun
    standard: CustomerGradeStandardPublished
    before: Mapping[UUID, tuple[int, str | None]]


async def decide(deps: Deps, run: GradeRun) -> None:
    """Grade everybody who ever bought on one snapshot, and keep what has changed."""
    standard = event_in(run.standard, CustomerGradeStandardPublished)
    changes: list[Change] = []
    seen: set[UUID] = set()
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        terms = _Terms(run, standard, await latest_grades(c, SCHEMA))
        async for piece in all_figures(c, SCHEMA, await mark_day(deps, c, run.graded_on), standard):
            seen.update(known.customer_id for known in piece)
            # Beside the event loop: the other loops of the process go on meanwhile.
            changes += await asyncio.to_thread(_changes, piece, terms)
    gone = [customer for customer, (_, grade) in terms.before.items() if grade is not None and customer not in seen]
    changes += [_change(customer, NO_GRADE, terms) for customer in gone]
    await keep_decided(deps, "customer_grade", run, len(seen), changes)


def _changes(piece: Sequence[Known], terms: _Terms) -> list[Change]:
    found = [(known.customer_id, graded(known.figures, terms.standard)) for known in piece]
    return [_change(customer, one, terms) for customer, one in found if one.grade != terms.before.get(customer, (0, None))[1]]


def _change(customer_id: UUID, found: GradeFound, terms: _Terms) -> Change:
    version, previous = terms.before.get(customer_id, (0, None))
    event = CustomerGraded(
        customer_id=customer_id,
        run_id=terms.run.run_id,
        standard_version=terms.standard.version,
        graded_on=terms.run.graded_on,
        grade=found.grade,
        previous=previous,
        reasons=found.reasons,
    )
    return Change(customer_id, version, text_of(event))


GRADING = Grading(
    "customer_grade",
    Told("customer_grade", "customer-grade", CustomerGraded),
    (SOLD, CUSTOMER_SALES, PROFILES, MARK_STATEMENTS, VALUE_CLASSES, CREDIT_GRADES),
    decide,
)
