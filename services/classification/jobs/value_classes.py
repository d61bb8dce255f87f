"""The run that gives every customer a value class: wait for the period's events, decide on one snapshot, append what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID, uuid5

from services.classification.domain.standard import NAME
from services.classification.domain.value_class import Classified, Sales, Standard, classify
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.read_models import runs
from services.classification.read_models.customer_sales import CUSTOMER_SALES, busiest_currency
from services.classification.read_models.decisions import latest_decisions
from services.classification.read_models.runs import Finding, Run
from services.classification.read_models.sold import SOLD, nets
from shared.contracts.classification import ValueClassChanged
from shared.contracts.cursor import START, part_of
from shared.contracts.money import Money
from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.feed.scan import read_watermark
from shared.postgres.pool import Pool
from shared.projections.reached import last_of_parts, reached

KEPT_AT_ONCE = 2000
TOLD_AT_ONCE = 500


class RunContested(Exception):
    """Another process carries out the run as well: this one has lost its leadership and must end."""


@dataclass(frozen=True, slots=True)
class JobDeps:
    """`cards` reads what the service cards publishes."""

    deps: Deps
    cards: Pool


async def run_next(job: JobDeps) -> bool:
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
        run = await decide(deps, run)
    await tell(deps, run)
    async with deps.pool.acquire() as c:
        await runs.finish(c, SCHEMA, run.run_id, deps.now())
    return True


async def complete(job: JobDeps, run: Run) -> bool:
    """Whether everything recorded in the period, and before the run was asked for, has been folded into the sales."""
    deps = job.deps
    async with job.cards.acquire() as c:
        watermark = await read_watermark(c, "cards")
        if watermark is None or watermark.t < max(deps.end_of(run.period_to), run.made_at):
            return False
        last = await last_of_parts(c, "cards", SOLD.topics[CARDS_TRANSACTIONS], deps.parts, watermark.cursor)
    async with deps.pool.acquire() as c:
        # The currency of a run comes from the one, the amounts from the other.
        there = [await reached(c, SCHEMA, model.name, CARDS_TRANSACTIONS) for model in (CUSTOMER_SALES, SOLD)]
    return all(one.get(part, START) >= cursor for part, cursor in last.items() for one in there)


async def decide(deps: Deps, run: Run) -> Run:
    """Rank all customers on one snapshot and keep what was found."""
    sales: list[Sales] = []
    async with deps.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        currency = run.currency or await busiest_currency(c, SCHEMA, run.period_from, run.period_to)
        before = await latest_decisions(c, SCHEMA)
        if currency is not None:
            async for piece in nets(c, SCHEMA, run.period_from, run.period_to, currency):
                sales += [Sales(customer_id, net) for customer_id, net in piece]
                # The other loops of the process go on between two pieces.
                await asyncio.sleep(0)
    standard = Standard(run.standard_version, run.a_below, run.b_below, margin=run.margin)
    held = {customer_id: last.value_class for customer_id, (_, last) in before.items()}
    # Seconds for a large population, in which the other loops must not stand still.
    ranked = [] if currency is None else await asyncio.to_thread(classify, sales, standard, currency, held)
    findings = findings_of(ranked, before)
    async with deps.pool.acquire() as c, c.transaction():
        await runs.start_deciding(c, SCHEMA, run.run_id)
    for first in range(0, len(findings), KEPT_AT_ONCE):
        async with deps.pool.acquire() as c:
            await runs.keep(c, SCHEMA, run.run_id, findings[first : first + KEPT_AT_ONCE])
    decided = replace(
        run,
        state="APPENDING",
        currency=currency,
        total=sum((one.net for one in ranked if one.net > 0), Decimal(0)),
        customers=len(ranked),
        changed=sum(finding.changed for finding in findings),
    )
    async with deps.pool.acquire() as c:
        await runs.decided(c, SCHEMA, decided, deps.now())
    return decided


def findings_of(ranked: Sequence[Classified], before: Mapping[UUID, tuple[int, ValueClassChanged]]) -> list[Finding]:
    """What to keep of every ranked customer, and of those who had a class and bought nothing in the period."""
    found: list[Finding] = []
    for one in ranked:
        version, last = before.get(one.customer_id, (0, None))
        found.append(
            Finding(
                customer_id=one.customer_id,
                value_class=one.value_class,
                previous=None if last is None else last.value_class,
                reason=one.reason,
                net=one.net,
                rank=one.rank,
                share=one.share,
                cumulated_share=one.cumulated_share,
                to_next=one.to_next,
                to_fall=one.to_fall,
                by_margin=one.by_margin,
                version=version,
                changed=last is None or (last.value_class, last.reason) != (one.value_class, one.reason),
            )
        )
    here = {one.customer_id for one in ranked}
    for customer_id, (version, last) in before.items():
        if customer_id not in here and last.value_class is not None:
            found.append(
                Finding(
                    customer_id=customer_id,
                    value_class=None,
                    previous=last.value_class,
                    reason="NO_SALES",
                    net=None,
                    rank=None,
                    share=None,
                    cumulated_share=None,
                    to_next=None,
                    to_fall=None,
                    by_margin=False,
                    version=version,
                    changed=True,
                )
            )
    return found


async def tell(deps: Deps, run: Run) -> None:
    """Append the changes, some hundred at a time, each time noting what was appended in the same transaction."""
    while True:
        async with deps.pool.acquire() as c:
            findings = await runs.to_tell(c, SCHEMA, run.run_id, TOLD_AT_ONCE)
        if not findings:
            return
        appends = [_append(deps, run, finding) for finding in findings]
        async with deps.pool.acquire() as c, c.transaction():
            done = await append_many(c, SCHEMA, appends)
            if done.outcome != "appended":
                raise RunContested(str(run.run_id))
            await runs.told(c, SCHEMA, run.run_id, [finding.customer_id for finding in findings])


def _append(deps: Deps, run: Run, finding: Finding) -> Append:
    customer_id = finding.customer_id
    new = NewEvent(uuid5(run.run_id, str(customer_id)), _event(run, finding), deps.now())
    return Append(
        f"classification-{customer_id}", finding.version or "new", customer_id, part_of(str(customer_id), deps.parts), [new]
    )


def _event(run: Run, finding: Finding) -> ValueClassChanged:
    net = None if finding.net is None or run.currency is None else Money(finding.net, run.currency)
    return ValueClassChanged(
        customer_id=finding.customer_id,
        run_id=run.run_id,
        standard=NAME,
        standard_version=run.standard_version,
        period_from=run.period_from,
        period_to=run.period_to,
        value_class=finding.value_class,
        previous=finding.previous,
        net=net,
        share=finding.share,
        cumulated_share=finding.cumulated_share,
        rank=finding.rank,
        to_next=finding.to_next,
        reason=finding.reason,
    )
