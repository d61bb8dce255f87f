"""The population of silence, learnt anew from the company's own history and appended as an event."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.business_days import business_day
from services.alerts.domain.control import SILENCE_POPULATION, awaited, complete_through
from services.alerts.domain.population_fit import MOST_HISTORIES, History, enough
from services.alerts.domain.refitting import due, latest, population_stream, refit_id, refitted
from services.alerts.domain.signs import Awaited
from services.alerts.handlers.deps import SCHEMA
from services.alerts.jobs.declared import declared
from services.alerts.jobs.fitting import FitFailed, fit_elsewhere
from services.alerts.read_models.purchase_days import Days, bought_so_far, purchase_days, sample_of
from shared.contracts.alerts import PopulationRefitted
from shared.event_store.append import append_many
from shared.event_store.events import Append, NewEvent
from shared.event_store.load import load
from shared.feed.scan import Watermark, read_watermark
from shared.postgres.pool import Pool

FIRST_LOOK_SECONDS = 60.0
LOOK_SECONDS = 600.0
FIT_SECONDS = 1800.0
_log = logging.getLogger(__name__)


class RefitContested(Exception):
    """Another process learns as well: this one has lost its leadership and must end."""


@dataclass(frozen=True, slots=True)
class JobDeps:
    """`cards` reads what the service cards publishes. `zone` is the company's."""

    pool: Pool
    cards: Pool
    zone: ZoneInfo


async def learn_for_ever(job: JobDeps) -> None:
    """Learn as often as it is due. What is due is told by the watermark; the clock only says when to look.

    An error of the database ends the process; a fit that fails is left out, and tried again at the next look.
    """
    while True:
        at_rest = await refit_if_due(job)
        await asyncio.sleep(LOOK_SECONDS if at_rest else FIRST_LOOK_SECONDS)


async def refit_if_due(job: JobDeps) -> bool:
    """Append the next version of the population where one is due. Answers whether the next look may wait a while: one was
    tried, or there is one that serves. Raises RefitContested."""
    async with job.cards.acquire() as c:
        watermark = await read_watermark(c, "cards")
    async with job.pool.acquire() as c:
        bought = await bought_so_far(c)
        last = latest([one.event for one in (await load(c, SCHEMA, population_stream(SILENCE_POPULATION))).events])
    if watermark is None or not due(last, *bought, watermark.t):
        return last is not None
    control = await declared(job.pool, job.cards)
    if control.live_on is None:
        # History is being loaded, and who has not been loaded yet would be learnt as one who stays away.
        return False
    yesterday = business_day(watermark.t, job.zone) - timedelta(days=1)
    histories = await _histories(job, watermark, awaited(control), yesterday)
    if not enough(histories):
        return True
    try:
        learnt = await fit_elsewhere(histories, FIT_SECONDS)
        event = None if learnt is None else refitted(last, learnt, bought.gaps, watermark.t, yesterday)
    except (FitFailed, ValueError) as error:
        _log.error("the population was not learnt from %d customers: %s", len(histories), error)
        return True
    if event is not None:
        await _append(job, event, watermark.t)
    return True


async def _histories(job: JobDeps, watermark: Watermark, waits: Sequence[Awaited], yesterday: date) -> list[History]:
    async with job.pool.acquire() as c:
        sample = await sample_of(c, MOST_HISTORIES)
    days: dict[UUID, set[int]] = {one: set() for one in sample}
    sources: dict[UUID, set[str]] = {one: set() for one in sample}
    async for piece in purchase_days(job.cards, sample, watermark.cursor, job.zone):
        _gather(piece, days, sources)
    found = []
    for customer_id in sample:
        known = complete_through(waits, ("sales",), sorted(sources[customer_id]))
        until = yesterday if known is None else min(known, yesterday)
        through = until.toordinal()
        bought = sorted(day for day in days[customer_id] if day <= through)
        if bought:
            found.append(History(bought, through))
    return found


def _gather(piece: Iterable[Days], days: dict[UUID, set[int]], sources: dict[UUID, set[str]]) -> None:
    for one in piece:
        days[one.customer_id].update(day.toordinal() for day in one.days)
        sources[one.customer_id].add(one.source)


async def _append(job: JobDeps, event: PopulationRefitted, at: datetime) -> None:
    new = NewEvent(refit_id(event.name, event.version), event, at)
    append = Append(population_stream(event.name), event.version - 1 or "new", None, 0, [new])
    async with job.pool.acquire() as c, c.transaction():
        done = await append_many(c, SCHEMA, [append])
    if done.outcome != "appended":
        raise RefitContested(f"version {event.version} of {event.name}: {done.outcome}")
    _log.info("version %d of the population was learnt from %d customers", event.version, event.customers)
