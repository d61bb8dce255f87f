"""Do a salesperson's sales and collections balance? Judged every hour, over everybody whom the salesperson serves."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from services.alerts.domain.company_rules import SALESPERSON_BALANCE
from services.alerts.domain.control import awaited
from services.alerts.domain.salesperson_balance import Balance, balances_of, caught_up, finding_of, judged
from services.alerts.domain.signs import rank
from services.alerts.domain.turnover import first_day, month_of
from services.alerts.jobs.common_causes import Looked
from services.alerts.jobs.company import CompanyJob, Now, Opening, change_alert, end_alert, folded, open_alert, parameters_of
from services.alerts.jobs.company import judged as engine_is_there
from services.alerts.jobs.declared import declared
from services.alerts.read_models.company_alerts import KnownAlert, known_alerts
from services.alerts.read_models.customers import CUSTOMERS, serving
from services.alerts.read_models.watched_customers import StoredRow, fetch_all, places_as_they_are, row_of
from shared.contracts.company_alerts import Subject

Key = tuple[str, str]
"""Salesperson and currency."""


async def judge_salespeople(job: CompanyJob, now: Now, looked: Looked) -> None:
    """Open, worsen and end the warnings. Raises CompanyAlertContested."""
    if now.live_on is None:
        return
    parameters = (await parameters_of(job, [SALESPERSON_BALANCE]))[SALESPERSON_BALANCE.id]
    seen = (now.today, now.at.hour, parameters.version)
    if seen == looked.at or not await engine_is_there(job, now) or not await folded(job, now, CUSTOMERS):
        return
    async with job.pool.acquire() as c:
        known = {_key_of(one): one for one in await known_alerts(c, SALESPERSON_BALANCE.id, now.at) if not one.alert.ended}
    balances = await _balances(job, now.today)
    complete = await _complete(job, now.today)
    for key, balance in sorted(balances.items()):
        lag, one = judged(balance, parameters), known.get(key)
        before = None if one is None else one.alert.finding.level
        if lag.level is not None and rank(lag.level) > rank(before) and complete:
            finding = finding_of(balance, lag, lag.level, key[1], parameters, now.today)
            if one is None:
                await open_alert(job, now, Opening(Subject("salesperson", key[0]), key[1], finding.true_on, finding))
            else:
                await change_alert(job, now, one, finding, ())
        elif lag.level is None and one is not None:
            await end_alert(job, now, one, caught_up(balance, lag, key[1], now.today))
    for key, one in known.items():
        if key not in balances:
            await end_alert(job, now, one, caught_up(Balance(), judged(Balance(), parameters), key[1], now.today))
    looked.at = seen


def _key_of(known: KnownAlert) -> Key:
    return known.alert.subject.id, known.alert.channel


async def _complete(job: CompanyJob, today: date) -> bool:
    """Whether sales and payments of the months compared have been delivered, as far as anybody says."""
    waits = awaited(await declared(job.pool, job.stores["cards"]))
    return all(one.through >= first_day(month_of(today)) for one in waits if one.kind in ("sales", "invoices", "payments"))


async def _balances(job: CompanyJob, today: date) -> dict[Key, Balance]:
    found: dict[Key, Balance] = {}
    for part in range(job.parts):
        async with job.pool.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
            places = await places_as_they_are(c, [part])
            rows = await fetch_all(c, places[0]) if places else []
            served = await serving(c, [row[0] for row in rows])
        by_salesperson = {who: one.salesperson_id for who, one in served.items() if one.salesperson_id is not None}
        # A second and more for many customers, in which the leader's heart must beat.
        for key, balance in (await asyncio.to_thread(_summed, rows, by_salesperson, today)).items():
            found[key] = found.get(key, Balance()).plus(balance)
    return found


def _summed(rows: Sequence[StoredRow], salespeople: Mapping[UUID, str], today: date) -> dict[Key, Balance]:
    found: dict[Key, Balance] = {}
    for row in rows:
        salesperson = salespeople.get(row[0])
        if salesperson is not None:
            for currency, balance in balances_of(row_of(row).customer, today).items():
                found[salesperson, currency] = found.get((salesperson, currency), Balance()).plus(balance)
    return found
