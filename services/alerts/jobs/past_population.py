"""What a company would have learnt of its customers by a day of the past, when history had not been loaded yet."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.alerts.domain.control import SILENCE_POPULATION
from services.alerts.domain.population_fit import MOST_HISTORIES, History, enough
from services.alerts.domain.silence_score import parameters_of
from services.alerts.jobs.fitting import FitFailed, fit_elsewhere
from services.alerts.read_models.purchase_days import purchase_days, sample_of
from shared.contracts.alerts import PopulationRefitted
from shared.contracts.cursor import Cursor
from shared.postgres.pool import Pool

FIT_SECONDS = 1800.0
_log = logging.getLogger(__name__)


async def learnt_before(pool: Pool, cards: Pool, first: date, through: Cursor, zone: ZoneInfo) -> PopulationRefitted | None:
    """The population of those who had bought before a day, learnt from nothing that happened on it or later; None where too
    little was known: the defaults serve. `through`: how far the store of cards is read."""
    async with pool.acquire() as c:
        sample = await sample_of(c, MOST_HISTORIES)
    days: dict[UUID, set[int]] = {one: set() for one in sample}
    async for piece in purchase_days(cards, sample, through, zone):
        for one in piece:
            days[one.customer_id].update(day.toordinal() for day in one.days if day < first)
    until = (first - timedelta(days=1)).toordinal()
    histories = [History(sorted(bought), until) for bought in days.values() if bought]
    if not enough(histories):
        return None
    try:
        learnt = await fit_elsewhere(histories, FIT_SECONDS)
    except FitFailed as error:
        _log.error("the population before %s was not learnt from %d customers: %s", first, len(histories), error)
        return None
    if learnt is None:
        return None
    parameters = parameters_of(learnt.population)
    return PopulationRefitted(name=SILENCE_POPULATION, version=1, parameters=parameters, customers=learnt.histories)
