"""The run that grades every customer's credit: wait for the day's events, decide on one snapshot, append what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.classification.domain.credit_figures import CreditFigures, known_on, owed_on
from services.classification.domain.credit_grade import Graded, graded
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs.value_classes import RunContested
from services.classification.read_models import credit_runs as runs
from services.classification.read_models.credit_grades import latest_grades
from services.classification.read_models.credit_runs import Change, CreditRun, event_in, standard_in
from services.classification.read_models.credit_standings import (
    CREDIT_STANDINGS,
    CreditStanding,
    all_standings,
    claims_in,
    warnings_in,
)
from shared.contracts.account_columns import account_of
from shared.contracts.credit_grades import CreditGraded, CreditStandardPublished
from shared.contracts.cursor import START, part_of
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.scan import read_watermark
from shared.postgres.pool import Pool
from shared.projections.reached import last_of_parts, reached

KEPT_AT_ONCE = 2000
TOLD_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CreditJob:
    """`stores` reads what the other services publish, by service."""

    deps: Deps
    stores: Mapping[str, Pool]


async def run_next(job: CreditJob) -> bool:
    """Take the next run to its end; False when there is none, or its events are not there yet."""
    deps = job.deps
    async with deps.pool.acquire() as c:
        run = await runs.next_run(c, SCHEMA)
    if run is None or (run.state != "APPENDING" and not await complete(job, run)):
        return False
    async with deps.pool.acquire() as c:
        if not await runs.begin(c, SCHEMA, run.run_id):
            return True
    if run.state != "APPENDING":
        await decide(deps, run)
    await tell(deps, run)
    async with deps.pool.acquire() as c:
        await runs.finish(c, SCHEMA, run.run_id, deps.now())
    return True


async def complete(job: CreditJob, run: CreditRun) -> bool:
    """Whether everything recorded through the day, and before the run was asked for, has been folded, of every topic."""
    deps = job.deps
    wanted = max(deps.end_of(run.graded_on), run.made_at)
    for topic, types in CREDIT_STANDINGS.topics.items():
        service = topic.split(".")[1]
        async with job.stores[service].acquire() as c:
            watermark = await read_watermark(c, service)
            if watermark is None or watermark.t < wanted:
                return False
            last = await last_of_parts(c, service, types, deps.parts, watermark.cursor)
        async with deps.pool.acquire() as c:
            there = await reached(c, SCHEMA, CREDIT_STANDINGS.name, topic)
        if any(there.get(part, START) < cursor for part, cursor in last.items()):
            return False
    return True


async def decide(deps: Deps, run: CreditRun) -> None:
    """Grade all customers on one snapshot and keep what has changed."""
    terms = _Terms(run, standard_in(run.standard), deps.zone)
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
    async with deps.pool.acquire() as c, c.transaction():
        await runs.start_deciding(c, SCHEMA, run.run_id)
        for first in range(0, len(changes), KEPT_AT_ONCE):
            await runs.keep(c, SCHEMA, run.run_id, changes[first : first + KEPT_AT_ONCE])
        await runs.decided(c, SCHEMA, run.run_id, customers, len(changes))


def _lead(row: CreditStanding) -> UUID:
    return row.lead_id or row.customer_id


class _Terms(NamedTuple):
    run: CreditRun
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
    yield Change(customer_id, version, encode(event).decode())


async def tell(deps: Deps, run: CreditRun) -> None:
    """Append the changes, some hundred at a time, each time noting what was appended in the same transaction."""
    while True:
        async with deps.pool.acquire() as c:
            changes = await runs.to_tell(c, SCHEMA, run.run_id, TOLD_AT_ONCE)
        if not changes:
            return
        async with deps.pool.acquire() as c, c.transaction():
            done = await append_many(c, SCHEMA, [_append(deps, run, change) for change in changes])
            if done.outcome != "appended":
                raise RunContested(str(run.run_id))
            await runs.told(c, SCHEMA, run.run_id, [change.customer_id for change in changes])


def _append(deps: Deps, run: CreditRun, change: Change) -> Append:
    customer_id = change.customer_id
    new = NewEvent(uuid5(run.run_id, str(customer_id)), event_in(change), deps.now())
    return Append(
        f"credit-grade-{customer_id}", change.version or "new", customer_id, part_of(str(customer_id), deps.parts), [new]
    )
