"""The run that grades every customer's credit: wait for the day's events, decide on one snapshot, append what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classification.domain.credit_figures import CreditFigures, known_on, owed_on
from services.classification.domain.credit_grade import Graded, graded
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.grading import Grading, keep_decided
from services.classification.read_models.credit_grades import latest_grades
from services.classification.read_models.credit_standings import (
    CREDIT_STANDINGS,
    CreditStanding,
    all_standings,
    claims_in,
    warnings_in,
)
from services.classification.read_models.grade_runs import Change, GradeRun, event_in, text_of
from shared.contracts.account_columns import account_of
from shared.contracts.credit_grades import CreditGraded, CreditStandardPublished
from shared.contracts.money import Money


async def decide(deps: Deps, run: GradeRun) -> None:
    """Grade all customers on one snapshot and keep what has changed."""
    terms = _Terms(run, event_in(run.standard, CreditStandardPublished), deps.zone)
    changes: list[Change] = []
    customers = 0
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        before = dict(await latest_grades(c, SCHEMA))
        carried: list[CreditStanding] = []
        async for piece in all_standings(c, SCHEMA):
            rows = [*carried, *piece]
            # The cards of the last customer may go on in the next piece.
            last = _lead(rows[-1])
            carried = [row for row in rows if _lead(row) == last]
            found = await asyncio.to_thread(_graded, [row for row in rows if _lead(row) != last], terms, before)
            customers += found[0]
            changes += found[1]
        found = await asyncio.to_thread(_graded, carried, terms, before)
    customers += found[0]
    changes += found[1]
    await keep_decided(deps, "credit_grade", run, customers, changes)


def _lead(row: CreditStanding) -> UUID:
    return row.lead_id or row.customer_id


class _Terms(NamedTuple):
    run: GradeRun
    standard: CreditStandardPublished
    zone: ZoneInfo


Before = Mapping[UUID, tuple[int, CreditGraded]]


def _graded(rows: Sequence[CreditStanding], terms: _Terms, before: Before) -> tuple[int, list[Change]]:
    """How many customers there are, and the grades that differ from the last ones."""
    changes: list[Change] = []
    customers = 0
    for customer_id, cards in groupby(rows, key=_lead):
        several = list(cards)
        result = graded(figures_of(customer_id, several, terms.run.graded_on, terms.standard, terms.zone), terms.standard)
        customers += result is not None
        changes += _changes(customer_id, result, terms, before)
        for merged in several:
            if merged.customer_id != customer_id:
                # What was graded by itself before has its grade with the leading card now.
                changes += _changes(merged.customer_id, None, terms, before)
    return customers, changes


def figures_of(
    customer_id: UUID, cards: Sequence[CreditStanding], day: date, standard: CreditStandardPublished, zone: ZoneInfo
) -> CreditFigures:
    """Terms and report are those of the leading card; ledger and warnings are of all. `zone` is the company's."""
    own = next((row for row in cards if row.customer_id == customer_id), None)
    accounts = [(account_of(row.account), claims_in(row.claims)) for row in cards]
    ended = {one: at.astimezone(zone).date() for row in cards for one, at in warnings_in(row.warnings).ended}
    limit = None
    if own is not None and own.credit_limit is not None and own.credit_currency is not None:
        limit = Money(own.credit_limit, own.credit_currency)
    reported_on = _reported_on(own, zone)
    known = own is not None and reported_on is not None and reported_on <= day
    return CreditFigures(
        day=day,
        owed=owed_on(accounts, day, standard.period_days),
        known_on=known_on(accounts),
        limit=limit,
        true_warnings=sum(1 for on in ended.values() if 0 <= (day - on).days < standard.period_days),
        report=own.report if own is not None and known else None,
        reported_on=reported_on if known else None,
    )


def _reported_on(own: CreditStanding | None, zone: ZoneInfo) -> date | None:
    if own is None or own.reported_at is None:
        return None
    return own.observed_on or own.reported_at.astimezone(zone).date()


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


GRADING = Grading("credit_grade", "credit-grade", CreditGraded, (CREDIT_STANDINGS,), decide)
