"""Back-tests as they are asked for: the log read part by part, the live core run over it apart, what it found written down.

Nothing is appended and nobody is told: a back-test has no way to the event store.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import business_day
from services.alerts.domain.control import Control, awaited, evolve
from services.alerts.domain.decisions import GO_LIVE_STREAM
from services.alerts.domain.hindsight import foretells
from services.alerts.domain.rules import RULES_BY_ID
from services.alerts.domain.watched_customer import LEDGER
from services.alerts.engine.backtest_summary import summary_of
from services.alerts.engine.items import CONTROL_TOPICS, PART_TOPICS, Item, MergeKey
from services.alerts.engine.past import Rerun, rerun
from services.alerts.engine.refold import Stores, items_until
from services.alerts.engine.warned import Piece
from services.alerts.handlers.deps import SCHEMA
from services.alerts.jobs.apart import one_apart
from services.alerts.jobs.past_population import learnt_before
from services.alerts.read_models import backtests
from services.alerts.read_models.backtests import Backtest, encoded
from services.alerts.read_models.logged_days import logged
from shared.contracts.cards import SourceCompletedThrough, SourceEnded, SourceOpened
from shared.contracts.cursor import START, Cursor
from shared.contracts.envelope import opened
from shared.contracts.event import Event
from shared.contracts.transactions import SaleRecorded
from shared.event_store.load import load
from shared.feed.scan import END, horizon, read_watermark, scan_all
from shared.postgres.pool import Pool

IDLE_SECONDS = 0.3
CUSTOMERS_AT_ONCE = 500
LONGEST_DAYS = 365
WARM_UP_DAYS = 90
"""Of what is known, so much is left for learning where no first day was named."""
NOTHING_RECORDED = "NOTHING_RECORDED"
BROKE_OFF = "BROKE_OFF"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BacktestJob:
    """`stores` says by service where its published view is read; business days are days in `zone`."""

    pool: Pool
    stores: Stores
    now: Callable[[], datetime]
    zone: ZoneInfo


async def run_backtests(job: BacktestJob) -> None:
    """Carry out back-tests as they are asked for, for ever."""
    while True:
        if not await run_next(job):
            await asyncio.sleep(IDLE_SECONDS)


async def run_next(job: BacktestJob) -> bool:
    """Take the next back-test to its end; False when there is none, or what was recorded before it is not readable yet."""
    async with job.pool.acquire() as c:
        asked = await backtests.next_backtest(c)
    if asked is None:
        return False
    through = asked.through or await _readable(job)
    if through is None or through <= asked.made_at:
        return False
    async with job.pool.acquire() as c:
        if not await backtests.begin(c, asked.backtest_id):
            return True
    plan = asked.plan or await _plan(job, asked, through)
    if plan is None:
        async with job.pool.acquire() as c:
            await backtests.end(c, asked.backtest_id, None, NOTHING_RECORDED, job.now())
        return True
    async with job.pool.acquire() as c:
        await backtests.planned(c, asked.backtest_id, plan, through)
    problem = await _run(job, asked, plan, through)
    async with job.pool.acquire() as c:
        found = await backtests.pieces(c, asked.backtest_id)
        summary = None if problem else await asyncio.to_thread(summary_of, plan, found)
        await backtests.end(c, asked.backtest_id, summary, problem, job.now())
    return True


async def _readable(job: BacktestJob) -> datetime | None:
    """The moment before which everything that was recorded can be read."""
    found = []
    for service in sorted({topic.split(".", 2)[1] for topic in (*PART_TOPICS, *CONTROL_TOPICS)}):
        async with job.stores[service].acquire() as c:
            watermark = await read_watermark(c, service)
        if watermark is None:
            return None
        found.append(watermark.t)
    return min(found)


async def _plan(job: BacktestJob, asked: Backtest, through: datetime) -> Rerun | None:
    """What is run: the window that was asked for, else the last year that the log knows. None: nothing is known."""
    wanted = asked.asked
    rule = RULES_BY_ID[wanted.rule_id]
    facts: Sequence[type[Event]] = (SaleRecorded,) if foretells(rule) == "LOST" else (SaleRecorded, *LEDGER)
    async with job.stores["cards"].acquire() as c:
        days = await logged(c, [one.type for one in facts], through)
    if days is None:
        return None
    async with job.pool.acquire() as c:
        gone_live = (await load(c, SCHEMA, GO_LIVE_STREAM)).events
    known_until = await _known_until(job, through, business_day(days.last, job.zone))
    ends = wanted.last or known_until
    warm = business_day(days.first, job.zone) + timedelta(days=WARM_UP_DAYS)
    begins = wanted.first or max(min(warm, ends), ends - timedelta(days=LONGEST_DAYS))
    live_at = gone_live[0].recorded_at if gone_live else None
    loaded = wanted.known == "HISTORY_ON_ITS_DAY" and (live_at is None or begins <= business_day(live_at, job.zone))
    learnt = None
    if rule.kind == "silence" and loaded:
        # Versions of the population are in the log since going live only.
        learnt = await learnt_before(job.pool, job.stores["cards"], begins, await _end_of(job.stores["cards"]), job.zone)
    return Rerun(
        rule_id=wanted.rule_id,
        variants=wanted.variants,
        first=begins,
        last=max(ends, begins),
        known=wanted.known,
        lost_after_days=wanted.lost_after_days,
        failed_after_days=wanted.failed_after_days,
        known_until=known_until,
        live_at=live_at,
        zone=job.zone.key,
        population=learnt,
    )


async def _end_of(cards: Pool) -> Cursor:
    async with cards.acquire() as c:
        return await horizon(c, "cards")


async def _known_until(job: BacktestJob, through: datetime, last: date) -> date:
    """The last day of which the log knows what happened: today, the last delivery, or where all sources have ended the last fact."""
    control = Control()
    types = [one.type for one in (SourceOpened, SourceCompletedThrough, SourceEnded)]
    async for records in scan_all(job.stores["cards"], "cards", END, parts=[0], types=types):
        for record in records:
            if record.recorded_at < through:
                control = evolve(control, opened(record).event, record.event_id)
    if control.sources and all(source.ended for source in control.sources.values()):
        return last
    return min(business_day(through, job.zone), *(one.through for one in awaited(control) if one.through > date.min), date.max)


async def _run(job: BacktestJob, asked: Backtest, plan: Rerun, through: datetime) -> str | None:
    """Every part that is not written yet. Answers the code of a problem, if there was one."""
    # The last key of that moment: all that was recorded before it, and nothing else.
    reached = MergeKey(through, "", START)
    async with job.pool.acquire() as c:
        there = await backtests.parts_there(c, asked.backtest_id)
    with one_apart() as pool:
        for part in range(asked.parts):
            if part in there:
                continue
            items = await items_until(job.stores, part, reached)
            try:
                piece = await _rerun(pool, plan, items)
            except Exception:
                # Warnings must go on whatever a draft does; the back-test says that it failed.
                _log.exception("back-test %s broke off on part %d", asked.backtest_id, part)
                return BROKE_OFF
            async with job.pool.acquire() as c, c.transaction():
                await backtests.keep(c, asked.backtest_id, part, encoded(piece))
    return None


async def _rerun(pool: ProcessPoolExecutor, plan: Rerun, items: Sequence[Item]) -> Piece:
    loop = asyncio.get_running_loop()
    control = [item for item in items if item.record.customer_id is None]
    found = [await loop.run_in_executor(pool, rerun, plan, facts, control) for facts in _by_customers(items, CUSTOMERS_AT_ONCE)]
    return Piece(
        customers=sum(one.customers for one in found),
        events=sum(one.events for one in found),
        warned=[warned for one in found for warned in one.warned],
        suffered=[suffered for one in found for suffered in one.suffered],
        parked=sum(one.parked for one in found),
    )


def _by_customers(items: Sequence[Item], most: int) -> list[list[Item]]:
    by_customer: Mapping[UUID, list[Item]] = defaultdict(list)
    for item in items:
        if item.record.customer_id is not None:
            by_customer[item.record.customer_id].append(item)
    whole = list(by_customer.values())
    return [[item for facts in whole[at : at + most] for item in facts] for at in range(0, len(whole), most)]
